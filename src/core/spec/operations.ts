/**
 * Every operation of `try:`: the words that it takes, and what it does to the world. Pure.
 * src/agent/ops.c is the other end; docs/agent-operations.md describes what each does and why it is harmless.
 */
import { SOCKET_FAMILIES, signalNumber } from '../model/linux.ts';
import {
  address,
  anyText,
  capability,
  family,
  limit,
  mountFlags,
  noNewPrivs,
  oneOf,
  openMode,
  path,
  process,
  protocol,
  resource,
  signal,
  socketType,
  type ArgumentKind,
  type OptionalArgument,
} from './argument-kinds.ts';

/** AppArmor's classes, as its rules name them. */
export type OperationClass =
  | 'file'
  | 'unix'
  | 'capability'
  | 'network'
  | 'mount'
  | 'ptrace'
  | 'signal'
  | 'rlimit'
  | 'userns'
  | 'io_uring'
  | 'mqueue'
  | 'change_profile'
  | 'dbus';

/** One row of the table. */
export interface OperationForm {
  readonly class: OperationClass;
  readonly args: readonly ArgumentKind[];
  readonly optional?: readonly OptionalArgument[];
  /** What is wrong with arguments that are right one by one. */
  readonly check?: (args: readonly string[]) => string | undefined;
  /** Its last argument can be `peer NAME`, or `container` with `from`: this replaces it until the address is known. */
  readonly peerPlaceholder?: string;

  /** Index of the argument that names what it creates. */
  readonly makes?: number;
  /** The operation that removes what it created. */
  readonly undoneBy?: 'unlink' | 'rmdir';
  /** It removes what was there before, which nothing brings back. */
  readonly removes?: true;
  /** Its first argument is the label of a profile. */
  readonly takesLabel?: true;
  /** The agent's name for the form that leaves the process paused, so that its label can be read (ops_exec.c). */
  readonly pausedAs?: string;
  /** It has no form that goes on. */
  readonly alwaysPauses?: true;
  /** Whether the kernel has no AppArmor hook for it (security/apparmor/lsm.c), so that no rule applies. */
  readonly isUnmediated?: (args: readonly string[]) => boolean;
}

const UNIX = String(SOCKET_FAMILIES['unix']);
const LOCAL_FAMILIES = ['unix', 'inet', 'inet6'].map((name) => String(SOCKET_FAMILIES[name]));

/** FAMILY TYPE [ADDRESS]: a connection never leaves this machine. */
function checkAddress([given = '', , where = '']: readonly string[]): string | undefined {
  if (!LOCAL_FAMILIES.includes(given)) return 'the family must be unix, inet or inet6';
  if (where === '') return undefined;

  const isName = /^[@/]/.test(where);
  if (given === UNIX) return isName ? undefined : 'a unix address begins with / or @';
  return isName ? 'the address is a port of the loopback interface' : undefined;
}

/** Signals without an effect on a process that does not handle them. */
const HARMLESS_SIGNALS = ['exists', 'chld', 'urg'];

function checkSignal([number = '', target]: readonly string[]): string | undefined {
  if (target === 'child') return undefined;
  if (HARMLESS_SIGNALS.some((name) => String(signalNumber(name)) === number)) return undefined;
  return `another process can only be sent ${HARMLESS_SIGNALS.join(', ')}`;
}

const always = (): boolean => true;
const isSetup = ([what]: readonly string[]): boolean => what === 'setup';

const nodeType = oneOf('fifo', 'socket', 'char', 'block', 'file');
const lockCall = oneOf('fcntl', 'flock');
const lockType = oneOf('read', 'write', 'none');
const mountable = oneOf('tmpfs', 'ramfs', 'proc', 'sysfs', 'devpts', 'mqueue');
const ringUse = oneOf('setup', 'sqpoll', 'override_creds');
const queueAccess = oneOf('create', 'read', 'write', 'delete');
const busAccess = oneOf('send', 'receive', 'bind', 'eavesdrop');
const bus = oneOf('system', 'session', 'accessibility');

const local = [{ kind: address, missing: '' }];
const peerAddress = [{ kind: address }];
const anyProtocol = [{ kind: protocol, missing: '0' }];
const noFlags = [{ kind: mountFlags, missing: '0' }];
const nnp = [noNewPrivs];

/** A socket with an address, and one that is connected to itself or a peer. */
const bound = { class: 'network', args: [family, socketType], optional: local, check: checkAddress } as const;
const paired = { class: 'network', args: [family, socketType], check: checkAddress } as const;

