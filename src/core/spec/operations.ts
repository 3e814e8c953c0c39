/**
 * The operations of `try:`: one line in the field's own words to the agent's arguments. Pure. src/agent/ops.c is the other
 * end; docs/agent-operations.md says what each does and why it is harmless.
 */
import {
  CAPABILITIES,
  MOUNT_FLAGS,
  SOCKET_FAMILIES,
  SOCKET_PROTOCOLS,
  SOCKET_TYPES,
  signalNumber,
} from '../model/linux.ts';
import { nearest } from '../text/did-you-mean.ts';

/** An operation, resolved. `class` is AppArmor's, as in its rules. */
export interface Operation {
  readonly name: string;
  readonly args: readonly string[];
  readonly class: OperationClass;
  /** A peer of the spec, or `container`: the last argument, left empty, is the place for it. */
  readonly other?: string;
}

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

/** Reads one word; undefined when it is none of that kind. */
interface Kind {
  readonly word: string;
  readonly read: (text: string) => string | undefined;
}

const oneOf = (...words: readonly string[]): Kind => ({
  word: words.join('|'),
  read: (text) => (words.includes(text) ? text : undefined),
});
const named = (word: string, names: Readonly<Record<string, number>>): Kind => ({
  word,
  read: (text) => (Object.hasOwn(names, text) ? String(names[text]) : /^\d{1,9}$/.test(text) ? text : undefined),
});

const path: Kind = { word: 'PATH', read: (text) => (text.startsWith('/') ? text : undefined) };
const text: Kind = { word: 'TEXT', read: (given) => given };
const family = named('FAMILY', SOCKET_FAMILIES);
const type = named('TYPE', SOCKET_TYPES);
const protocol = named('PROTOCOL', { any: 0, ...SOCKET_PROTOCOLS, icmpv6: 58 });
const capability = oneOf(...CAPABILITIES);
const signal: Kind = { word: 'SIGNAL', read: (given) => signalNumber(given)?.toString() };
const address: Kind = { word: 'ADDRESS', read: (given) => (/^(\d{1,5}|[@/].+|)$/.test(given) ? given : undefined) };
const target: Kind = {
  word: 'PID|child|peer NAME',
  read: (given) => (given === 'child' || /^[1-9]\d{0,8}$/.test(given) ? given : undefined),
};
const flags: Kind = {
  word: 'FLAGS',
  read: (given) => {
    const parts = given.split(',');
    return parts.every((part) => Object.hasOwn(MOUNT_FLAGS, part))
      ? String(parts.reduce((sum, part) => sum | (MOUNT_FLAGS[part] ?? 0), 0))
      : undefined;
  },
};
const MODES = ['read', 'write', 'append', 'create', 'truncate'];
const mode: Kind = {
  word: `MODE (of ${MODES.join(', ')}, joined by commas)`,
  read: (given) => (given.split(',').every((one) => MODES.includes(one)) ? given : undefined),
};
const nnp = oneOf('no_new_privs');
const size: Kind = { word: 'VALUE', read: (given) => (/^(\d{1,19}|unlimited)$/.test(given) ? given : undefined) };

interface Form {
  readonly class: OperationClass;
  readonly args: readonly Kind[];
  /** Arguments that may be left out, behind the others; what stands for them. */
  readonly optional?: readonly { readonly kind: Kind; readonly missing?: string }[];
  /** Its last argument can be `peer NAME`, or `container` with `from`; what stands there to be checked. */
  readonly peered?: string;
  /** What is wrong with arguments that are right one by one. */
  readonly check?: (args: readonly string[]) => string | undefined;
}

const [UNIX, INET, INET6] = ['unix', 'inet', 'inet6'].map((one) => String(SOCKET_FAMILIES[one]));

