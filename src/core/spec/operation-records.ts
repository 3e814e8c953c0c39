/**
 * What the kernel writes about every operation of `try:`: of the access itself, of the steps that lead to it, and of
 * what another class is asked before it or in its place. The names are those of security/apparmor (audit.c, aa_ops;
 * lsm.c, file.c, mount.c, net.c); the steps are those of src/agent/ops_*.c. Pure.
 */
import { MOUNT_FLAGS, SOCKET_FAMILIES, SOCKET_TYPES, signalName } from '../model/linux.ts';
import type { FileLookup } from '../model/file-lookup.ts';

/** A record that the kernel may write while an operation is tried. */
export interface ExpectedRecord {
  /** The word of `by:` for a step or another class that may answer first; undefined: it is of the access itself. */
  readonly by?: string;
  /** Values of `operation=`. */
  readonly operations: readonly string[];
  /** Values of `class=`, which Linux 6.2 introduced. */
  readonly classes: readonly string[];
  /** Values that other fields have, where a record has them. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Names of the file, without the slash of a folder. */
  readonly names?: readonly string[];
  /** What was asked: letters, of which a record has no others; or words, of which it has one at least. */
  readonly mask?: { readonly letters: string } | { readonly words: readonly string[] };
  /** Flags of a new mount, as words of {@link MOUNT_WORDS}. A record without flags is of a mount with none of them. */
  readonly mountWords?: readonly string[];
  /** The agent itself makes the call, and not a child of its. */
  readonly byAgent?: true;
  /** It has no `peer=`: it is of the process itself, and of no other that it would change. */
  readonly isOfSelf?: true;
  /** Its `peer=` is one of the two ends of the attempt. */
  readonly isBetweenEnds?: true;
  /** It may be of whoever is at the other end, under a label that nobody here knows. */
  readonly isOfEitherEnd?: true;
  /** Whose profile decided: that under test, or that of the peer. Absent where only one of them can. */
  readonly end?: 'tested' | 'peer';
}

/** What a reader of the table is given beside the arguments. */
interface Context {
  readonly look: FileLookup;
  /** The name of a profile as it is loaded. */
  readonly loaded: (label: string) => string;
  /** Somebody else is at the other end. */
  readonly hasOther: boolean;
}

type Reader = (args: readonly string[], context: Context) => readonly ExpectedRecord[];

/** An operation as the table takes it. */
interface Tried {
  readonly name: string;
  readonly args: readonly string[];
  readonly other?: string;
}

/**
 * @param look what a path is in the container, at the time of the attempt.
 * @param loaded the name of a profile as it is loaded.
 * @returns every record that the kernel may write of the attempt.
 */
export function expectedRecords(
  { name, args, other }: Tried,
  look: FileLookup,
  loaded: (label: string) => string,
): readonly ExpectedRecord[] {
  const reader = Object.hasOwn(RECORDS, name) ? RECORDS[name] : undefined;
  return reader?.(args, { look, loaded, hasOther: other !== undefined }) ?? [];
}

/** @returns the words that `by:` can have for an operation: steps and classes that may answer in its place. */
export function answersBefore(tried: Tried): readonly string[] {
  const found: FileLookup = (path) => ({ path, folder: false, missing: false });
  const words = expectedRecords(tried, found, (label) => label).flatMap(({ by }) => by ?? []);
  return [...new Set(words)];
}

/** @returns a path as names in records are compared: a folder's slash tells nothing that its name does not. */
export function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

const FILE = ['file'];
const CAP = ['cap'];
const NET = ['net', 'unix'];
/** A change of label is of the class `file` up to now (domain.c), though the kernel has names of its own for it. */
const LABEL = ['file', 'domain', 'label'];

const AGENT = { byAgent: true } as const;

/**
 * The file that a path leads to. One that cannot be found is taken as it is written. What a process calls `self` has
 * another number for each: record-fit.ts knows.
 */
function namesOf(path: string, { look }: Context, follow = true): readonly string[] {
  const found = withoutSlash(look(path, follow)?.path ?? path);
  if (!/^\/proc\/(?:thread-)?self(?=\/|$)/.test(path)) return [found];
  return [found.replace(/^\/proc\/(?:\d+(?:\/task\/\d+)?|thread-self)(?=\/|$)/, '/proc/self')];
}

