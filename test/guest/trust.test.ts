/** Who runs under what, and containers that put a program of their own in the agent's place: never green. */
import { expect } from 'chai';
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { exec } from '#adapters/host/exec.ts';
import { agentFile } from '#adapters/host/package-files.ts';
import type { Ledger } from '#core/model/model.ts';
import { blockOf, entry, file, harness, profileOf, profileText, spec, story } from './kit.ts';

const NGINX = ['bash', '-c', "nginx -g 'daemon off;' & wait"];
const SERVED = { name: 'nginx serves a page', http: 'http://container/', expect: { access: 'allowed', status: 200 } };
const READY = { http: 'http://container/' };

/** What a profile needs for a container that runs nginx, or mounts something. */
const OPEN = ['network,', 'capability,', 'file,', 'umount,', 'signal,', 'ptrace,', 'mount,'];

function faults(ledger: Ledger): string[] {
  return [...ledger.faults, ...ledger.suites.flatMap((suite) => suite.faults)].map(({ code }) => code);
}

function faultText(ledger: Ledger): string {
  return ledger.suites
    .flatMap((suite) => suite.faults)
    .map(({ message }) => message)
    .join('\n');
}

/** What runs in the confined container, as the report lists it. */
function listed(ledger: Ledger): string[] {
  return ledger.suites
    .flatMap((suite) => suite.confinement?.labels ?? [])
    .map(({ process, label }) => `${process}: ${label}`);
}

function passed(ledger: Ledger): string[] {
  return ledger.suites
    .flatMap(({ entries }) => entries)
    .filter(({ verdict }) => verdict.kind === 'pass')
    .map(({ probe }) => probe.name);
}

