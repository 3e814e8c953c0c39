/** What operations.test.ts tries: every operation of the language, a rule that denies it, and the rule's record. */
import { CAPABILITIES, SOCKET_FAMILIES } from '#core/model/linux.ts';

/**
 * One attempt. `@` is a folder that rows with the same rule share: two programs `f` and `g`, an empty folder `d`, a
 * link `l` to `f`; `n` is a free name. What only `unlink` and `rmdir` may touch: `u`, `e`.
 */
export interface Row {
  readonly line: string;
  readonly rule: string;
  /** Operation, requested mask and other fields of the rule's record; undefined: the rule does not stop it. */
  readonly record?: string;
  /** The step of the operation, or the class, that the rule denies in place of the access itself. */
  readonly by?: string;
  /** The peer that tries it. */
  readonly from?: string;
  /** No module has a hook for it, so no rule can have a say. */
  readonly unmediated?: true;
  /** The record where the kernel checks both ends of a unix socket at once (`af_unix`); empty: there is none. */
  readonly ends?: string;
  /** In the kernel's features where it asks; where it does not, the rule does not stop it. */
  readonly feature?: string;
  /** By a rule that names the access; where the parser knows no such rules, the socket is refused at its creation. */
  readonly step?: true;
  /** Cannot be tried without the rule: no such thing on this machine, which the kernel looks for after it has asked. */
  readonly absent?: true;
  /** Verdicts without and with the rule, where neither rule nor kernel is to blame, and why. */
  readonly odd?: { readonly allowed: string; readonly denied: string; readonly why: string };
}

const row = (line: string, rule: string, record?: string, more: Partial<Row> = {}): Row => ({
  line,
  rule,
  ...(record === undefined ? {} : { record }),
  ...more,
});
const ALL = 'deny @f rwlkmx,';
const unmediated = (line: string, rule = ALL): Row => row(line, rule, undefined, { unmediated: true });
const odd = (line: string, rule: string, verdicts: Required<Row>['odd']): Row =>
  row(line, rule, undefined, { odd: verdicts });

const MODES = ['read', 'write', 'append', 'create', 'truncate']
  .reduce<string[][]>((all, word) => [...all, ...all.map((one) => [...one, word])], [[]])
  .slice(1);

/** What the kernel asks to open a file that is there: appending takes the place of writing. */
function asked(mode: readonly string[]): string {
  const has = (...words: string[]): boolean => words.some((word) => mode.includes(word));
  const isWriting = has('write', 'truncate') || !has('read');
  const writing = isWriting ? 'w' : '';
  return [has('read') ? 'r' : '', has('append') ? 'a' : writing, has('create') ? 'c' : ''].join('');
}