function file(
  operations: readonly string[],
  names: readonly string[],
  letters: string,
  more: Pick<ExpectedRecord, 'by' | 'byAgent'> = {},
): ExpectedRecord {
  return { operations, classes: FILE, names, mask: { letters }, ...more };
}

/** A capability that the kernel asks for beside a rule of the class in question, whichever it is. */
const ANY_CAPABILITY: ExpectedRecord = { by: 'capability', operations: ['capable'], classes: CAP };

function capability(...names: readonly string[]): ExpectedRecord {
  return { ...ANY_CAPABILITY, fields: { capname: names } };
}

/** What the owner and the mode of a file, or a device behind it, may ask for. */
const FOR_FILES: readonly ExpectedRecord[] = [ANY_CAPABILITY];

/** For a path through /proc of another process the kernel asks whether that may be read. */
function throughProc(paths: readonly string[]): readonly ExpectedRecord[] {
  if (!paths.some((path) => path.startsWith('/proc/'))) return [];
  return [{ by: 'ptrace', operations: ['ptrace'], classes: ['ptrace'] }];
}

function aroundFiles(...paths: readonly string[]): readonly ExpectedRecord[] {
  return [...FOR_FILES, ...throughProc(paths)];
}

/** Letters of the mask for each way to open a file (security/apparmor/include/file.h, aa_map_file_to_perms). */
function openLetters(mode: string): string {
  const modes = mode.split(',');
  const has = (...words: string[]): boolean => words.some((word) => modes.includes(word));
  const writes = has('write', 'append', 'truncate') || !has('read');
  return [has('read') ? 'r' : '', writes ? 'w' : '', has('append') ? 'a' : '', has('create') ? 'c' : ''].join('');
}

const open: Reader = ([mode = '', path = ''], context) => {
  const letters = openLetters(mode);
  const names = namesOf(path, context);
  return [
    file(['open', 'file_perm'], names, letters, AGENT),
    ...(mode.includes('create') ? [file(['mknod'], names, 'cw', AGENT)] : []),
    ...(mode.includes('truncate') ? [file(['truncate'], names, 'w', AGENT)] : []),
    ...aroundFiles(path),
  ];
};

/** One call of the agent on one path. */
function onPath(operations: readonly string[], letters: string, follow: boolean): Reader {
  return ([path = ''], context) => [
    file(operations, namesOf(path, context, follow), letters, AGENT),
    ...aroundFiles(path),
  ];
}

/** The same, after a look at the file. */
function onAttributes(operation: string, follow: boolean): Reader {
  return ([path = ''], context) => [
    file([operation], namesOf(path, context, follow), 'wa', AGENT),
    { by: 'getattr', operations: ['getattr'], classes: FILE, names: namesOf(path, context, false), ...AGENT },
    ...aroundFiles(path),
  ];
}

const makes = (operation: string, at: number): Reader => {
  return (args, context) => {
    const path = args[at] ?? '';
    return [file([operation], namesOf(path, context, false), 'cwa', AGENT), ...aroundFiles(path)];
  };
};

const link: Reader = ([source = '', target = ''], context) => [
  {
    ...file(['link'], namesOf(target, context, false), 'rwaxmklcd', AGENT),
    fields: { target: namesOf(source, context, false) },
  },
  ...aroundFiles(source, target),
];

const rename: Reader = ([source = '', target = ''], context) => [
  file(['rename_src'], namesOf(source, context, false), 'rwad', AGENT),
  file(['rename_dest'], namesOf(target, context, false), 'rwacd', AGENT),
  ...aroundFiles(source, target),
];

const lock: Reader = ([, , path = ''], context) => {
  const names = namesOf(path, context);
  return [
    file(['file_lock'], names, 'kwr', AGENT),
    file(['open'], names, 'rw', { by: 'open', ...AGENT }),
    ...aroundFiles(path),
  ];
};

const mmap: Reader = ([path = ''], context) => {
  const names = namesOf(path, context);
  return [
    file(['file_mmap'], names, 'rm', AGENT),
    file(['open'], names, 'r', { by: 'open', ...AGENT }),
    ...aroundFiles(path),
  ];
};

