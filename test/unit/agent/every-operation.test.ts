/**
 * Every operation of the agent, on this machine's own kernel and as root: that it succeeds where nothing stands in the
 * way, that it says why it fails, and that it leaves nothing behind. No profile takes part: this is the control side.
 */
import { expect } from 'chai';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CAPABILITIES as NAMED,
  errnoName,
  MOUNT_FLAGS,
  signalNumber,
  SOCKET_FAMILIES,
  SOCKET_TYPES,
} from '#core/model/linux.ts';
import { encodeOp, type ResultFrame } from '#adapters/probe/agent-protocol.ts';
import { observed } from '#adapters/probe/captured-output.ts';
import { OPERATIONS as DESCRIBED } from '#core/spec/operations.ts';
import { exec } from '#adapters/host/exec.ts';
import { command, AGENT, results, talk, withFolder, type Options } from './helper.ts';

const source = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
const rows = (file: string): string[] =>
  [...source(`src/agent/${file}`).matchAll(/^\t\{ \.name = "([a-z_-]+)"/gm)].map((match) => match[1] ?? '');
/** Forms of operations that leave a paused process. */
const PAUSED = [
  'exec-pause',
  'exec-copy-pause',
  'exec-memfd-pause',
  'exec-script-pause',
  'exec-loader-pause',
  'exec-as-pause',
  'profile-pause',
  'hat-pause',
  'stack-pause',
  'target-pause',
  'listen-pause',
];
const OPERATIONS = rows('ops.c');
const CAPABILITIES = rows('ops_cap.c');

/** A line `name arg arg`, where '' is an empty argument and `~` the folder of the test. */
type Line = readonly [line: string, expected: string];

/** Where nothing stands in the way. The expected text is `ok`, and the remark if there is one. */
const SUCCEEDS: readonly Line[] = [
  ...['read', 'write', 'append', 'read,write', 'read,append', 'create', 'read,create', 'read,write,append,create'].map(
    (mode): Line => [`open ${mode} ~/file`, 'ok'],
  ),
  ...['create', 'read,create', 'append,create', 'read,write,create'].map((mode): Line => [`open ${mode} ~/new`, 'ok']),
  ...['truncate', 'write,truncate', 'read,append,truncate', 'create,truncate'].map((mode): Line => [
    `open ${mode} ~/file`,
    'ok asked only: EFBIG',
  ]),
  ['open read,create,truncate ~/new', 'ok asked only: EFBIG'],
  ['open write,truncate /dev/null', 'ok'],
  ['readdir ~', 'ok'],
  ['getattr ~/file', 'ok'],
  ['getattr ~/dangling', 'ok'],
  ['unlink ~/to-unlink', 'ok'],
  ['rmdir ~/to-rmdir', 'ok'],
  ['delete ~/file', 'ok asked only: ENOTDIR'],
  ['delete ~/dir', 'ok asked only: EISDIR'],
  ['delete ~/dangling', 'ok asked only: ENOTDIR'],
  ['delete ~/link-to-dir', 'ok asked only: ENOTDIR'],
  ['rename ~/file ~/renamed', 'ok'],
  ['rename ~/dir ~/renamed', 'ok'],
  ['link ~/file ~/linked', 'ok'],
  ['symlink anything ~/symlinked', 'ok'],
  ['mkdir ~/made', 'ok'],
  ...['file', 'fifo', 'socket', 'char', 'block'].map((kind): Line => [`mknod ${kind} ~/node`, 'ok']),
  ['chmod ~/file', 'ok'],
  ['chmod ~/suid', 'ok'],
  ['chown ~/file', 'ok'],
  ['chown ~/dir', 'ok'],
  ['utimens ~/file', 'ok'],
  ['utimens ~/dangling', 'ok'],
  ['getxattr ~/file', 'ok asked only: ENODATA'],
  ['setxattr ~/file', 'ok'],
  ['truncate ~/file', 'ok asked only: EFBIG'],
  ['truncate ~/suid', 'ok asked only: EFBIG'],
  ['truncate /proc/sys/kernel/hostname', 'ok asked only: EFBIG'],
  ...['fcntl read', 'fcntl write', 'flock read', 'flock write'].map((how): Line => [`lock ${how} ~/file`, 'ok']),
  ['mmap ~/program', 'ok'],
  ['mprotect ~/program', 'ok'],
  ['exec ~/program', 'ok'],
  ['exec ~/program no_new_privs', 'ok'],
  ['exec-copy /bin/true ~/copy', 'ok'],
  ['exec-memfd /bin/true', 'ok'],
  ['exec-script /bin/sh ~/script', 'ok'],
  ['exec-loader ~/loader /bin/true', 'ok'],
  ['socket 1 1 0', 'ok'],
  ['socket 2 1 6', 'ok'],
  ['socket 2 3 1', 'ok'],
  ['socket 10 2 0', 'ok'],
  ['socket 16 3 0', 'ok'],
  ['socket 17 3 0', 'ok'],
  ...['1 1 ~/socket', '1 2 ~/socket', '1 1 @apparmor-probe-test', "1 1 ''", "2 1 ''", "2 2 ''", "10 1 ''"].map(
    (address): Line => [`bind ${address}`, 'ok'],
  ),
  ...['1 1 ~/socket', '1 5 @apparmor-probe-test', "2 1 ''", "10 1 ''"].flatMap((address): Line[] => [
    [`listen ${address}`, 'ok'],
    [`accept ${address}`, 'ok'],
  ]),
  ['connect 1 1 ~/server', 'ok'],
  ...['1 1', '2 1', '2 2', '10 1', '10 2'].map((kind): Line => [`connect ${kind} ''`, 'ok']),
  ...['send', 'receive', 'getpeername', 'shutdown'].flatMap((name) =>
    ['1 1', '1 2', '2 1', '2 2', '10 1'].map((kind): Line => [`${name} ${kind}`, 'ok']),
  ),
  ...['getsockopt', 'setsockopt', 'getsockname'].flatMap((name) =>
    ['1 1', '2 1', '10 2'].map((kind): Line => [`${name} ${kind}`, 'ok']),
  ),
  ['receive-fd ~/file', 'ok'],
  ['mount tmpfs none ~/dir 0', 'ok asked only: EPERM'],
  ["mount '' ~/dir ~/dir 4096", 'ok asked only: EPERM'],
  ["mount '' '' ~/dir 4129", 'ok asked only: EPERM'],
  ["mount '' ~/dir ~/dir 8192", 'ok asked only: EPERM'],
  ["mount '' '' / 278528", 'ok asked only: EPERM'],
  ['mount ext4 /dev/nothing ~/dir 1', 'ok asked only: EPERM'],
  ['umount /proc', 'ok'],
  ['pivot_root ~ ~/dir', 'ok asked only: EBUSY'],
  ['fsmount tmpfs ~/dir', 'ok'],
  ['open_tree ~ ~/dir', 'ok'],
  ['ptrace trace child', 'ok'],
  ['ptrace read child', 'ok'],
  [`ptrace read ${process.pid}`, 'ok'],
  ['signal 0 child', 'ok'],
  ['signal 9 child', 'ok'],
  ['signal 15 child', 'ok'],
  [`signal 0 ${process.pid}`, 'ok'],
  [`signal 23 ${process.pid}`, 'ok'],
  ...[
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
    'rttime',
  ].map((name): Line => [`rlimit ${name} 20`, 'ok']),
  ['rlimit nice 0', 'ok'],
  ['rlimit rtprio 0', 'ok'],
  ['rlimit rttime unlimited', 'ok'],
  ['userns', 'ok'],
  ['mqueue create /apparmor-probe-test', 'ok'],
  ['mqueue delete /apparmor-probe-test', 'ok'],
  ['io_uring setup', 'ok'],
  ['io_uring sqpoll', 'ok'],
  ['io_uring override_creds', 'ok'],
];

/** Failures by ordinary means, or attempts that would not have been harmless. */
const FAILS: readonly Line[] = [
  ['open read,write ~/missing', 'ENOENT'],
  ['open create,truncate ~/missing/file', 'ENOENT'],
  ['open write,truncate ~/dir', 'EISDIR'],
  ['readdir ~/file', 'ENOTDIR'],
  ['readdir ~/missing', 'ENOENT'],
  ['getattr ~/missing', 'ENOENT'],
  ['unlink ~/dir', 'EISDIR'],
  ['rmdir ~/file', 'ENOTDIR'],
  ['rmdir ~', 'ENOTEMPTY'],
  ['delete ~/missing', 'ENOENT'],
  ['delete ~/file/x', 'ENOTDIR'],
  ['rename ~/missing ~/renamed', 'ENOENT'],
  ['rename ~/file ~/dir', 'EEXIST'],
  ['link ~/missing ~/linked', 'ENOENT'],
  ['link ~/file ~/dir', 'EEXIST'],
  ['link ~/dir ~/linked', 'EPERM'],
  ['symlink x ~/file', 'EEXIST'],
  ['mkdir ~/file', 'EEXIST'],
  ['mknod fifo ~/file', 'EEXIST'],
  ['mknod char ~/missing/node', 'ENOENT'],
  ['chmod ~/missing', 'ENOENT at getattr'],
  ['chmod ~/dangling', 'ECANCELED not tried: a symbolic link has no mode'],
  ['chown ~/missing', 'ENOENT at getattr'],
  ['chown ~/suid', 'ECANCELED not tried: the file would lose its set-id bits or capabilities'],
  ['utimens ~/missing', 'ENOENT at getattr'],
  ['getxattr ~/missing', 'ENOENT'],
  ['setxattr ~/missing', 'ENOENT'],
  ['setxattr /dev/null', 'EPERM'],
  ['truncate ~/missing', 'ENOENT'],
  ['truncate ~/dir', 'EISDIR'],
  ['lock fcntl read ~/missing', 'ENOENT at open'],
  ['lock flock write ~/missing', 'ENOENT at open'],
  ['mmap ~/missing', 'ENOENT at open'],
  ['mmap ~', 'ENODEV at mmap'],
  ['mprotect ~/missing', 'ENOENT at open'],
  ['exec ~/file', 'EACCES'],
  ['exec-copy ~/missing ~/copy', 'ECANCELED not tried: the source cannot be opened, errno 2'],
  ['exec-copy /bin/true ~/file', 'EEXIST at create'],
  ['exec-copy ~/file ~/copy', 'ENOEXEC'],
  ['exec-memfd ~/missing', 'ECANCELED not tried: the source cannot be opened, errno 2'],
  ['exec-memfd ~/file', 'ENOEXEC'],
  ['exec-script ~/missing ~/script', 'ENOENT'],
  ['exec-script ~/file ~/script', 'EACCES'],
  ['exec-loader ~/missing /bin/true', 'ENOENT at the loader'],
  ['exec-loader ~/loader ~/missing', 'ENOENT at open for the program'],
  ['exec-pause ~/missing', 'ENOENT'],
  ['exec-copy-pause ~/missing ~/copy', 'ECANCELED not tried: the source cannot be opened, errno 2'],
  ['exec-copy-pause ~/file ~/copy', 'ENOEXEC'],
  ['exec-memfd-pause ~/file', 'ENOEXEC'],
  ['exec-script-pause ~/missing ~/script', 'ENOENT'],
  ['exec-loader-pause ~/missing /bin/true', 'ENOENT'],
  ['exec-loader-pause ~/loader ~/missing', 'ENOENT at open for the program'],
  ['exec-pause ~/file', 'EACCES'],
  ['release', 'ESRCH no process is paused'],
  ['socket 2 1 17', 'EPROTONOSUPPORT'],
  ['socket 200 1 0', 'EAFNOSUPPORT'],
  ['bind 1 1 ~/file', 'EADDRINUSE at bind'],
  ['bind 1 1 ~/missing/socket', 'ENOENT at bind'],
  ['listen 1 1 ~/file', 'EADDRINUSE at bind'],
  ['accept 1 1 ~/file', 'EADDRINUSE at bind'],
  ['connect 1 1 ~/missing', 'ENOENT'],
  ['connect 1 1 ~/file', 'ECONNREFUSED'],
  ['connect 2 1 1', 'ECONNREFUSED'],
  ['send 1 9', 'ESOCKTNOSUPPORT at socketpair'],
  ['receive 2 9', 'ESOCKTNOSUPPORT at socket'],
  ['getpeername 2 9', 'ESOCKTNOSUPPORT at socket'],
  ['shutdown 1 9', 'ESOCKTNOSUPPORT at socketpair'],
  ['getsockopt 200 1', 'EAFNOSUPPORT at socket'],
  ['setsockopt 200 1', 'EAFNOSUPPORT at socket'],
  ['getsockname 200 1', 'EAFNOSUPPORT at socket'],
  ['receive-fd ~/missing', 'ENOENT at open'],
  ['mount tmpfs none ~/missing 0', 'ENOENT'],
  ['umount ~/dir', 'EINVAL'],
  ['umount ~/missing', 'ENOENT'],
  ['pivot_root ~/missing ~', 'ENOENT'],
  ['pivot_root ~/file ~/file', 'ENOTDIR'],
  ['fsmount tmpfs ~/missing', 'ENOENT'],
  ['open_tree ~/missing ~/dir', 'ENOENT at the new tree'],
  ['open_tree ~/dir ~/missing', 'ENOENT'],
  ['ptrace trace 4194303', 'ESRCH'],
  ['ptrace read 4194303', 'ESRCH'],
  ['signal 0 4194303', 'ESRCH'],
  ['rlimit nofile 100000000000', 'EPERM'],
  ['mqueue read /apparmor-probe-test', 'ENOENT'],
  ['mqueue write /apparmor-probe-test', 'ENOENT'],
];

/** Where only another layer can say no: under a user without privileges, a file mode or the capability does. */
const FAILS_FOR_NOBODY: readonly Line[] = [
  ['mount tmpfs none ~ 0', 'EPERM at capability sys_admin'],
  ['umount /proc', 'EPERM at capability sys_admin'],
  ['pivot_root ~ ~', 'EPERM at capability sys_admin'],
  ['fsmount tmpfs ~', 'EPERM at capability sys_admin'],
  ['open_tree ~ ~', 'EPERM at capability sys_admin'],
  [`ptrace trace ${process.pid}`, 'EPERM'],
  [`ptrace read ${process.pid}`, 'EPERM'],
  [`signal 0 ${process.pid}`, 'EPERM'],
  ['mknod char ~/node', 'EACCES'],
  ['chmod ~/file', 'EPERM'],
  ['chown ~/file', 'EPERM'],
  ['utimens ~/file', 'EPERM'],
  ['setxattr ~/file', 'EACCES'],
  ['truncate ~/file', 'EACCES'],
  ['delete ~/file', 'EACCES'],
  ['rename ~/file ~/renamed', 'EACCES'],
  ['open truncate ~/file', 'EACCES'],
  ['socket 2 3 1', 'EPERM'],
  ['receive-fd ~/secret', 'EACCES at open'],
  ['exec ~/secret', 'EACCES'],
];

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
/** The first port that needs no capability. */
const FIRST_OPEN_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

function request(line: string, folder: string, isolated: boolean): Buffer {
  const [name = '', ...args] = line.split(' ').map((word) => (word === "''" ? '' : word.replace(/^~/, folder)));
  return encodeOp({ tag: 'p1', name, args, isolated });
}

function shown(result: ResultFrame): string {
  const { remark = '' } = observed(result);
  const paused = result.pausedPid === 0 ? '' : `paused: process ${result.pausedPid}`;
  return [errnoName(result.errno) ?? 'ok', remark, paused].filter((part) => part !== '').join(' ');
}

/** A folder with one of everything. */
function furnish(folder: string): void {
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'file'), 'content', { mode: 0o644 });
  writeFileSync(join(folder, 'secret'), 'content', { mode: 0o600 });
  for (const name of ['dir', 'to-rmdir']) mkdirSync(join(folder, name));
  for (const name of ['program', 'suid']) copyFileSync('/bin/true', join(folder, name));
  for (const [name, mode] of [
    ['program', 0o755],
    ['suid', 0o4755],
  ] as const)
    chmodSync(join(folder, name), mode);
  const loader = /interpreter: ([^\]]+)/.exec(readelf)?.[1] ?? '';
  copyFileSync(loader, join(folder, 'loader'));
  writeFileSync(join(folder, 'to-unlink'), '');
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('dir', join(folder, 'link-to-dir'));
}