const FILES: readonly Row[] = [
  ...MODES.map((mode) => row(`open ${mode.join(',')} @f`, 'deny @f rw,', `open ${asked(mode)}`)),
  ...MODES.filter((mode) => mode.includes('create')).map((mode) =>
    row(`open ${mode.join(',')} @n`, 'deny @n w,', 'mknod c'),
  ),
  // one letter of a rule against several that are asked
  row('open read,write @f', 'deny @f r,', 'open r'),
  row('open read,write @f', 'deny @f w,', 'open w'),
  row('open append @f', 'deny @f w,', 'open a'),
  row('open append @f', 'deny @f a,', 'open a'),
  row('open write @f', 'deny @f a,'),
  row('open read,create @n', 'deny @n r,', 'open r'),
  // names that lead to the file, and rules that name the way in place of it
  row('open read @l', 'deny @f r,', 'open r'),
  row('open read @l', 'deny @l r,'),
  row('open create @l', 'deny @f w,', 'open wc'),
  row('open read @d/../f', 'deny @f r,', 'open r'),
  row('open read /proc/self/root@f', 'deny @f r,', 'open r'),
  row('open read /bin/uptime', 'deny /usr/bin/uptime r,', 'open r name=/usr/bin/uptime'),
  row('open read /proc/1/root@f', 'deny ptrace read peer=ops,', 'ptrace read', { by: 'ptrace' }),
  row('readdir @d', 'deny @d/ r,', 'open r'),
  row('getattr @f', ALL),
  row('unlink @u', 'deny @{u,e/} w,', 'unlink d'),
  row('rmdir @e', 'deny @{u,e/} w,', 'rmdir d'),
  row('delete @f', 'deny @f w,', 'rmdir d'),
  row('delete @d', 'deny @d/ w,', 'unlink d'),
  row('rename @f @n', 'deny @f w,', 'rename_src wd'),
  row('rename @f @n', 'deny @f r,', 'rename_src r'),
  row('rename @f @n', 'deny @n w,', 'rename_dest wc'),
  row('rename @d @n', 'deny @d/ w,', 'rename_src wd'),
  row('rename @d @n', 'deny @n/ w,', 'rename_dest wc'),
  row('link @f @n', 'deny @n l,', 'link l'),
  row('link @f @n', 'deny link @n -> @f,', 'link l'),
  row('link @f @n', 'deny @f w,', 'link wacd'),
  row('link @f @n', 'deny @f r,', 'link r'),
  row('link @f @n', 'deny @n r,'),
  row('link @f @n', 'deny @f l,'),
  row('symlink @f @n', 'deny @n w,', 'symlink c'),
  row('symlink @f @n', ALL),
  row('mkdir @n', 'deny @n/ w,', 'mkdir c'),
  ...['file', 'fifo', 'socket', 'char', 'block'].map((kind) => row(`mknod ${kind} @n`, 'deny @n w,', 'mknod c')),
  ...['chmod', 'chown'].flatMap((name) => [
    row(`${name} @f`, 'deny @f w,', `${name} w`),
    row(`${name} @d`, 'deny @d/ w,', `${name} w`),
  ]),
  row('chown @l', 'deny @l w,', 'chown w'),
  unmediated('utimens @f'),
  unmediated('getxattr @f'),
  unmediated('setxattr @f'),
  row('truncate @f', 'deny @f w,', 'truncate w'),
  row('truncate @f', 'deny @f a,'),
  ...['flock read', 'flock write', 'fcntl read', 'fcntl write', 'fcntl none'].map((how) =>
    row(`lock ${how} @f`, 'deny @f k,', 'file_lock k'),
  ),
  row('lock fcntl write @f', 'deny @f w,', 'open w', { by: 'open' }),
  row('lock flock write @f', 'deny @f w,', 'file_lock w'),
  // what a process opened itself is not asked again when it receives it
  row('receive-fd @f', 'deny @f r,', 'open r', { by: 'open' }),
];

/** In a profile that has its file for itself: Linux 6.12 does not enforce m in some others. */
const MAPPINGS: readonly Row[] = [
  row('mmap @f', 'deny @f m,', 'file_mmap m'),
  row('mprotect @f', 'deny @f m,', 'file_mprotect m'),
  row('exec-loader @g @f', 'deny @f m,', 'file_mmap m'),
  row('mmap @f', 'deny @f r,', 'open r', { by: 'open' }),
];

const EXECUTIONS: readonly Row[] = [
  ...['exec @f', 'exec @f no_new_privs', 'exec @l', 'exec @d/../f', 'exec /proc/self/root@f', 'exec-loader @f @g'].map(
    (line) => row(line, 'deny @f x,', 'exec x'),
  ),
  row('exec @l', 'deny @l x,'),
  row('exec /bin/uptime', 'deny /usr/bin/uptime x,', 'exec x name=/usr/bin/uptime'),
  row('exec /bin/w', 'deny /bin/w x,'),
  row('exec-copy @f @n', 'deny @n x,', 'exec x'),
  row('exec-copy @f @n', 'deny @n w,', 'mknod c', { by: 'copy' }),
  odd('exec-copy @f @n', 'deny @f r,', {
    allowed: 'pass allowed',
    denied: 'inconclusive not-asked',
    why: 'what is to be copied cannot be read',
  }),
  row('exec-copy @f @n', 'deny @f x,'),
  row('exec-memfd @f', 'deny / x,', 'exec x name=/'),
  odd('exec-memfd @f', 'deny @f r,', {
    allowed: 'pass allowed',
    denied: 'inconclusive not-asked',
    why: 'what is to be copied cannot be read',
  }),
  row('exec-script @f @n', 'deny @n x,', 'exec x'),
  row('exec-script @f @n', 'deny @n w,', 'mknod c', { by: 'create' }),
  row('exec-script @f @n', 'deny @f x,'),
  row('exec-loader @g @f', 'deny @f x,'),
  row('exec-loader @g @f', 'deny @f r,', 'open r', { by: 'open' }),
  row('change_profile ops-a', 'deny change_profile -> ops-a,', 'change_profile'),
  row('change_onexec ops-b', 'deny change_profile -> ops-b,', 'change_onexec'),
  row('exec-as ops-c @f', 'deny change_profile -> ops-c,', 'change_onexec'),
  row('exec-as ops-other @f', 'deny @f x,'),
  row('stack ops-d', 'deny change_profile -> &ops-d,', 'stack'),
  row('change_hat corner', ''),
  odd('change_hat nowhere', '', {
    allowed: 'inconclusive not-asked',
    denied: 'inconclusive not-asked',
    why: 'no rule is for hats; that there is none leaves no record',
  }),
  ...['change_profile ops-other', 'change_onexec ops-other', 'exec-as ops-other @f', 'change_hat corner'].map((line) =>
    odd(`${line} no_new_privs`, '', {
      allowed: 'inconclusive not-the-profile',
      denied: 'fail silent-denial',
      why: 'no_new_privs refuses it, without a record',
    }),
  ),
  row('stack ops-other no_new_privs', ''),
];

