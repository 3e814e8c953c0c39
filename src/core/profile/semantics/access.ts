/** Accesses in the terms of the system, and the same as questions to a policy. Pure. */
import { defined } from '#core/model/optional.ts';
import type { Domain, Question } from './grant-types.ts';

/** Letters as rules have them; `c` (create) and `d` (delete), which only audit records have, are part of `w`. */
export type FilePermission = 'r' | 'w' | 'a' | 'x' | 'm' | 'k' | 'l' | 'c' | 'd';

interface FileAccess {
  readonly class: 'file';
  /** As the kernel sees it: links followed, a folder with a slash at its end. */
  readonly path: string;
  readonly permission: FilePermission;
  /** Whether the file belongs to the user who accesses it; default yes. */
  readonly owner?: boolean;
  /** For `l`: what is linked to. */
  readonly target?: string;
}

interface CapabilityAccess {
  readonly class: 'capability';
  /** As AppArmor calls it: `sys_admin`. */
  readonly name: string;
}

interface NetworkAccess {
  readonly class: 'network';
  readonly family: string;
  readonly type: string;
  /** Default `create`. */
  readonly access?: string;
  /** As rules have them, sorted: `ip=10.0.0.1 port=80`. */
  readonly conditions?: string;
}

interface SignalAccess {
  readonly class: 'signal';
  readonly access: string;
  readonly signal: string;
  /** Label of the other process. */
  readonly peer: string;
}

interface PtraceAccess {
  readonly class: 'ptrace';
  readonly access: string;
  /** Label of the other process. */
  readonly peer: string;
}

interface MountAccess {
  readonly class: 'mount';
  readonly target: string;
  readonly source?: string;
  readonly fstype?: string;
  /** By AppArmor's names: `ro`, `rbind`. */
  readonly flags?: readonly string[];
}

interface UmountAccess {
  readonly class: 'umount';
  readonly target: string;
}

interface PivotRootAccess {
  readonly class: 'pivot_root';
  readonly target: string;
  readonly oldroot?: string;
}

interface ChangeProfileAccess {
  readonly class: 'change_profile';
  readonly target: string;
  /** The program that is to run under the profile; absent for a change at once. */
  readonly exec?: string;
}

interface UsernsAccess {
  readonly class: 'userns';
  /** Default `create`. */
  readonly access?: string;
}

interface IoUringAccess {
  readonly class: 'io_uring';
  readonly access: string;
  readonly label?: string;
}

interface MqueueAccess {
  readonly class: 'mqueue';
  readonly access: string;
  /** `posix` or `sysv`. */
  readonly type: string;
  readonly name: string;
  readonly label?: string;
}

interface UnixAccess {
  readonly class: 'unix';
  readonly access: string;
  readonly type: string;
  readonly addr?: string;
  readonly label?: string;
  readonly peerAddr?: string;
  readonly peerLabel?: string;
}

interface DbusAccess {
  readonly class: 'dbus';
  readonly access: string;
  readonly bus?: string;
  readonly name?: string;
  readonly peerLabel?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
}

/** One attempted access. What is left out is as if a rule had no condition for it. */
export type Access =
  | FileAccess
  | CapabilityAccess
  | NetworkAccess
  | SignalAccess
  | PtraceAccess
  | MountAccess
  | UmountAccess
  | PivotRootAccess
  | ChangeProfileAccess
  | UsernsAccess
  | IoUringAccess
  | MqueueAccess
  | UnixAccess
  | DbusAccess;

type Class = Access['class'];