/** What readelf says of /bin/true. */
let readelf = '';

/** Everything of a folder that an operation could have changed. */
function listing(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { mode, uid, gid, size, nlink, ino, mtimeMs } = lstatSync(path);
      return [name, mode.toString(8), uid, gid, size, nlink, ino, mode & 0o40000 ? '' : mtimeMs, contentOf(path)].join(
        ' ',
      );
    });
}

/** The beginning of a file, or where a link leads. */
function contentOf(path: string): string {
  const stat = lstatSync(path);
  if (stat.isFile()) return readFileSync(path).toString('base64').slice(0, 100);
  return stat.isSymbolicLink() ? readlinkSync(path) : '';
}

/** What of the machine an operation could have changed. */
async function machine(): Promise<Record<string, string>> {
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return {
    mounts: read('/proc/self/mountinfo'),
    host: hostname(),
    limits: read('/proc/self/limits'),
    queues: read('/proc/sysvipc/msg'),
    accounting: read('/proc/sys/kernel/acct'),
    root: readlinkSync('/proc/self/root'),
    nice: read('/proc/self/stat').split(' ')[18] ?? '',
    dmesg: read('/proc/sys/kernel/printk'),
    sockets: (await exec(['sh', '-c', 'grep -c apparmor-probe-test /proc/net/unix'])).stdout.toString(),
  };
}

