/** Hints on a real kernel: each suggested rule, added to the profile, makes its probe green. */
import { expect } from 'chai';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { exec } from '#adapters/host/exec.ts';
import type { Ledger } from '#core/model/model.ts';
import { blockOf, entry, file, folder, harness, spec, story } from './kit.ts';

const ANY_LAYER = { 'cap-add': ['ALL'], 'security-opt': ['seccomp=unconfined', 'systempaths=unconfined'] };

/** A probe of what the profile does not allow, its class, and the rule that the hint has to name. */
interface Missing {
  readonly name: string;
  readonly probe: object;
  readonly class: string;
  readonly rule: string;
}

const NOBODY = { user: 'nobody' };

// prettier-ignore
const MISSING: readonly Missing[] = [
  { name: 'a plain file', class: 'file', probe: { open: '/opt/new', for: 'create' }, rule: '/opt/new w,' },
  { name: 'a name with signs', class: 'file', probe: { open: '/opt/a b"[1]{?^é@B', for: 'create' }, rule: '"/opt/a b\\"\\[1\\]\\{\\?^é@B" w,' },
  { name: 'a name that the log writes in hex', class: 'file', probe: { open: '/opt/x\ny', for: 'create' }, rule: '"/opt/x\\012y" w,' },
  { name: 'a file, for two ways', class: 'file', probe: { try: 'open read,create /srv/both' }, rule: '/srv/both rw,' },
  { name: 'a folder', class: 'file', probe: { try: 'mkdir /opt/folder' }, rule: '/opt/folder/ w,' },
  { name: 'a hard link', class: 'file', probe: { try: 'link /etc/issue /opt/linked' }, rule: 'link /opt/linked -> /etc/issue,' },
  { name: 'a program', class: 'file', probe: { exec: '/usr/bin/top' }, rule: '/usr/bin/top ix,' },
  { name: 'the file of a user', class: 'file', probe: { open: '/data/mine', for: 'create', ...NOBODY }, rule: 'owner /data/mine w,' },
  { name: 'a process by its number', class: 'file', probe: { open: '/proc/self/stat' }, rule: 'owner @{PROC}/@{pid}/stat r,' },
  { name: 'a capability', class: 'capability', probe: { try: 'capable sys_time' }, rule: 'capability sys_time,' },
  { name: 'a raw socket', class: 'network', probe: { try: 'socket inet raw icmp' }, rule: 'network inet raw,' },
  { name: 'a stream', class: 'network', probe: { try: 'socket inet6 stream' }, rule: 'network inet6 stream,' },
  { name: 'a netlink socket', class: 'network', probe: { try: 'socket netlink raw' }, rule: 'network netlink raw,' },
  { name: 'a packet socket', class: 'network', probe: { try: 'socket packet dgram' }, rule: 'network packet dgram,' },
  { name: 'a new file system', class: 'mount', probe: { try: 'mount tmpfs none /mnt' }, rule: 'mount fstype=tmpfs none -> /mnt/,' },
  { name: 'a bind mount', class: 'mount', probe: { try: 'mount "" /etc /mnt bind' }, rule: 'mount options=(rw, bind) /etc/ -> /mnt/,' },
  { name: 'the propagation of a mount', class: 'mount', probe: { try: ['mount', '', '', '/', 'rslave'] }, rule: 'mount options=(rw, rslave) -> /,' },
  { name: 'an unmount', class: 'mount', probe: { try: 'umount /dev/shm' }, rule: 'umount /dev/shm/,' },
  { name: 'a trace, at both ends', class: 'ptrace', probe: { try: 'ptrace trace child' }, rule: 'ptrace (trace, tracedby) peer=hints,' },
  { name: 'a signal, at both ends', class: 'signal', probe: { try: 'signal usr1 child' }, rule: 'signal (send, receive) set=(usr1) peer=hints,' },
  { name: 'a signal to another profile of the file', class: 'signal', probe: { try: 'signal usr2 peer aide' }, rule: 'signal (send) set=(usr2) peer=hints-aide, and in profile hints-aide signal (receive) set=(usr2) peer=hints,' },
  { name: 'a user namespace', class: 'userns', probe: { try: 'userns' }, rule: 'userns create,' },
  { name: 'an io_uring', class: 'io_uring', probe: { try: 'io_uring sqpoll' }, rule: 'io_uring sqpoll,' },
  { name: 'a message queue', class: 'mqueue', probe: { try: 'mqueue create /apparmor-probe-hint' }, rule: 'mqueue (create) type=posix /apparmor-probe-hint,' },
  { name: 'a change of profile', class: 'change_profile', probe: { try: ['change_profile', 'hints-aide'] }, rule: 'change_profile -> hints-aide,' },
];

