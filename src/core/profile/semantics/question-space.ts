/** The questions of a domain: which words there are, and what shape its keys have. Pure. */
import { CAPABILITIES, SOCKET_FAMILIES } from '#core/model/linux.ts';
import type { Domain, Grant } from './grant-types.ts';
import { TYPES } from './network-grants.ts';
import { NAME, NOTHING, PATH, TEXT, row, type Shape } from '../patterns/possible-names.ts';

export const NAME_SHAPES: Readonly<Record<Domain, Shape>> = {
  file: PATH,
  link: row(PATH, PATH),
  capability: NOTHING,
  network: NOTHING,
  mount: row(PATH, TEXT, TEXT),
  umount: PATH,
  pivot_root: row(PATH, TEXT),
  ptrace: NAME,
  signal: NAME,
  dbus: row(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
  unix: row(TEXT, TEXT, TEXT, TEXT),
  mqueue: row(TEXT, TEXT),
  io_uring: TEXT,
  change_profile: row(TEXT, NAME),
  userns: NOTHING,
};

const SOCKET = [
  'create',
  'bind',
  'listen',
  'accept',
  'connect',
  'shutdown',
  'getattr',
  'setattr',
  'getopt',
  'setopt',
  'send',
  'receive',
];
const SIGNALS =
  `hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term stkflt chld cont stop stp ttin ttou urg xcpu xfsz vtalrm
prof winch io pwr sys emt exists rtmin+0`.split(/\s+/);
const MOUNTS = [
  '',
  'ro',
  'bind',
  'rbind',
  'move',
  'remount',
  'remount,ro',
  'bind,remount,ro',
  'private',
  'rprivate',
  'shared',
  'slave',
  'rslave',
  'unbindable',
  'nodev,noexec,nosuid',
];

/** Words that count whether rules name them or not. The first position of a file question has no `l`: links are a domain of their own. */
const WORDS: Readonly<Record<Domain, readonly (readonly string[])[]>> = {
  file: [
    ['r', 'w', 'a', 'x', 'm', 'k'],
    ['owner', 'other'],
  ],
  link: [['owner', 'other']],
  capability: [CAPABILITIES],
  network: [Object.keys(SOCKET_FAMILIES), TYPES, ['create'], ['']],
  mount: [MOUNTS],
  umount: [],
  pivot_root: [],
  ptrace: [['trace', 'read', 'tracedby', 'readby']],
  signal: [['send', 'receive'], SIGNALS],
  dbus: [['send', 'receive', 'bind', 'eavesdrop']],
  unix: [SOCKET, ['stream', 'dgram', 'seqpacket']],
  mqueue: [
    ['create', 'open', 'delete', 'read', 'write', 'getattr', 'setattr'],
    ['posix', 'sysv'],
  ],
  io_uring: [['sqpoll', 'override_creds']],
  change_profile: [],
  userns: [['create']],
};

/** Every combination of words that these grants may tell apart. */
export function wordsOf(domain: Domain, grants: readonly Grant[]): (readonly string[])[] {
  return WORDS[domain].reduce<(readonly string[])[]>(
    (rows, known, i) => {
      const named = grants.flatMap(({ words }) => [...(words[i] ?? [])]);
      // whose a file is makes no difference where no rule asks
      const all = known.includes('other') && named.length === 0 ? ['owner'] : [...new Set([...known, ...named])];
      return rows.flatMap((words) => all.map((word) => [...words, word]));
    },
    [[]],
  );
}