describe('agent: every operation', function () {
  this.timeout(60_000);
  before(async () => {
    const shownElf = await exec(['readelf', '-lW', '/bin/true']);
    expect(shownElf.exit, shownElf.startError ?? shownElf.stderr).to.equal(0);
    readelf = shownElf.stdout.toString();
  });

  async function all(lines: readonly Line[], folder: string, isolated: boolean, options: Options = {}): Promise<void> {
    const session = await talk(
      lines.map(([line]) => request(line, folder, isolated)),
      options,
    );
    expect(session.frames.filter((frame) => frame.type === 'fatal')).to.deep.equal([]);
    expect(results(session).map((result, at) => `${lines[at]?.[0] ?? ''}: ${shown(result)}`)).to.deep.equal(
      lines.map(([line, expected]) => `${line}: ${expected}`),
    );
    expect(session.exit).to.equal(0);
  }

  for (const isolated of [false, true]) {
    it(`succeeds where nothing stands in the way, and leaves nothing${isolated ? ', in a child' : ''}`, () =>
      withFolder(async (folder) => {
        furnish(folder);
        const server = createServer().listen(join(folder, 'server'));
        try {
          const before = listing(folder);
          const was = await machine();
          const clock = Date.now() - performance.now();
          await all(SUCCEEDS, folder, isolated);
          expect(listing(folder)).to.deep.equal(before.filter((line) => !/^to-(unlink|rmdir) /.test(line)));
          expect(await machine()).to.deep.equal(was);
          expect(Math.abs(Date.now() - performance.now() - clock), 'the clock').to.be.lessThan(1000);
        } finally {
          server.close();
        }
      }));

    it(`says why not, and leaves nothing${isolated ? ', in a child' : ''}`, () =>
      withFolder(async (folder) => {
        furnish(folder);
        const before = listing(folder);
        const was = await machine();
        await all(FAILS, folder, isolated);
        await all(FAILS_FOR_NOBODY, folder, isolated, { argv: [...NOBODY, AGENT, 'serve'] });
        expect(listing(folder)).to.deep.equal(before);
        expect(await machine()).to.deep.equal(was);
      }));
  }

  it('is in these tables, and in the docs', () => {
    const tried = (tables: readonly (readonly Line[])[]): string[] =>
      [...new Set(tables.flat().map(([line]) => line.split(' ')[0] ?? ''))].sort();
    // tests of their own, below
    const elsewhere = ['capable', 'change_profile', 'change_onexec', 'change_hat', 'stack', ...PAUSED, 'release'];
    expect([...new Set([...tried([SUCCEEDS]), ...elsewhere])].sort()).to.deep.equal([...OPERATIONS].sort());
    // Refused by ordinary means: io_uring and userns by sysctls only, and those are the whole machine's.
    const never = ['io_uring', 'userns', ...elsewhere];
    expect([...new Set([...tried([FAILS, FAILS_FOR_NOBODY]), ...never])].sort()).to.deep.equal([...OPERATIONS].sort());
    const documented = [...source('docs/agent-operations.md').matchAll(/^\| `([a-z_-]+)[ `]/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(documented.filter((name) => !CAPABILITIES.includes(name)).sort()).to.deep.equal(
      OPERATIONS.filter((name) => !CAPABILITIES.includes(name)).sort(),
    );
    expect(CAPABILITIES.filter((name) => !documented.includes(name))).to.deep.equal([]);
  });

  it('has the same names and numbers of arguments on both ends', () => {
    const table = [
      ...source('src/agent/ops.c').matchAll(/^\t\{ \.name = "([a-z_-]+)", \.min = (\d), \.max = (\d),/gm),
    ].map(([, name = '', min, max]) => [name, [Number(min), Number(max)]]);
    // What the spec lets out, it fills in: the agent gets all but trailing words.
    const filled = Object.entries(DESCRIBED).map(([name, { args, optional = [] }]) => {
      const always = args.length + optional.filter(({ missing }) => missing !== undefined).length;
      return [name, [always, args.length + optional.length]];
    });
    const notInSpecs = {
      'exec-pause': [1, 2],
      'exec-copy-pause': [2, 2],
      'exec-memfd-pause': [1, 1],
      'exec-script-pause': [2, 2],
      'exec-loader-pause': [2, 2],
      'exec-as-pause': [2, 3],
      'profile-pause': [1, 2],
      'hat-pause': [1, 2],
      'stack-pause': [1, 2],
      'target-pause': [0, 0],
      'listen-pause': [2, 2],
      release: [0, 0],
    };
    const { 'exec-as': _onlyPaused, dbus: _never, ...inBoth } = Object.fromEntries(filled) as Record<string, number[]>;
    expect({ ...inBoth, ...notInSpecs }).to.deep.equal(Object.fromEntries(table));
    expect(NAMED).to.deep.equal(CAPABILITIES);
    expect([
      signalNumber('term'),
      signalNumber('exists'),
      signalNumber('rtmin+2'),
      signalNumber('sys'),
      signalNumber('stp'),
      signalNumber('nonsense'),
    ]).to.deep.equal([15, 0, 34, 31, 20, undefined]);
    expect([
      SOCKET_FAMILIES['inet6'],
      SOCKET_FAMILIES['vsock'],
      SOCKET_TYPES['seqpacket'],
      MOUNT_FLAGS['rprivate'],
      MOUNT_FLAGS['rbind'],
    ]).to.deep.equal([10, 40, 5, 262144 + 16384, 4096 + 16384]);
  });

  it('mqueue reads and writes a queue only when there is one', async () => {
    const lines = ['create', 'read', 'write', 'delete'].map((what) =>
      request(`mqueue ${what} /apparmor-probe-queue`, '', false),
    );
    expect(results(await talk(lines)).map(shown)).to.deep.equal(['ok', 'ENOENT', 'ENOENT', 'ok']);
  });

  it('lock has asked when somebody else has the lock', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      const session = await talk([request('lock flock write ~/file', folder, false)], {
        argv: ['flock', join(folder, 'file'), AGENT, 'serve'],
      });
      expect(results(session).map(shown)).to.deep.equal(['ok asked only: EAGAIN']);
    }));

  it('truncate asks under a limit on file sizes as well, and leaves the limit', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), 'content');
      const session = await talk(
        [
          request('truncate ~/file', folder, false),
          command({ tag: 'p2', timeoutMs: 5000, capBytes: 100, argv: ['sh', '-c', 'ulimit -f'] }),
        ],
        { argv: ['sh', '-c', 'ulimit -f 8; exec "$0" serve', AGENT] },
      );
      expect(shown(results(session)[0]!)).to.equal('ok asked only: EFBIG');
      expect(session.frames.flatMap((frame) => (frame.type === 'output' ? [frame.data.toString()] : []))).to.deep.equal(
        ['8\n'],
      );
      expect(readFileSync(join(folder, 'file'), 'utf8')).to.equal('content');
    }));

  it('refuses what would not be harmless, before it is tried', async () => {
    for (const line of [
      'signal 9 1',
      'signal 15 4194303',
      'signal 65 child',
      'ptrace trace 0',
      'ptrace write child',
      'fsmount ext4 /',
      'mknod disk /x',
      'lock fcntl both /x',
      'rlimit files 1',
      'rlimit nofile many',
      'mqueue create x',
      'mqueue destroy /x',
      'io_uring all',
      'open read,,write /x',
      "open '' /x",
      'connect 2 1 host',
      'connect 2 1 65536',
      'connect 1 1 relative',
      "connect 16 3 ''",
      'socket inet 1 0',
      'exec /x new_privs',
      'capable everything',
      'mount a b c ro',
    ]) {
      const session = await talk([request(line, '', false)]);
      expect(session.frames.at(-1), line).to.deep.equal({ type: 'fatal', message: 'op: bad arguments' });
    }
  });

  it('change_profile and its like answer as this kernel does without AppArmor, or unconfined', async () => {
    const apparmor = existsSync('/proc/self/attr/apparmor/current');
    for (const line of [
      'change_profile no-such-profile',
      'change_onexec no-such-profile',
      'change_hat no-such-hat',
      'stack no-such-profile',
      'change_profile no-such-profile no_new_privs',
      'profile-pause no-such-profile',
      'hat-pause no-such-hat',
      'stack-pause no-such-profile',
      'exec-as-pause no-such-profile /bin/true',
    ]) {
      const [result] = results(await talk([request(line, '', false)]));
      // Unconfined: an unknown profile is ENOENT, a hat is for the confined (EPERM).
      // Without AppArmor: no such text, or no such file.
      expect(errnoName(result?.errno ?? 0), line).to.be.oneOf(
        apparmor ? ['ENOENT', 'EPERM', 'EACCES'] : ['EINVAL', 'ENOENT'],
      );
    }
  });
});