const mprotect: Reader = ([path = ''], context) => {
  const names = namesOf(path, context);
  return [
    file(['file_mprotect'], names, 'rm', AGENT),
    file(['open'], names, 'r', { by: 'open', ...AGENT }),
    file(['file_mmap'], names, 'r', { by: 'mmap', ...AGENT }),
    ...aroundFiles(path),
  ];
};

/* ---- executions and changes of label: all but the making of a copy happens in a child ---- */

const executed = (names: readonly string[]): ExpectedRecord => file(['exec'], names, 'x');

const exec: Reader = ([path = ''], context) => [executed(namesOf(path, context)), ...aroundFiles(path)];

/** @param step the word for the making of the new file that is executed. */
function execNew(step: string): Reader {
  return ([, target = ''], context) => {
    const names = namesOf(target, context, false);
    return [executed(names), file(['mknod', 'open'], names, 'rwac', { by: step, ...AGENT }), ...aroundFiles(target)];
  };
}

/** A file in memory: its name depends on `attach_disconnected`. */
const MEMORY_NAMES = ['/', '', 'memfd:apparmor-probe', '/memfd:apparmor-probe'];

const execLoader: Reader = ([loader = '', path = ''], context) => {
  const names = namesOf(path, context);
  return [
    executed(namesOf(loader, context)),
    file(['file_mmap'], names, 'rm', AGENT),
    file(['open'], names, 'r', { by: 'open', ...AGENT }),
    ...aroundFiles(loader, path),
  ];
};

/** The attribute file of a process that a change of its label is written to. */
const ATTRIBUTE_FILE: ExpectedRecord = {
  by: 'open',
  operations: ['open', 'file_perm'],
  classes: FILE,
  mask: { letters: 'w' },
};

function labelChange(operation: string): Reader {
  return ([label = ''], { loaded }) => [
    { operations: [operation], classes: LABEL, fields: { target: [loaded(label), label] } },
    ATTRIBUTE_FILE,
  ];
}

const changeHat: Reader = () => [{ operations: ['change_hat'], classes: LABEL }, ATTRIBUTE_FILE];

const execAs: Reader = ([label = '', path = ''], context) => [
  ...labelChange('change_onexec')([label], context),
  executed(namesOf(path, context)),
  ...aroundFiles(path),
];

/* ---- capabilities ---- */

/** What else decides on some of the calls by which a capability is tried (src/agent/ops_cap.c). */
const BESIDE_CAPABILITY: Readonly<Record<string, Reader>> = {
  mknod: ([, path], context) => {
    const record = { by: 'file', operations: ['mknod'], classes: FILE, mask: { letters: 'cw' } } as const;
    return [path === undefined ? record : { ...record, names: namesOf(path, context, false) }];
  },
  mac_admin: ([, path = '/sys/kernel/security/apparmor/.remove'], context) => [
    file(['open'], namesOf(path, context), 'w', { by: 'file' }),
  ],
  kill: () => [{ by: 'signal', operations: ['signal'], classes: ['signal'] }],
  sys_ptrace: () => [{ by: 'ptrace', operations: ['ptrace'], classes: ['ptrace'] }],
  net_bind_service: () => [anySocket()],
  net_broadcast: () => [anySocket()],
  net_admin: () => [anySocket()],
  net_raw: () => [anySocket()],
  audit_write: () => [anySocket()],
  audit_control: () => [anySocket()],
  audit_read: () => [anySocket()],
};

function anySocket(): ExpectedRecord {
  const operations = ['create', 'bind', 'setsockopt', 'sendmsg', 'recvmsg'];
  return { by: 'network', operations, classes: NET };
}

/** What a child that tries a capability holds besides (`kept` in src/agent/ops_cap.c). */
const KEPT = ['dac_override', 'dac_read_search', 'fowner', 'bpf'];

const capable: Reader = (args, context) => {
  const [name = ''] = args;
  const beside = Object.hasOwn(BESIDE_CAPABILITY, name) ? BESIDE_CAPABILITY[name] : undefined;
  const others = KEPT.filter((one) => one !== name);
  return [
    { operations: ['capable'], classes: CAP, fields: { capname: [name] } },
    capability(...others),
    ...(beside?.(args, context) ?? []),
  ];
};