const MOUNTS: readonly Row[] = [
  row('mount tmpfs none @d', 'deny mount fstype=tmpfs -> @d/,', 'mount fstype=tmpfs'),
  row('mount proc proc @d nosuid,ro', 'deny mount fstype=proc -> @d/,', 'mount flags=ro, nosuid'),
  ...['bind', 'rbind', 'move'].map((how) =>
    row(`mount "" @d /mnt ${how}`, `deny mount options=(rw,${how}) @d/ -> /mnt/,`, `mount flags=rw, ${how}`),
  ),
  row('mount "" "" /dev/shm remount,ro', 'deny mount options=(remount,ro) -> /dev/shm/,', 'mount flags=ro, remount'),
  row(
    'mount "" "" /dev/shm remount,bind,ro',
    'deny mount options=(remount,bind,ro) -> /dev/shm/,',
    'mount flags=ro, remount, bind',
  ),
  ...['private', 'slave', 'shared', 'unbindable']
    .flatMap((how) => [how, `r${how}`])
    .map((how) => row(`mount "" none @d ${how}`, `deny mount options=(${how}) -> @d/,`, `mount flags=rw, ${how}`)),
  row('umount /dev/shm', 'deny umount /dev/shm/,', 'umount'),
  row('pivot_root @d @d', 'deny pivot_root oldroot=@d/ @d/,', 'pivotroot'),
  ...[
    'fsmount tmpfs @d',
    'fsmount ramfs @d',
    'fsmount proc @d',
    'fsmount sysfs @d',
    'fsmount devpts @d',
    'fsmount mqueue @d',
    'open_tree @d @d',
  ].map((line) =>
    row(line, 'deny mount options=(rw,move) -> @d/,', 'mount flags=rw, move', { feature: 'mount/move_mount' }),
  ),
];

const SIGNALS = [
  'hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term stkflt chld cont stop stp ttin ttou',
  'urg xcpu xfsz vtalrm prof winch io pwr sys exists rtmin+0 rtmin+32',
].flatMap((line) => line.split(' '));
const LIMITS: Readonly<Record<string, readonly [most: string, beyond: number]>> = {
  cpu: ['1000000', 2e6],
  fsize: ['1G', 2 ** 31],
  data: ['1G', 2 ** 31],
  stack: ['1G', 2 ** 31],
  core: ['1G', 2 ** 31],
  rss: ['1G', 2 ** 31],
  nproc: ['10000', 2e4],
  nofile: ['1024', 4096],
  memlock: ['1G', 2 ** 31],
  as: ['8G', 2 ** 34],
  locks: ['1000', 2000],
  sigpending: ['1000', 2000],
  msgqueue: ['1M', 2 ** 21],
  nice: ['0', 30],
  rtprio: ['10', 20],
  rttime: ['1000s', 2e9],
};
const OTHER = { from: 'other' } as const;