/** A change of the process's own profile. */
const change = { class: 'change_profile', optional: nnp } as const;
const label = anyText;

/** One operation a line. */
export const OPERATIONS: Readonly<Record<string, OperationForm>> = {
  open: { class: 'file', args: [openMode, path], makes: 1, undoneBy: 'unlink' },
  readdir: { class: 'file', args: [path] },
  getattr: { class: 'file', args: [path] },
  unlink: { class: 'file', args: [path], removes: true },
  rmdir: { class: 'file', args: [path], removes: true },
  delete: { class: 'file', args: [path] },
  rename: { class: 'file', args: [path, path] },
  link: { class: 'file', args: [path, path], makes: 1, undoneBy: 'unlink' },
  symlink: { class: 'file', args: [anyText, path], makes: 1, undoneBy: 'unlink' },
  mkdir: { class: 'file', args: [path], makes: 0, undoneBy: 'rmdir' },
  mknod: { class: 'file', args: [nodeType, path], makes: 1, undoneBy: 'unlink' },
  chmod: { class: 'file', args: [path] },
  chown: { class: 'file', args: [path] },
  utimens: { class: 'file', args: [path], isUnmediated: always },
  getxattr: { class: 'file', args: [path], isUnmediated: always },
  setxattr: { class: 'file', args: [path], isUnmediated: always },
  truncate: { class: 'file', args: [path] },
  lock: { class: 'file', args: [lockCall, lockType, path] },
  mmap: { class: 'file', args: [path] },
  mprotect: { class: 'file', args: [path] },

  exec: { class: 'file', args: [path], optional: nnp, pausedAs: 'exec-pause' },
  'exec-copy': { class: 'file', args: [path, path], makes: 1, undoneBy: 'unlink', pausedAs: 'exec-copy-pause' },
  'exec-memfd': { class: 'file', args: [path], pausedAs: 'exec-memfd-pause' },
  'exec-script': { class: 'file', args: [path, path], makes: 1, undoneBy: 'unlink', pausedAs: 'exec-script-pause' },
  'exec-loader': { class: 'file', args: [path, path], pausedAs: 'exec-loader-pause' },

  change_profile: { ...change, args: [label], takesLabel: true, pausedAs: 'profile-pause' },
  change_onexec: { ...change, args: [label], takesLabel: true },
  stack: { ...change, args: [label], takesLabel: true, pausedAs: 'stack-pause' },
  'exec-as': { ...change, args: [label, path], takesLabel: true, pausedAs: 'exec-as-pause', alwaysPauses: true },
  change_hat: { ...change, args: [anyText], pausedAs: 'hat-pause' },

  capable: { class: 'capability', args: [capability], optional: [{ kind: path }] },

  socket: { class: 'network', args: [family, socketType], optional: anyProtocol },
  bind: { ...bound, makes: 2, undoneBy: 'unlink' },
  listen: bound,
  accept: bound,
  connect: { ...bound, peerPlaceholder: '@peer' },
  send: { ...paired, optional: peerAddress, peerPlaceholder: '@peer' },
  receive: paired,
  getpeername: paired,
  shutdown: paired,
  getsockopt: { class: 'network', args: [family, socketType] },
  setsockopt: { class: 'network', args: [family, socketType] },
  getsockname: { class: 'network', args: [family, socketType] },
  'receive-fd': { class: 'file', args: [path] },

  mount: { class: 'mount', args: [anyText, anyText, path], optional: noFlags },
  umount: { class: 'mount', args: [path] },
  pivot_root: { class: 'mount', args: [path, path] },
  fsmount: { class: 'mount', args: [mountable, path] },
  open_tree: { class: 'mount', args: [path, path] },

  ptrace: { class: 'ptrace', args: [oneOf('read', 'trace'), process], peerPlaceholder: 'child' },
  signal: { class: 'signal', args: [signal, process], check: checkSignal, peerPlaceholder: 'child' },
  rlimit: { class: 'rlimit', args: [resource, limit] },
  userns: { class: 'userns', args: [] },
  io_uring: { class: 'io_uring', args: [ringUse], isUnmediated: isSetup },
  mqueue: { class: 'mqueue', args: [queueAccess, path] },
  dbus: { class: 'dbus', args: [busAccess, bus, anyText] },
};

/** @returns undefined where there is no such operation. */
export function findOperation(name: string): OperationForm | undefined {
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
}