/* ---- sockets ---- */

/** The kernel asks the profiles of both ends: what the peer's own denies says nothing of the one under test. */
function atEnds(record: ExpectedRecord, { hasOther }: Context): readonly ExpectedRecord[] {
  if (!hasOther || record.by !== undefined) return [record];
  return [
    { ...record, end: 'tested' },
    { ...record, end: 'peer', by: 'peer' },
  ];
}

/** The record of each step of a socket, and the words of its mask. */
const SOCKET_STEPS: Readonly<Record<string, { readonly operation: string; readonly word: string }>> = {
  socket: { operation: 'create', word: 'create' },
  bind: { operation: 'bind', word: 'bind' },
  listen: { operation: 'listen', word: 'listen' },
  accept: { operation: 'accept', word: 'accept' },
  connect: { operation: 'connect', word: 'connect' },
  send: { operation: 'sendmsg', word: 'send' },
  receive: { operation: 'recvmsg', word: 'receive' },
  getsockopt: { operation: 'getsockopt', word: 'getopt' },
  setsockopt: { operation: 'setsockopt', word: 'setopt' },
  getsockname: { operation: 'getsockname', word: 'getattr' },
  getpeername: { operation: 'getpeername', word: 'getattr' },
  shutdown: { operation: 'socket_shutdown', word: 'shutdown' },
};

/**
 * The kernel with the feature `af_unix` asks both ends at once, when they meet (`accept` is recorded at `connect`), and
 * when a datagram is sent (`receive` at `sendmsg`).
 */
const ASKED_AT: Readonly<Record<string, string>> = { accept: 'connect', receive: 'sendmsg' };

/** What the two ends of a connection may be asked, where the other one is a process of its own. */
const BOTH_ENDS: Readonly<Record<string, readonly string[]>> = {
  connect: ['connect', 'accept', 'send', 'receive'],
  send: ['send', 'receive'],
};

const UNIX = String(SOCKET_FAMILIES['unix']);

function wordOf(table: Readonly<Record<string, number>>, number: string | undefined): readonly string[] {
  return Object.entries(table).flatMap(([word, value]) => (String(value) === number ? [word] : []));
}

/** Fields of a socket. Numbers without a name are as the kernel prints them, which nothing here knows. */
function socketFields([family, type]: readonly string[]): Record<string, readonly string[]> {
  const families = wordOf(SOCKET_FAMILIES, family);
  const types = wordOf(SOCKET_TYPES, type);
  return {
    ...(families.length === 0 ? {} : { family: families }),
    ...(types.length === 0 ? {} : { sock_type: types }),
  };
}

/** @param by the word for it as a step; undefined: it is the access itself. */
function socketRecords(
  step: string,
  args: readonly string[],
  context: Context,
  by?: string,
): readonly ExpectedRecord[] {
  const { operation = step, word = step } = SOCKET_STEPS[step] ?? {};
  const words = context.hasOther ? (BOTH_ENDS[step] ?? [word]) : [word];
  const isAskedElsewhere = args[0] === UNIX ? ASKED_AT[step] : undefined;
  const operations = isAskedElsewhere === undefined ? [operation] : [operation, isAskedElsewhere];
  const named = by === undefined ? {} : { by };
  const [, , address = ''] = args;
  // a unix socket asks the policy of both its ends
  const toOther = args[0] === UNIX && (address !== '' || context.hasOther) ? ({ isOfEitherEnd: true } as const) : {};
  const record = { operations, classes: NET, fields: socketFields(args), mask: { words }, ...named, ...toOther };
  if (!address.startsWith('/')) return atEnds(record, context);

  // a unix socket with a path is a file
  const onFile = step === 'bind' ? ['mknod', 'bind'] : [operation];
  return [record, file(onFile, namesOf(address, context, false), 'rwac', named)];
}

/** @param steps ahead of the access, and the access itself. */
function socketChain(...steps: readonly string[]): Reader {
  return (args, context) => [
    ...steps.flatMap((step, i) => socketRecords(step, args, context, i === steps.length - 1 ? undefined : step)),
    ANY_CAPABILITY,
  ];
}