/** FAMILY TYPE [ADDRESS]: what is connected stays on this machine. */
function checkAddress([given = '', , where = '']: readonly string[]): string | undefined {
  if (given !== UNIX && given !== INET && given !== INET6) return 'the family must be unix, inet or inet6';
  if (where === '' || (given === UNIX) === /^[@/]/.test(where)) return undefined;
  return given === UNIX ? 'a unix address begins with / or @' : 'the address is a port of the loopback interface';
}

/** To another process only what nobody notices who does not ask for it. */
function checkSignal([number = '', who]: readonly string[]): string | undefined {
  const harmless = ['exists', 'chld', 'urg'];
  return who === 'child' || harmless.some((one) => String(signalNumber(one)) === number)
    ? undefined
    : `another process can only be sent ${harmless.join(', ')}`;
}

const file = (...args: Kind[]): Form => ({ class: 'file', args });
const paired: Form = { class: 'network', args: [family, type], check: checkAddress };
const option: Form = { class: 'network', args: [family, type] };
const exec = (...args: Kind[]): Form => ({ class: 'file', args, optional: [{ kind: nnp }] });
const addressed: Form = {
  class: 'network',
  args: [family, type],
  optional: [{ kind: address, missing: '' }],
  check: checkAddress,
};
const peeredSend: Form = { ...paired, optional: [{ kind: address }], peered: '@peer' };

/** Every operation with the words it takes. */
export const OPERATIONS: Readonly<Record<string, Form>> = {
  open: file(mode, path),
  readdir: file(path),
  getattr: file(path),
  unlink: file(path),
  rmdir: file(path),
  delete: file(path),
  rename: file(path, path),
  link: file(path, path),
  symlink: file(text, path),
  mkdir: file(path),
  mknod: file(oneOf('fifo', 'socket', 'char', 'block', 'file'), path),
  chmod: file(path),
  chown: file(path),
  utimens: file(path),
  getxattr: file(path),
  setxattr: file(path),
  truncate: file(path),
  lock: file(oneOf('fcntl', 'flock'), oneOf('read', 'write', 'none'), path),
  mmap: file(path),
  mprotect: file(path),
  exec: exec(path),
  'exec-copy': file(path, path),
  'exec-memfd': file(path),
  'exec-script': file(path, path),
  'exec-loader': file(path, path),
  change_profile: { class: 'change_profile', args: [text], optional: [{ kind: nnp }] },
  change_onexec: { class: 'change_profile', args: [text], optional: [{ kind: nnp }] },
  stack: { class: 'change_profile', args: [text], optional: [{ kind: nnp }] },
  'exec-as': { class: 'change_profile', args: [text, path], optional: [{ kind: nnp }] },
  change_hat: { class: 'change_profile', args: [text], optional: [{ kind: nnp }] },
  capable: { class: 'capability', args: [{ ...capability, word: 'CAPABILITY' }], optional: [{ kind: path }] },
  socket: { class: 'network', args: [family, type], optional: [{ kind: protocol, missing: '0' }] },
  bind: addressed,
  listen: addressed,
  accept: addressed,
  connect: { ...addressed, peered: '@peer' },
  send: peeredSend,
  receive: paired,
  getpeername: paired,
  shutdown: paired,
  getsockopt: option,
  setsockopt: option,
  getsockname: option,
  'receive-fd': file(path),
  mount: { class: 'mount', args: [text, text, path], optional: [{ kind: flags, missing: '0' }] },
  umount: { class: 'mount', args: [path] },
  pivot_root: { class: 'mount', args: [path, path] },
  fsmount: { class: 'mount', args: [oneOf('tmpfs', 'ramfs', 'proc', 'sysfs', 'devpts', 'mqueue'), path] },
  open_tree: { class: 'mount', args: [path, path] },
  ptrace: { class: 'ptrace', args: [oneOf('read', 'trace'), target], peered: 'child' },
  signal: { class: 'signal', args: [signal, target], check: checkSignal, peered: 'child' },
  rlimit: {
    class: 'rlimit',
    args: [
      oneOf(
        'cpu',
        'fsize',
        'data',
        'stack',
        'core',
        'rss',
        'nproc',
        'nofile',
        'memlock',
        'as',
        'locks',
        'sigpending',
        'msgqueue',
        'nice',
        'rtprio',
        'rttime',
      ),
      size,
    ],
  },
  userns: { class: 'userns', args: [] },
  io_uring: { class: 'io_uring', args: [oneOf('setup', 'sqpoll', 'override_creds')] },
  mqueue: { class: 'mqueue', args: [oneOf('create', 'read', 'write', 'delete'), path] },
  dbus: {
    class: 'dbus',
    args: [oneOf('send', 'receive', 'bind', 'eavesdrop'), oneOf('system', 'session', 'accessibility'), text],
  },
};