/** The question for an access of each class: its words, and the parts of its key. */
const QUESTIONS: { readonly [C in Class]: (access: Extract<Access, { readonly class: C }>) => Question } = {
  file: fileQuestion,
  capability: ({ name }) => question('capability', [name], []),
  network: ({ family, type, access = 'create', conditions = '' }) =>
    question('network', [family, type, access, conditions], []),
  signal: ({ access, signal, peer }) => question('signal', [access, signal], [peer]),
  ptrace: ({ access, peer }) => question('ptrace', [access], [peer]),
  mount: ({ flags = [], target, source, fstype }) =>
    question('mount', [[...flags].sort().join(',')], [target, source, fstype]),
  umount: ({ target }) => question('umount', [], [target]),
  pivot_root: ({ target, oldroot }) => question('pivot_root', [], [target, oldroot]),
  change_profile: ({ exec, target }) => question('change_profile', [], [exec, target]),
  userns: ({ access = 'create' }) => question('userns', [access], []),
  io_uring: ({ access, label }) => question('io_uring', [access], [label]),
  mqueue: ({ access, type, name, label }) => question('mqueue', [access, type], [name, label]),
  unix: ({ access, type, addr, label, peerAddr, peerLabel }) =>
    question('unix', [access, type], [addr, label, peerAddr, peerLabel]),
  dbus: ({ access, bus, name, peerLabel, path, interface: iface, member }) =>
    question('dbus', [access], [bus, name, peerLabel, path, iface, member]),
};

/** @returns the question that decides an access. */
export function questionOf(access: Access): Question {
  const ask = QUESTIONS[access.class] as (access: Access) => Question; // the table has it for just this class
  return ask(access);
}

function fileQuestion({ path, permission, owner, target = '/x' }: FileAccess): Question {
  const whose = owner === false ? 'other' : 'owner';
  if (permission === 'l') return question('link', [whose], [path, target]);
  const letter = permission === 'c' || permission === 'd' ? 'w' : permission;
  return question('file', [letter, whose], [path]);
}

/** @param parts of the key; what is not given is empty. */
function question(domain: Domain, words: readonly string[], parts: readonly (string | undefined)[]): Question {
  return { domain, words, key: parts.map((part) => part ?? '').join('\0') };
}

type Texts = readonly string[];

/** The access that a question of each domain stands for, from its words and the parts of its key. */
const ACCESSES: Readonly<Record<Domain, (words: Texts, parts: Texts) => Access>> = {
  file: ([permission = '', whose], [path = '']) => ({
    class: 'file',
    path,
    permission: permission as FilePermission,
    owner: whose !== 'other',
  }),
  link: ([whose], [path = '', target = '']) => ({
    class: 'file',
    path,
    permission: 'l',
    owner: whose !== 'other',
    target,
  }),
  capability: ([name = '']) => ({ class: 'capability', name }),
  network: ([family = '', type = '', access = '', conditions]) =>
    defined({
      class: 'network',
      family,
      type,
      access,
      conditions: conditions === '' ? undefined : conditions,
    } as const),
  signal: ([access = '', signal = ''], [peer = '']) => ({ class: 'signal', access, signal, peer }),
  ptrace: ([access = ''], [peer = '']) => ({ class: 'ptrace', access, peer }),
  mount: ([flags = ''], [target = '', source = '', fstype = '']) => ({
    class: 'mount',
    target,
    source,
    fstype,
    flags: flags === '' ? [] : flags.split(','),
  }),
  umount: (_words, [target = '']) => ({ class: 'umount', target }),
  pivot_root: (_words, [target = '', oldroot = '']) => ({ class: 'pivot_root', target, oldroot }),
  change_profile: (_words, [exec, target = '']) =>
    defined({ class: 'change_profile', target, exec: exec === '' ? undefined : exec } as const),
  userns: ([access = '']) => ({ class: 'userns', access }),
  io_uring: ([access = ''], [label = '']) => ({ class: 'io_uring', access, label }),
  mqueue: ([access = '', type = ''], [name = '', label = '']) => ({ class: 'mqueue', access, type, name, label }),
  unix: ([access = '', type = ''], [addr = '', label = '', peerAddr = '', peerLabel = '']) => ({
    class: 'unix',
    access,
    type,
    addr,
    label,
    peerAddr,
    peerLabel,
  }),
  dbus: ([access = ''], [bus = '', name = '', peerLabel = '', path = '', iface = '', member = '']) => ({
    class: 'dbus',
    access,
    bus,
    name,
    peerLabel,
    path,
    interface: iface,
    member,
  }),
};

/** The reverse of {@link questionOf}. */
export function accessOf({ domain, words, key }: Question): Access {
  return ACCESSES[domain](words, key.split('\0'));
}