const TO_LISTEN = ['socket', 'bind', 'listen'];
const TO_CONNECT = [...TO_LISTEN, 'getsockname'];

/** After a pair of connected sockets was made. */
function onPair(...steps: readonly string[]): Reader {
  const last = steps.at(-1);
  const before = [...TO_CONNECT, 'connect', 'accept'].filter((step) => step !== last);
  return socketChain(...before, ...steps);
}

const socket: Reader = (args, context) => {
  const [record] = socketRecords('socket', args.slice(0, 2), context);
  const [, , protocol = '0'] = args;
  const fields = protocol === '0' ? {} : { protocol: [protocol] };
  return record === undefined ? [] : [{ ...record, fields: { ...record.fields, ...fields }, ...AGENT }, ANY_CAPABILITY];
};

const receiveFd: Reader = ([path = ''], context) => {
  const pair = [UNIX, String(SOCKET_TYPES['stream'])];
  const names = namesOf(path, context);
  return [
    file(['file_receive'], names, 'rw'),
    file(['open'], names, 'r', { by: 'open' }),
    ...['socket', 'send', 'receive'].flatMap((step) => socketRecords(step, pair, context, step)),
    ...aroundFiles(path),
  ];
};

/* ---- mounts ---- */

/** Flags of a new mount that every kernel prints by these words (security/apparmor/mount.c, audit_mnt_flags). */
export const MOUNT_WORDS = [
  'ro',
  'nosuid',
  'nodev',
  'noexec',
  'sync',
  'mand',
  'dirsync',
  'noatime',
  'nodiratime',
] as const;

/** What makes a call of mount something else than a new mount: the kernel then drops the other flags. */
const NOT_NEW = ['remount', 'bind', 'move', 'unbindable', 'private', 'slave', 'shared'];

function hasFlag(flags: number, word: string): boolean {
  return (flags & (MOUNT_FLAGS[word] ?? 0)) !== 0;
}

/** @returns undefined where it is no new mount. */
function mountWords(flags: number): Pick<ExpectedRecord, 'mountWords'> {
  if (NOT_NEW.some((word) => hasFlag(flags, word))) return {};
  return { mountWords: MOUNT_WORDS.filter((word) => hasFlag(flags, word)) };
}

const FOR_MOUNTS: readonly ExpectedRecord[] = [capability('sys_admin', 'dac_override', 'dac_read_search')];

const mount: Reader = ([fstype = '', source = '', target = '', flags = '0'], context) => {
  const isOfType = (Number(flags) & (Number(MOUNT_FLAGS['rbind']) | Number(MOUNT_FLAGS['move']))) === 0;
  const isPath = source.startsWith('/');
  return [
    {
      operations: ['mount', 'remount'],
      classes: ['mount'],
      names: namesOf(target, context),
      fields: {
        ...(isOfType && fstype !== '' ? { fstype: [fstype] } : {}),
        ...(source === '' ? {} : { srcname: isPath ? namesOf(source, context) : [source] }),
      },
      ...mountWords(Number(flags)),
    },
    ...FOR_MOUNTS,
  ];
};

const onMountPoint = (operation: string, at: number): Reader => {
  return (args, context) => [
    { operations: [operation], classes: ['mount'], names: namesOf(args[at] ?? '', context) },
    ...FOR_MOUNTS,
  ];
};

const pivotRoot: Reader = ([target = '', oldRoot = ''], context) => [
  {
    operations: ['pivotroot'],
    classes: ['mount'],
    names: namesOf(target, context),
    fields: { srcname: namesOf(oldRoot, context) },
  },
  ...FOR_MOUNTS,
];

/* ---- processes, limits, queues, rings ---- */

const ptrace: Reader = ([access = ''], context) => [
  ...atEnds(
    {
      operations: ['ptrace'],
      classes: ['ptrace'],
      mask: { words: access === 'read' ? ['read', 'readby'] : ['trace', 'tracedby'] },
      isBetweenEnds: true,
    },
    context,
  ),
  capability('sys_ptrace'),
];

/** AppArmor's own words (security/apparmor/include/sig_names.h). */
function signalWord(number: string): string {
  const name = signalName(Number(number)) ?? 'exists';
  const word = name.replace(/^SIG(?!RTMIN)/, '').replace(/^SIGRTMIN/, 'rtmin');
  return word.toLowerCase().replace(/^tstp$/, 'stp');
}