describe('agent: a paused process', () => {
  it('is a program stopped before its first instruction, which can be looked at and never runs', () =>
    withFolder(async (folder) => {
      const program = join(folder, 'program');
      const effect = join(folder, 'effect');
      writeFileSync(program, `#!/bin/sh\n: >${effect}\n`, { mode: 0o755 });
      const seen: string[] = [];
      let paused = 0;
      const look = (pid: number): void => {
        paused = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
        const status = readFileSync(`/proc/${paused}/status`, 'utf8');
        seen.push(
          readlinkSync(`/proc/${paused}/exe`),
          /^State:\t(.)/m.exec(status)?.[1] ?? '',
          readFileSync(`/proc/${paused}/cmdline`, 'utf8').replaceAll('\0', ' '),
        );
      };
      const session = await talk([request('exec-pause ~/program', folder, true)], {
        openFor: 1,
        onFrame: (frame, pid) => {
          if (frame.type === 'result') look(pid);
        },
      });
      expect(results(session).map(shown)).to.deep.equal([`ok paused: process ${paused}`]);
      expect(seen[0]).to.match(/sh$/);
      expect(seen.slice(1)).to.deep.equal(['T', `/bin/sh ${program} `]);
      expect(existsSync(`/proc/${paused}`), 'it outlives the agent').to.equal(false);
      expect(existsSync(effect), 'it ran').to.equal(false);
      expect(session.exit).to.equal(0);
    }));

  for (const line of [
    'exec-copy-pause /bin/true ~/new',
    'exec-script-pause /bin/sh ~/new',
    'exec-memfd-pause /bin/true',
  ])
    it(`${line}: is a new file, which is gone while it waits`, () =>
      withFolder(async (folder) => {
        let state = '';
        const session = await talk([request(line, folder, false)], {
          openFor: 1,
          onFrame: (frame, pid) => {
            if (frame.type !== 'result') return;
            const paused = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
            state = /^State:\t(.)/m.exec(readFileSync(`/proc/${paused}/status`, 'utf8'))?.[1] ?? '';
          },
        });
        expect(results(session).map((result) => shown(result).replace(/\d+/, 'N'))).to.deep.equal([
          'ok paused: process N',
        ]);
        expect(state).to.equal('T');
        expect(existsSync(join(folder, 'new'))).to.equal(false);
      }));

  it('is a loader that could map the program', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'loader'), readFileSync('/bin/true'), { mode: 0o755 });
      const session = await talk([request('exec-loader-pause ~/loader /bin/true', folder, false)]);
      expect(shown(results(session)[0]!)).to.match(/^ok paused/);
    }));

  it('does nothing, so that it can be signalled and traced', async () => {
    let target = 0;
    const session = await talk([request('target-pause', '', false)], {
      openFor: 1,
      onFrame: (frame, pid) => {
        if (frame.type !== 'result') return;
        target = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
        expect(process.kill(target, 'SIGURG')).to.equal(true);
      },
    });
    expect(results(session).map(shown)).to.deep.equal([`ok paused: process ${target}`]);
    expect(existsSync(`/proc/${target}`), 'it outlives the agent').to.equal(false);
  });

  for (const [line, expected] of [
    ['signal 15 paused:PID', 'ok'],
    ['signal 0 paused:PID', 'ok'],
    ['ptrace trace paused:PID', 'ok'],
    ['ptrace read paused:PID', 'ok'],
  ] as const)
    it(`may be named by another agent: ${line}`, async () => {
      let actor: Promise<string[]> | undefined;
      await talk([request('target-pause', '', false)], {
        openFor: 2,
        onFrame: (frame, _pid, send) => {
          if (frame.type !== 'result' || frame.pausedPid === 0) return;
          const other = line.replace('PID', String(frame.pausedPid));
          actor = talk([request(other, '', false)]).then((session) => results(session).map(shown));
          void actor.finally(() => {
            send(request('release', '', false));
          });
        },
      });
      expect(await actor).to.deep.equal([expected]);
    });

  it('is one at a time, ended by release, by the next pause and by a command', async () => {
    const lines = [
      'exec-pause /bin/true',
      'exec-pause /bin/sh',
      'release',
      'release',
      'exec-pause /bin/true',
      'exec-pause /bin/true no_new_privs',
    ];
    const session = await talk([
      ...lines.map((line) => request(line, '', false)),
      command({
        tag: 'p1',
        timeoutMs: 5000,
        capBytes: 1000,
        argv: ['sh', '-c', 'cat /proc/$PPID/task/$PPID/children; echo $$'],
      }),
      request('release', '', false),
    ]);
    expect(results(session).map((result) => shown(result).replace(/\d+/, 'N'))).to.deep.equal([
      'ok paused: process N',
      'ok paused: process N',
      'ok',
      'ESRCH no process is paused',
      'ok paused: process N',
      'ok paused: process N',
      'ok',
      'ESRCH no process is paused',
    ]);
    const output = session.frames.flatMap((frame) => (frame.type === 'output' ? [frame.data.toString()] : [])).join('');
    expect(output, 'children of the agent, and the command itself').to.match(/^(\d+) \1\n$/);
  });

  for (const line of ['exec-pause /bin/sleep', 'target-pause'])
    it(`${line}: ends with an agent that is killed`, async () => {
      let paused = 0;
      await talk([request(line, '', false)], {
        openFor: 2,
        onFrame: (frame, pid) => {
          if (frame.type !== 'result') return;
          paused = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
          process.kill(pid, 'SIGKILL');
        },
      });
      await sleep(100);
      expect(paused).to.be.greaterThan(1);
      const state = existsSync(`/proc/${paused}/status`)
        ? /^State:\t(.)/m.exec(readFileSync(`/proc/${paused}/status`, 'utf8'))?.[1]
        : 'gone';
      expect(state).to.be.oneOf(['gone', 'Z']); // a zombie is its new parent's business
    });
});