const PROCESSES: readonly Row[] = [
  row('ptrace trace child', 'deny ptrace trace peer=ops,', 'ptrace trace'),
  row('ptrace read child', 'deny ptrace read peer=ops,', 'ptrace read'),
  row('ptrace trace peer other', 'deny ptrace trace peer=ops-other,', 'ptrace trace'),
  row('ptrace read peer other', 'deny ptrace read peer=ops-other,', 'ptrace read'),
  row('ptrace trace container', 'deny ptrace tracedby peer=ops-other,', 'ptrace tracedby', OTHER),
  row('ptrace read container', 'deny ptrace readby peer=ops-other,', 'ptrace readby', OTHER),
  ...SIGNALS.map((signal) =>
    row(`signal ${signal} child`, `deny signal send set=(${signal}) peer=ops,`, `signal send signal=${signal}`),
  ),
  row('signal term peer other', 'deny signal send set=(term) peer=ops-other,', 'signal send'),
  row('signal urg container', 'deny signal receive set=(urg) peer=ops-other,', 'signal receive', OTHER),
  ...Object.entries(LIMITS).map(([limit, [most, beyond]]) =>
    row(`rlimit ${limit} ${beyond}`, `set rlimit ${limit} <= ${most},`, `setrlimit rlimit=${limit} value=${beyond}`),
  ),
  row('userns', 'deny userns create,', 'userns_create requested=userns_create'),
  row('io_uring sqpoll', 'deny io_uring sqpoll,', 'uring_sqpoll requested=sqpoll'),
  row('io_uring override_creds', 'deny io_uring override_creds,', 'uring_override requested=override_creds'),
  unmediated('io_uring setup', 'deny io_uring,'),
  ...['create', 'read', 'write', 'delete'].map((how) =>
    row(`mqueue ${how} /apparmor-probe-${how}`, `deny mqueue ${how} /apparmor-probe-${how},`, 'mqueue'),
  ),
  ...['send system', 'receive session', 'bind accessibility', 'eavesdrop system'].map((how) =>
    odd(`dbus ${how} org.freedesktop.DBus`, '', {
      allowed: 'inconclusive not-asked',
      denied: 'inconclusive not-asked',
      why: 'a bus daemon asks, not the kernel',
    }),
  ),
  row('connect unix stream peer other', 'deny unix (connect) type=stream peer=(label=ops-other),', 'connect connect'),
  row(
    'connect unix stream container',
    'deny unix (accept) type=stream peer=(label=ops-other),',
    'connect accept',
    OTHER,
  ),
  row('send unix dgram peer other', 'deny unix (send) type=dgram peer=(label=ops-other),', 'sendmsg send'),
  row('send unix dgram container', 'deny unix (receive) type=dgram peer=(label=ops-other),', 'sendmsg receive', OTHER),
];

const CAPABLE: readonly Row[] = CAPABILITIES.map((name) => {
  if (name === 'audit_control')
    return odd(`capable ${name}`, `deny capability ${name},`, {
      allowed: 'inconclusive not-asked',
      denied: 'inconclusive not-asked',
      why: "in a container's process namespace the kernel refuses it unasked",
    });
  if (name === 'mac_override')
    return odd(`capable ${name}`, `deny capability ${name},`, {
      allowed: 'inconclusive not-asked',
      denied: 'inconclusive not-asked',
      why: 'only Smack asks for it',
    });
  return row(`capable ${name}`, `deny capability ${name},`, `capable capname=${name}`);
});
/** What Docker before 23 does not know, and `cap-add: ALL` leaves out there. */
export const NEWER_CAPABILITIES: ReadonlySet<string> = new Set([
  'capable perfmon',
  'capable bpf',
  'capable checkpoint_restore',
]);
/** What the preparation of others needs. */
const PREPARING = CAPABLE.filter(({ line }) => ['setuid', 'chown', 'bpf'].some((name) => line.endsWith(` ${name}`)));

/**
 * The access of a network rule, `network (ACCESS) FAMILY TYPE`, that denies each operation at its own step; and the
 * record's operation and mask.
 */