/** All that the probes need beside what is missing. */
const GIVEN = [
  '/ r,',
  '/{bin,dev,etc,lib,lib64,mnt,opt,sys,usr,var}/{,**} rmk,',
  '@{PROC}/{,**/} r,',
  '@{PROC}/@{pid}/{,task/@{tid}/}attr/** rw,',
  'capability sys_admin,',
  'capability sys_ptrace,',
  'capability kill,',
  'capability net_raw,',
  'capability net_admin,',
  'capability ipc_lock,',
  'capability setuid,',
  'capability setgid,',
  'signal (receive) peer=unconfined,',
  'signal (send, receive) set=(kill, term, cont, stop),',
  'network unix,',
  'network inet dgram,',
];

describe('a suggested rule', () => {
  let abi = '';
  let rows: readonly Missing[] = [];
  let first: Ledger;
  let hints: Readonly<Record<string, string>> = {};

  /** The feature ABI is this kernel's own list, so that every class is mediated. */
  const profileWith = (rules: readonly string[], aides: readonly string[]): string =>
    file(
      'hints',
      `abi "${abi}",\ninclude <tunables/global>\n${blockOf('hints', [...GIVEN, ...rules])}` +
        blockOf('hints-aide', ['file,', 'signal set=(kill, term),', 'signal (receive) peer=unconfined,', ...aides]),
    );

  const suite = (rules: readonly string[] = [], aides: readonly string[] = []): string =>
    spec(
      { file: profileWith(rules, aides), name: 'hints' },
      rows.map(({ name, probe }) => ({ name, ...probe, expect: 'allowed' })),
      { peers: { aide: { profile: 'hints-aide' } }, container: { ...ANY_LAYER, tmpfs: { '/data': 'mode=1777' } } },
    );

  before(async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    expect(features.exit, features.stderr).to.equal(0);
    abi = file('kernel.abi', features.stdout.toString());
    const unmediated = await unmediatedClasses(MISSING.map((one) => one.class));
    rows = MISSING.filter((one) => !unmediated.has(one.class));
    first = (await harness([suite()])).ledger;
    expect(first.suites[0]?.faults, story(first)).to.deep.equal([]);
    hints = Object.fromEntries(rows.map(({ name }) => [name, rulesIn(entry(first, name).verdict.hint ?? '')]));
  });

  it('is in the words of the profile, and is one that the parser takes', () => {
    expect(hints, story(first)).to.deep.equal(Object.fromEntries(rows.map(({ name, rule }) => [name, rule])));
  });

  it('makes its probe green', async () => {
    const halves = Object.values(hints).map((rules) => rules.split(' and in profile hints-aide '));
    const own = halves.map(([rule = '']) => rule);
    const aides = halves.flatMap(([, rule]) => rule ?? []);
    const { ledger, exit } = await harness([suite(own, aides)]);
    expect(exit, story(ledger)).to.equal(0);
  });
});

/** What stands after the words of the hint; the hint about a program goes on. */
function rulesIn(hint: string): string {
  return hint
    .replace(/^(?:A rule|Rules) that (?:together )?would allow it: /, '')
    .replace(/ To run it under a profile of its own, .*$/, '');
}

/** A file that is open in no folder below the root: its file system was taken away while the shell was in it. */
const DISCONNECTED =
  'set -e; mkdir /tmp/gone; mount -t tmpfs none /tmp/gone; cd /tmp/gone; umount -l /tmp/gone; echo a > x';

const DENY_MOUNT = 'deny mount options=(rslave) -> /,';
const DENIES = [
  ...['file,', 'capability,', 'network,', 'mount,', 'umount,', 'signal,', 'ptrace,'],
  DENY_MOUNT,
  'audit deny /etc/issue r,',
  'set rlimit nofile <= 1024,',
  'deny x /bin/free,',
  'deny /bin/{w,who} x,',
  'deny /sbin/** x,',
  'deny /conf/app r,',
  'deny /data/sub rw,',
  'deny /srv/* w,',
  'deny owner /dev/null w,',
  'include "HERE/included"',
];