const signal: Reader = ([number = ''], context) => [
  ...atEnds(
    {
      operations: ['signal'],
      classes: ['signal'],
      mask: { words: ['send', 'receive'] },
      fields: { signal: [signalWord(number)] },
      isBetweenEnds: true,
    },
    context,
  ),
  capability('kill'),
];

const UNLIMITED = '18446744073709551615';

const rlimit: Reader = ([resource = '', value = '']) => [
  {
    operations: ['setrlimit'],
    classes: ['rlimits'],
    fields: { rlimit: [resource], value: [value === 'unlimited' ? UNLIMITED : value] },
    isOfSelf: true,
  },
  capability('sys_resource'),
];

const ioUring: Reader = ([use = '']) => [
  {
    operations: [use === 'sqpoll' ? 'uring_sqpoll' : 'uring_override'],
    classes: ['io_uring'],
  },
  capability('sys_nice', 'sys_admin', 'ipc_lock'),
];

const mqueue: Reader = ([, path = '']) => [
  {
    operations: ['mqueue', 'posix_mqueue', 'mq_open', 'mq_unlink', 'open', 'mknod', 'unlink', 'create', 'delete'],
    classes: ['posix_mqueue'],
    names: [withoutSlash(path)],
  },
  capability('sys_resource', 'dac_override', 'dac_read_search'),
];

/** For each operation, in the order of the table in operations.ts. */
const RECORDS: Readonly<Record<string, Reader>> = {
  open,
  readdir: onPath(['open', 'file_perm'], 'r', true),
  getattr: ([path = ''], context) => [
    { operations: ['getattr'], classes: FILE, names: namesOf(path, context, false), ...AGENT },
    ...aroundFiles(path),
  ],
  unlink: onPath(['unlink'], 'd', false),
  rmdir: onPath(['rmdir'], 'd', false),
  delete: onPath(['unlink', 'rmdir'], 'd', false),
  rename,
  link,
  symlink: makes('symlink', 1),
  mkdir: makes('mkdir', 0),
  mknod: makes('mknod', 1),
  chmod: onAttributes('chmod', true),
  chown: onAttributes('chown', false),
  utimens: onAttributes('setattr', false),
  getxattr: onPath(['getxattr'], 'r', false),
  setxattr: onPath(['setxattr'], 'w', false),
  truncate: onPath(['truncate'], 'w', true),
  lock,
  mmap,
  mprotect,

  exec,
  'exec-copy': execNew('copy'),
  'exec-memfd': () => [executed(MEMORY_NAMES), ...FOR_FILES],
  'exec-script': execNew('create'),
  'exec-loader': execLoader,

  change_profile: labelChange('change_profile'),
  change_onexec: labelChange('change_onexec'),
  stack: labelChange('stack'),
  'exec-as': execAs,
  change_hat: changeHat,

  capable,

  socket,
  bind: socketChain('socket', 'bind'),
  listen: socketChain(...TO_LISTEN),
  accept: socketChain(...TO_CONNECT, 'connect', 'accept'),
  connect: socketChain(...TO_CONNECT, 'connect'),
  send: onPair('send'),
  receive: onPair('send', 'receive'),
  getpeername: onPair('getpeername'),
  shutdown: onPair('shutdown'),
  getsockopt: socketChain('socket', 'getsockopt'),
  setsockopt: socketChain('socket', 'setsockopt'),
  getsockname: socketChain('socket', 'getsockname'),
  'receive-fd': receiveFd,

  mount,
  umount: onMountPoint('umount', 0),
  pivot_root: pivotRoot,
  fsmount: onMountPoint('mount', 1),
  open_tree: onMountPoint('mount', 1),

  ptrace,
  signal,
  rlimit,
  userns: () => [{ operations: ['userns_create'], classes: ['namespace'] }, capability('sys_admin')],
  io_uring: ioUring,
  mqueue,
  dbus: () => [{ operations: ['dbus_method_call', 'dbus_signal', 'dbus_bind', 'dbus_eavesdrop'], classes: ['dbus'] }],
};