const STEPS: Readonly<Record<string, readonly [access: string, record: string]>> = {
  bind: ['bind', 'bind bind'],
  listen: ['listen', 'listen listen'],
  accept: ['accept', 'accept accept'],
  connect: ['connect', 'connect connect'],
  send: ['send', 'sendmsg send'],
  receive: ['receive', 'recvmsg receive'],
  getsockopt: ['getopt', 'getsockopt getopt'],
  setsockopt: ['setopt', 'setsockopt setopt'],
  getsockname: ['getattr', 'getsockname getattr'],
  getpeername: ['getattr', 'getpeername getattr'],
  shutdown: ['shutdown', 'socket_shutdown shutdown'],
};

/** With `af_unix` connected sockets are checked when they meet, datagrams when they are sent, at both ends. */
const ENDS: Readonly<Record<string, string>> = {
  'accept unix stream': 'connect accept',
  'accept unix seqpacket': 'connect accept',
  'receive unix dgram': 'sendmsg receive',
  'connect unix dgram': '',
  'send unix stream': '',
  'receive unix stream': '',
};

/**
 * A rule stops every operation that comes to its step, so those of one chain need profiles of their own.
 * @param chains each `FAMILY TYPE OPERATION…`.
 */
function steps(...chains: readonly string[]): Row[] {
  return chains.flatMap((part) => {
    const [family = '', type = '', ...names] = part.trim().split(/\s+/);
    return names.map((name) =>
      row(`${name} ${family} ${type}`, `deny network (${STEPS[name]![0]}) ${family} ${type},`, STEPS[name]![1], {
        step: true,
        ...(ENDS[`${name} ${family} ${type}`] === undefined ? {} : { ends: ENDS[`${name} ${family} ${type}`]! }),
      }),
    );
  });
}

const PRESENT = ['unix', 'inet', 'inet6', 'netlink'];
const SOCKETS: readonly Row[] = [
  ...Object.keys(SOCKET_FAMILIES)
    .filter((family) => !PRESENT.includes(family))
    .map((family) =>
      row(
        `socket ${family} dgram`,
        `deny network ${family},`,
        `create create family=${family}`,
        family === 'packet' ? {} : { absent: true },
      ),
    ),
  row('socket inet raw icmp', 'deny network inet raw,', 'create create protocol=1'),
  row('socket inet6 raw icmpv6', 'deny network inet6 raw,', 'create create protocol=58'),
  row('socket netlink raw', 'deny network netlink raw,', 'create create'),
  row('socket unix raw', 'deny network unix raw,', 'create create'),
  row('socket inet seqpacket', 'deny network inet seqpacket,', 'create create', { absent: true }),
];

/**
 * The rules of one table stand in one profile, and each stops its own rows. `others`: more profiles, and a hat, in its
 * file.
 */
export const TABLES: Readonly<Record<string, { readonly others?: true; readonly rows: readonly Row[] }>> = {
  'files, executions, mounts, processes, families of sockets': {
    others: true,
    rows: [
      ...FILES,
      ...EXECUTIONS,
      ...MOUNTS,
      ...PROCESSES,
      ...SOCKETS,
      ...steps(
        'inet stream receive getsockopt setsockopt shutdown',
        'inet dgram bind',
        'inet6 stream connect',
        'inet6 dgram getsockname',
        'unix stream connect',
        'unix seqpacket bind',
      ),
    ],
  },
  'capabilities, steps of sockets': {
    rows: [
      ...CAPABLE.filter((one) => !PREPARING.includes(one)),
      ...steps(
        'inet dgram connect getsockopt setsockopt',
        'inet6 stream send shutdown',
        'inet6 dgram receive shutdown',
        'unix dgram connect getsockopt setsockopt',
        'unix seqpacket accept',
      ),
    ],
  },
  'mappings, other steps of sockets': {
    rows: [
      ...MAPPINGS,
      ...PREPARING,
      ...steps(
        'inet stream accept',
        'inet dgram receive shutdown',
        'inet6 stream accept getsockopt setsockopt',
        'inet6 dgram bind',
        'unix stream send getsockopt setsockopt shutdown accept',
        'unix dgram receive getsockname getpeername',
        'unix seqpacket listen',
      ),
    ],
  },
  'the other steps of sockets': {
    rows: steps(
      'inet stream listen getsockname',
      'inet dgram send',
      'inet6 stream listen',
      'inet6 dgram send',
      'unix stream receive getsockname getpeername listen',
      'unix dgram send bind',
      'unix seqpacket connect',
    ),
  },
};