describe('a hint', () => {
  let ledger: Ledger;
  const line = (rule: string): number => DENIES.indexOf(rule) + 2;
  const hintOf = (name: string): string | undefined => entry(ledger, name).verdict.hint;

  before(async () => {
    const here = folder();
    mkdirSync(join(here, 'conf/..1'), { recursive: true });
    writeFileSync(join(here, 'conf/..1/app'), '');
    symlinkSync('..1/app', join(here, 'conf/app'));
    writeFileSync(join(here, 'included'), '\ndeny /etc/host.conf r,\n');
    writeFileSync(join(here, 'decide'), blockOf('decide', DENIES, 'mediate_deleted').replace('HERE', here));
    const denied = { expect: 'denied' };
    const allowed = { expect: 'allowed' };
    const probes = [
      { name: 'mount', try: ['mount', '', '', '/', 'rslave'], ...allowed },
      { name: 'audit deny', open: '/etc/issue', ...allowed },
      { name: 'included', open: '/etc/host.conf', ...allowed },
      { name: 'limit', try: 'rlimit nofile 4096', ...allowed },
      { name: 'letters first', run: 'free', ...denied },
      { name: 'braces', exec: '/usr/bin/who', ...denied },
      { name: 'glob', exec: '/sbin/nginx', ...denied },
      { name: 'link below its folder', open: '/conf/app', ...denied },
      { name: 'folder', try: 'readdir /data/sub', ...denied },
      { name: 'in the folder', open: '/data/sub/key', for: 'create', ...denied },
      { name: 'star', open: '/srv/sub/x', for: 'create', ...denied },
      { name: 'owner', open: '/dev/null', for: 'write', ...NOBODY, ...denied },
      { name: 'disconnected', shell: DISCONNECTED, ...allowed },
      { name: 'script', shell: 'read a < /etc/passwd; cat /etc/issue', ...allowed },
    ];
    const tmpfs = { '/data/sub': '', '/srv/sub': '' };
    const mounts = [{ source: join(here, 'conf'), target: '/conf' }];
    const path = spec({ file: join(here, 'decide') }, probes, { container: { ...ANY_LAYER, tmpfs, mounts } });
    ({ ledger } = await harness([path]));
    expect(ledger.suites[0]?.faults, story(ledger)).to.deep.equal([]);
  });

  it('names the deny rule that decides, and where it stands', () => {
    const named = (name: string): string | undefined =>
      /^.*?The (?:rule|limit) in (.*?,`)/.exec(hintOf(name) ?? '')?.[1];
    expect(named('mount'), story(ledger)).to.equal(`line ${line(DENY_MOUNT)} denies it: \`${DENY_MOUNT}\``);
    expect(named('audit deny')).to.match(/^line \d+ denies it: `audit deny \/etc\/issue r,`$/);
    expect(named('included')).to.match(/\/included:2 denies it: `deny \/etc\/host\.conf r,`$/);
    expect(hintOf('limit')).to.match(
      /^The limit in line \d+ .*`set rlimit nofile <= 1024,`.*write set rlimit nofile <= 4096,$/,
    );
  });

  // prettier-ignore
  const NEAR: Readonly<Record<string, RegExp>> = {
    'letters first': /names \/bin\/free, a link: the kernel sees \/usr\/bin\/free/,
    braces: /names \/bin\/who, a link: the kernel sees \/usr\/bin\/who/,
    glob: /names \/sbin\/\*\*, but \/sbin is a link: the kernel sees \/usr\/sbin\/nginx/,
    'link below its folder': /names \/conf\/app, a link: the kernel sees \/conf\/\.\.1\/app/,
    folder: /names \/data\/sub, but the kernel names a folder with a slash/,
    'in the folder': /names \/data\/sub alone, not what is in it: for that, write \/data\/sub\/\*\*/,
    star: /has \/srv\/\*, in which a \* does not match a slash/,
    owner: /holds only for the file's owner/,
  };
  for (const [name, hint] of Object.entries(NEAR))
    it(`says why a rule does not deny: ${name}`, () => {
      expect(hintOf(name), story(ledger)).to.match(hint);
    });

  it('names the flag for a disconnected path', () => {
    expect(hintOf('disconnected'), story(ledger)).to.match(/flags=\(attach_disconnected\)/);
  });

  it('is about the denial that decided a script', () => {
    expect(hintOf('script'), story(ledger)).to.match(/`audit deny \/etc\/issue r,`/);
  });

  it('never has a name or a number of the run', () => {
    const hints = ledger.suites.flatMap(({ entries }) => entries).map(({ verdict }) => verdict.hint ?? '');
    for (const hint of hints) expect(hint).not.to.match(/\.[0-9a-z]{11}x\d|\/proc\/\d/);
  });
});