describe('the processes of the confined container', () => {
  it('make the run red when the service left the profile by ux', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('let-out', '/usr/sbin/nginx ux,\n  deny /etc/passwd w,'),
        [SERVED, { name: 'passwd', open: '/etc/passwd', for: 'write', expect: 'denied' }],
        { ready: READY, container: { hold: false, command: NGINX } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(1);
    expect(faults(ledger)).to.deep.equal(['left-profile']);
    expect(faultText(ledger)).to.match(/\/usr\/sbin\/nginx \(pid \d+\) has the label unconfined/);
    expect(entry(ledger, 'nginx serves a page').verdict).to.include({ kind: 'inconclusive', code: 'left-profile' });
    expect(entry(ledger, 'passwd').verdict.kind).to.equal('pass');
  });

  it('may run under a child of the profile, or one that the spec declares, and a probe may leave it', async () => {
    const child = blockOf('served', OPEN).replace(/^/gm, '  ');
    const exits = ['/usr/sbin/nginx cx -> served,', '/usr/bin/perl px -> second,', '/usr/bin/{sleep,head} ux,'];
    const profile = profileText('nested', `${exits.join('\n  ')}\n${child}`) + blockOf('second', OPEN);
    const command = ['bash', '-c', "perl -e 'sleep 600' & nginx -g 'daemon off;' & wait"];
    const { ledger, exit } = await harness([
      spec(
        { file: file('profile', profile), name: 'nested', 'also-under': ['second'] },
        [
          SERVED,
          { name: 'left by a command', run: 'head -c 1 /etc/passwd', expect: 'allowed' },
          { name: 'left behind', shell: 'sleep 100 >/dev/null 2>&1 </dev/null & exit 0', expect: 'allowed' },
          { name: 'left by docker', run: 'sleep 1', via: 'docker-exec', expect: 'allowed' },
          { name: 'label', exec: '/usr/bin/sleep', expect: { access: 'allowed', label: 'unconfined' } },
          { name: 'read', open: '/etc/passwd', expect: 'allowed' },
        ],
        { ready: READY, container: { hold: false, command } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(listed(ledger)).to.include.members([
      '/usr/sbin/nginx in the confined container: nested//served (enforce)',
      '/usr/bin/perl in the confined container: second (enforce)',
    ]);
  });

  it('make it red when they change profile after they were ready, or hide from their parent', async () => {
    const late = ['bash', '-c', '(setsid sleep 300 &) ; sleep 6; exec perl -e "sleep 300"'];
    const profile =
      profileOf('first', [...OPEN, '/usr/bin/sleep ix,', '/usr/bin/perl px -> second,']) + blockOf('second', OPEN);
    const { ledger, exit } = await harness([
      spec(
        { file: file('profile', profile), name: 'first' },
        [
          { name: 'waits', run: 'sleep 8', expect: 'allowed' },
          { name: 'read', open: '/etc/passwd', expect: 'allowed' },
        ],
        { container: { hold: false, command: late } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(1);
    expect(faultText(ledger)).to.match(/perl \(pid \d+\) has the label second \(enforce\)/);
    expect(faultText(ledger)).to.not.include('sleep');
  });
});

/**
 * A container's first process that puts this program over the agent, and then waits. In the agent's place it answers
 * each operation as if it had succeeded. `proxy` hands its request to the real agent, and stands between.
 */
const FORGE = String.raw`#!/usr/bin/perl
use strict;
my ($mount, $unshare) = qx{uname -m} =~ /aarch64/ ? (40, 97) : (165, 272);
my $agent = '/.apparmor-probe-agent';
sub cover {
  my ($from, $to) = @_;
  my ($type, $data) = ('none', '');
  syscall($mount, $from, $to, $type, 4096, $data) == 0 or die "mount $from: $!";
}
sub overmount { my ($how) = @_;
  open(my $real, '>', '/tmp/real') or die $!; close $real;
  cover($agent, '/tmp/real');
  open(my $f, '>', '/tmp/how') or die $!; print $f $how; close $f;
  cover('/opt/h/forge.pl', $agent);
}
my $mode = $ARGV[0] || '';
if ($mode eq 'overmount' || $mode eq 'proxy') { overmount($mode); sleep 600; exit }
if ($mode eq 'userns') {
  syscall($unshare, 0x10000000 | 0x20000) == 0 or die "unshare: $!";
  open(my $f, '>', '/proc/self/uid_map') or die $!; print $f "0 0 1"; close $f;
  overmount('forge'); sleep 600; exit
}
if ($mode eq 'trace') { # and puts something else in the place of a mount
  cover('/etc/hostname', '/opt/file');
  my $trace = qx{uname -m} =~ /aarch64/ ? 117 : 101;
  while (1) {
    for my $pid (map { /(\d+)/ } glob('/proc/[0-9]*')) {
      open(my $c, '<', "/proc/$pid/cmdline") or next;
      my $words = <$c>;
      next unless defined $words && index($words, "$agent\0serve") == 0;
      syscall($trace, 0x4206, $pid + 0, 0, 0); # PTRACE_SEIZE
    }
    select(undef, undef, undef, 0.01);
  }
}
open(my $f, '<', '/tmp/how'); my $how = <$f>; close $f;
if ($how eq 'proxy') {
  pipe(my $in, my $toagent); pipe(my $fromagent, my $out);
  if (fork() == 0) {
    close $in; close $out;
    if (fork() == 0) { while (sysread(STDIN, my $b, 65536)) { syswrite($toagent, $b) } exit }
    close $toagent;
    while (sysread($fromagent, my $b, 65536)) { syswrite(STDOUT, $b) }
    exit;
  }
  open(STDIN, '<&', $in); open(STDOUT, '>&', $out);
  exec '/tmp/real', 'serve';
}
my $token;
sub take {
  my ($n) = @_;
  my $all = '';
  while (length($all) < $n) { sysread(STDIN, $all, $n - length($all), length($all)) or exit }
  return $all;
}
sub answer {
  my ($type, @fields) = @_;
  my $body = $token . $type . join('', map { "$_\0" } @fields);
  syswrite(STDOUT, pack('V', length $body) . $body);
}
while (1) {
  my @fields = split(/\0/, take(unpack('V', take(4))));
  if ($fields[0] eq 'hello') { $token = $fields[1]; answer('h', '4'); next }
  if ($fields[0] =~ /^op/) { answer('r', $fields[1], 'done', 0, -1, 0, 0, 0, 1, 0, 0, 0, 0, '', ''); next }
}
`;

describe('a container that puts a program in the place of the agent', () => {
  const forge = file('forge.pl', FORGE);
  chmodSync(forge, 0o755);
  const probes = [
    { name: 'read', open: '/etc/passwd', expect: 'allowed' },
    { name: 'forged', open: '/nowhere', expect: 'allowed' },
    { name: 'write', open: '/etc/hostname', for: 'write', expect: 'denied' },
  ];

  for (const [mode, container] of Object.entries({
    overmount: { 'cap-add': ['SYS_ADMIN'] },
    proxy: { 'cap-add': ['SYS_ADMIN'] },
    userns: { 'security-opt': ['seccomp=unconfined'] },
  }))
    it(`gets nothing green (${mode})`, async () => {
      const { ledger, exit } = await harness([
        spec(profileOf('forged', [...OPEN, 'deny /etc/hostname w,']), probes, {
          container: {
            hold: false,
            entrypoint: ['perl', '/opt/h/forge.pl', mode],
            mounts: [{ source: dirname(forge), target: '/opt/h' }],
            ...container,
          },
        }),
      ]);
      expect(exit, story(ledger)).to.equal(4);
      expect(passed(ledger)).to.deep.equal([]);
      expect(faults(ledger)).to.include('agent-replaced');
      expect(ledger.suites[0]?.entries.map(({ verdict: { code } }) => code)).to.deep.equal(
        probes.map(() => 'agent-replaced'),
      );
    });
});

describe('a container that traces the agent, and replaces a mount', () => {
  const forge = file('forge.pl', FORGE);
  chmodSync(forge, 0o755);

  it('gets nothing green', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileOf('traced', OPEN),
        Array.from({ length: 30 }, () => ({ open: '/opt/file', expect: 'allowed' })),
        {
          container: {
            hold: false,
            entrypoint: ['perl', '/opt/h/forge.pl', 'trace'],
            mounts: [
              { source: dirname(forge), target: '/opt/h' },
              { source: file('placeholder', ''), target: '/opt/file' },
            ],
            'cap-add': ['SYS_PTRACE', 'SYS_ADMIN'],
          },
        },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(4);
    expect(faults(ledger)).to.include.members(['agent-replaced', 'mount-replaced']);
    expect(faultText(ledger)).to.include('/opt/file is another file');
    expect(faultText(ledger)).to.match(/process \d+ traces it/);
  });
});

describe('an agent that cannot be executed', () => {
  const check = async (): Promise<void> => {
    const { ledger, exit } = await harness([
      spec(profileText('any', ''), [{ name: 'read', open: '/etc/passwd', expect: 'allowed' }]),
    ]);
    expect(exit, story(ledger)).to.equal(4);
    expect(faults(ledger)).to.deep.equal(['agent-not-executable']);
    expect(ledger.suites).to.deep.equal([]);
  };

  it('is one error before anything is tried: without its x bit, and on a noexec mount', async () => {
    const agent = agentFile();
    const { mode } = statSync(agent);
    chmodSync(agent, 0o644);
    try {
      await check();
    } finally {
      chmodSync(agent, mode);
    }
    expect((await exec(['mount', '--bind', dirname(agent), dirname(agent)])).exit).to.equal(0);
    try {
      expect((await exec(['mount', '-o', 'remount,bind,noexec', dirname(agent)])).exit).to.equal(0);
      await check();
    } finally {
      await exec(['umount', dirname(agent)]);
    }
  });
});

/** Under a child of the profile: takes the name of every process that appears, and is refused what probes try. */
const NAMESAKE = String.raw`
my ($mount, $prctl) = qx{uname -m} =~ /aarch64/ ? (40, 167) : (165, 157);
my %seen;
$| = 1; print "up\n";
while (1) {
  for my $file (glob('/proc/[0-9]*/comm')) {
    open(my $c, '<', $file) or next;
    my $name = <$c>; next unless defined $name; chomp $name;
    next if $seen{$name}++ || $name =~ /^(perl|bash|runc|head)/;
    next if fork();
    my ($from, $to, $type, $data) = ('none', '/mnt', 'tmpfs', '');
    syscall($prctl, 15, $name, 0, 0, 0); # PR_SET_NAME
    syscall($mount, $from, $to, $type, 0, $data);
    exec { '/srv/tool' } 'tool';
    exit;
  }
  1 while waitpid(-1, 1) > 0;
}
`;

describe('a service under a child of the profile, which takes the names of probes', () => {
  it('is not taken for the one that tried', async () => {
    const script = file('namesake.pl', NAMESAKE);
    const denied = ['deny mount,', 'deny /srv/tool x,'];
    const child = blockOf('svc', ['network,', 'capability,', 'file,', 'signal,', 'ptrace,', ...denied]);
    const text = profileOf('named', [...OPEN, '/usr/bin/perl cx -> svc,', child.replace(/^/gm, '  ')]);
    const { ledger } = await harness([
      spec(
        text,
        Array.from({ length: 12 }, (_, i) => [
          { name: `mount ${i}`, try: 'mount tmpfs none /mnt', expect: 'denied' },
          ...(i < 3 ? [{ name: `run ${i}`, run: '/srv/tool', expect: 'denied' }] : []),
        ]).flat(),
        {
          control: true,
          ready: { log: 'up' },
          container: {
            hold: false,
            // a file that nobody may execute
            entrypoint: ['bash', '-c', 'touch /srv/tool; perl /opt/h/namesake.pl & wait'],
            mounts: [{ source: dirname(script), target: '/opt/h' }],
            'security-opt': ['seccomp=unconfined'], // else it could not ask for a mount
          },
        },
      ),
    ]);
    const others = ledger.suites.flatMap((suite) => suite.otherRecords);
    expect(
      others.some(({ fields }) => fields['operation'] === 'mount'),
      'the service was denied',
    ).to.equal(true);
    expect(passed(ledger), story(ledger)).to.deep.equal([]);
  });
});

/**
 * Attacks agents without any capability, as a process of the same user: writes an outcome into the report of each child
 * that makes an attempt, and closes the first process to traces.
 */
const TAMPER = String.raw`
use strict;
my $prctl = qx{uname -m} =~ /aarch64/ ? 167 : 157;
my $agent = '/.apparmor-probe-agent';
open(my $l, '<', '/proc/self/attr/current') or die; my $label = <$l>;
$| = 1; print "up\n";
if ($label =~ /^unconfined/) { sleep 600; exit }
sub words { open(my $c, '<', "/proc/$_[0]/cmdline") or return ''; my $w = <$c>; return defined $w ? $w : '' }
if (!fork()) {
  while (1) {
    my @serve = grep { index(words($_), "$agent\0serve") == 0 } map { /(\d+)/ } glob('/proc/[0-9]*');
    select(undef, undef, undef, 0.2) unless @serve;
    for my $pid ((@serve) x 400) {
      open(my $c, '<', "/proc/$pid/task/$pid/children") or next;
      my $all = <$c>; next unless defined $all;
      for my $child (split / /, $all) {
        kill('STOP', $child);
        for my $fd (glob("/proc/$child/fd/*")) {
          next unless (readlink($fd) || '') =~ /^pipe/;
          open(my $p, '>', $fd) or next;
          syswrite($p, "\0" x 1024);
        }
        kill('CONT', $child);
      }
    }
  }
}
syscall($prctl, 4, 0, 0, 0, 0); # PR_SET_DUMPABLE
sleep 600;
`;

describe('a container that tampers with the answers of agents', () => {
  it('gets nothing green', async () => {
    const script = file('tamper.pl', TAMPER);
    const words = 'OCI runtime exec failed: exec failed: permission denied';
    const isControl = 'grep -q unconfined /proc/self/attr/current';
    const forge = `shopt -s execfail; ${isControl} || echo '${words}'; exec /usr/bin/head /dev/null; exit 0`;
    const sysTime = { try: 'capable sys_time', expect: 'allowed' }; // which the container does not have
    const silent = { access: 'denied', audit: 'none' };
    const { ledger } = await harness([
      spec(
        profileOf('tampered', [...OPEN, 'deny /usr/bin/head x,']),
        [
          { name: "the runtime's words", via: 'docker-exec', run: ['bash', '-c', forge], expect: 'denied' },
          { name: 'closed to traces', try: 'ptrace read 1', expect: silent },
          { name: 'head', run: 'head /dev/null', expect: 'denied' },
          ...Array.from({ length: 12 }, (_, i) => ({ name: `report ${i}`, ...sysTime })),
        ],
        {
          control: true,
          ready: { log: 'up' },
          container: {
            hold: false,
            entrypoint: ['perl', '/opt/h/tamper.pl'],
            mounts: [{ source: dirname(script), target: '/opt/h' }],
          },
        },
      ),
    ]);
    const codes = (name: string): string[] =>
      ledger.suites
        .flatMap(({ entries }) => entries)
        .filter(({ probe }) => probe.name.startsWith(name))
        .map(({ verdict }) => verdict.code);
    expect(passed(ledger), story(ledger)).to.deep.equal(['head']);
    expect(codes("the runtime's words")).to.deep.equal(['let-through']);
    expect(codes('closed to traces')).to.deep.equal(['no-witness']);
  });
});