/** @returns whether AppArmor has no hook in the kernel for it (security/apparmor/lsm.c), so that no profile rules it. */
export function isUnmediated({ name, args }: Pick<Operation, 'name' | 'args'>): boolean {
  return ['utimens', 'getxattr', 'setxattr'].includes(name) || (name === 'io_uring' && args[0] === 'setup');
}

/** Operations after which a process carries a label that can be expected. */
export const LABEL_CHANGING: ReadonlySet<string> = new Set([
  'exec',
  'exec-as',
  'change_profile',
  'change_hat',
  'stack',
]);

/** How an operation is written, for help. */
export function usage(name: string): string {
  const form = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  return [
    name,
    ...(form?.args ?? []).map(({ word }) => word),
    ...(form?.optional ?? []).map(({ kind }) => `[${kind.word}]`),
  ].join(' ');
}

/** @param words the operation's name and its arguments, as written. */
export function readOperation(words: readonly string[]): Operation | { readonly problem: string } {
  const { other, rest } = otherEnd(words);
  if (other === undefined) return readPlain(words);
  const stand = OPERATIONS[words[0] ?? '']?.peered ?? '';
  if (stand.startsWith('@') && words[1] !== 'unix')
    return { problem: `${words[0] ?? ''}: with a peer the family is unix` };
  const plain = readPlain([...rest, stand]);
  if ('problem' in plain) return plain;
  return {
    ...plain,
    args: [...plain.args.slice(0, -1), ''],
    class: plain.class === 'network' ? 'unix' : plain.class,
    other,
  };
}

/** `… peer NAME`, or `… container`, of an operation that has another end. */
function otherEnd(words: readonly string[]): { other?: string; rest: readonly string[] } {
  const [name = '', ...given] = words;
  if (!Object.hasOwn(OPERATIONS, name) || OPERATIONS[name]?.peered === undefined) return { rest: words };
  if (given.at(-1) === 'container') return { other: 'container', rest: words.slice(0, -1) };
  return given.at(-2) === 'peer' ? { other: given.at(-1) ?? '', rest: words.slice(0, -2) } : { rest: words };
}

function readPlain(words: readonly string[]): Operation | { readonly problem: string } {
  const [name = '', ...given] = words;
  const form = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (form === undefined) {
    const near = nearest(name, Object.keys(OPERATIONS));
    return {
      problem: `there is no operation ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    };
  }
  const optional = form.optional ?? [];
  if (given.length < form.args.length || given.length > form.args.length + optional.length)
    return { problem: `${name} is written \`${usage(name)}\`` };
  const args: string[] = [];
  for (const [i, word] of given.entries()) {
    const kind = form.args[i] ?? optional[i - form.args.length]?.kind;
    const value = kind?.read(word);
    if (value === undefined)
      return { problem: `${JSON.stringify(word)} is no ${kind?.word ?? 'argument'} of \`${usage(name)}\`` };
    args.push(value);
  }
  for (const { missing } of optional.slice(given.length - form.args.length))
    if (missing !== undefined) args.push(missing);
  const wrong = form.check?.(args);
  return wrong === undefined ? { name, args, class: form.class } : { problem: `${name}: ${wrong}` };
}
