/** The classes that a spec can close, and the words with which members of each begin. Pure. */
import { EXEC_WAYS } from './exec-ways.ts';
import { CAPABILITIES, SOCKET_FAMILIES } from '../../model/linux.ts';

/** Changes of how mounts spread, as options of `mount`. */
export const PROPAGATIONS: readonly string[] = ['unbindable', 'private', 'slave', 'shared'].flatMap((word) => [
  `make-${word}`,
  `make-r${word}`,
]);

/** The first words that members of each class can have: what `allow:` can begin with. */
export const CLOSED_CLASSES = {
  capability: CAPABILITIES,
  network: Object.keys(SOCKET_FAMILIES),
  mount: ['new', 'bind', 'rbind', 'move', 'remount', ...PROPAGATIONS, 'umount', 'pivot_root', 'fsmount', 'open_tree'],
  userns: ['create'],
  io_uring: ['sqpoll', 'override_creds'],
  mqueue: ['create', 'read', 'write', 'delete'],
  ptrace: ['trace', 'read', 'tracedby', 'readby'],
  signal: ['send', 'receive'],
  change_profile: ['change_profile', 'change_onexec', 'stack', 'change_hat'],
  /** Paths of programs, alone or after one of these words, each with the label that it starts under. */
  exec: EXEC_WAYS,
  /** Paths with permissions, as file rules have them. */
  file: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ClosedClassName = keyof typeof CLOSED_CLASSES;

/** In the order in which they are tried and reported. */
export const CLOSED_CLASS_NAMES = Object.keys(CLOSED_CLASSES) as readonly ClosedClassName[] as [
  ClosedClassName,
  ...ClosedClassName[],
];