describe('agent: every capability', function () {
  this.timeout(60_000);
  const bounding = BigInt(`0x${/^CapBnd:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const REFUSED: Readonly<Record<string, string>> = {
    dac_override: 'EACCES',
    dac_read_search: 'EACCES',
    net_bind_service: 'EACCES',
    ipc_owner: 'EACCES',
    sys_nice: 'EACCES',
    lease: 'EACCES',
    mac_admin: 'EACCES',
    perfmon: 'EACCES',
  };

  /** Why this kernel, on this machine, cannot grant one that is held: its answer, and the fact that shows why. */
  // prettier-ignore
  const lacking: Readonly<Record<string, readonly [string, () => boolean]>> = {
    sys_module: ['ECANCELED', () => !existsSync('/proc/modules')],
    mac_admin: ['ECANCELED', () => !existsSync('/sys/kernel/security/apparmor/.remove')],
    block_suspend: ['EPERM', () => !existsSync('/sys/power/wakeup_count')],
    net_bind_service: ['EOPNOTSUPP', () => Number(readFileSync(FIRST_OPEN_PORT, 'utf8')) <= 1009],
    mac_override: ['ECANCELED', () => true],
  };

  async function ask(name: string, folder: string, argv: readonly string[]): Promise<string> {
    const session = await talk([request(`capable ${name}${name === 'mknod' ? ' ~/node' : ''}`, folder, false)], {
      argv: [...argv, AGENT, 'serve'],
    });
    return errnoName(results(session)[0]?.errno ?? -1) ?? 'ok';
  }

  it('there are as many as the kernel has', () => {
    expect(CAPABILITIES).to.have.length(Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')) + 1);
  });

  CAPABILITIES.forEach((name, number) => {
    const held = ((bounding >> BigInt(number)) & 1n) === 1n;
    const [answer, cannot] = lacking[name] ?? ['', () => false];
    const refused = cannot() ? answer : (REFUSED[name] ?? 'EPERM');
    const granted = held && !cannot() ? 'ok' : refused;
    it(`${name} is answered ${granted} with it, ${refused} without it`, () =>
      withFolder(async (folder) => {
        const was = await machine();
        expect(await ask(name, folder, [])).to.equal(granted);
        expect(await ask(name, folder, ['setpriv', `--bounding-set=-cap_${number}`])).to.equal(refused);
        expect(readdirSync(folder)).to.deep.equal([]);
        expect(await machine()).to.deep.equal(was);
      }));
  });
});
