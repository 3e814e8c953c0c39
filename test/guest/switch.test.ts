/** The kernel's audit switch changes nothing: whatever a run sets, it observes what the host would do without it. */
import { expect } from 'chai';
import { exec } from '#adapters/host/exec.ts';
import { readParameters, writeParameters } from '#adapters/kernel/changes/kernel-parameters.ts';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import type { Ledger } from '#core/model/model.ts';
import { blockOf, entry, file, harness, profileOf, profileText, spec, story } from './kit.ts';

interface Case {
  readonly class: string;
  /** What denies it, explicitly unless the class has no such rules. */
  readonly deny: string;
  readonly operation: string;
}

// prettier-ignore
const CASES: readonly Case[] = [
  { class: 'file', deny: 'deny /etc/passwd w,', operation: 'open write /etc/passwd' },
  { class: 'file', deny: 'deny /etc/issue k,', operation: 'lock flock read /etc/issue' },
  { class: 'file', deny: 'deny /opt/made/ w,', operation: 'mkdir /opt/made' },
  { class: 'file', deny: 'deny /usr/bin/top x,', operation: 'exec /usr/bin/top' },
  { class: 'file', deny: 'deny /usr/bin/free m,', operation: 'mmap /usr/bin/free' },
  { class: 'file', deny: 'deny /opt/linked l,', operation: 'link /etc/issue /opt/linked' },
  { class: 'capability', deny: 'deny capability sys_time,', operation: 'capable sys_time' },
  { class: 'network', deny: 'deny network inet raw,', operation: 'socket inet raw icmp' },
  { class: 'mount', deny: 'deny mount fstype=tmpfs,', operation: 'mount tmpfs none /mnt' },
  { class: 'mount', deny: 'deny umount /dev/shm/,', operation: 'umount /dev/shm' },
  { class: 'ptrace', deny: 'deny ptrace trace,', operation: 'ptrace trace child' },
  { class: 'signal', deny: 'deny signal (send) set=(urg),', operation: 'signal urg child' },
  { class: 'rlimit', deny: 'set rlimit nofile <= 1024,', operation: 'rlimit nofile 4096' },
  { class: 'userns', deny: 'deny userns create,', operation: 'userns' },
  { class: 'io_uring', deny: 'deny io_uring sqpoll,', operation: 'io_uring sqpoll' },
  { class: 'mqueue', deny: 'deny mqueue create /apparmor-probe,', operation: 'mqueue create /apparmor-probe' },
  { class: 'unix', deny: 'deny unix (create) type=seqpacket,', operation: 'socket unix seqpacket' },
  { class: 'change_profile', deny: 'deny change_profile -> switch-other,', operation: 'change_profile switch-other' },
];
/** Not denied by any rule: the mode of the profile alone decides. */
const UNNAMED = 'open write /etc/group';

const OPEN_RULES = [
  ...['network,', 'capability,', '/** rmixlk,', '/ r,', '/{dev,proc,tmp,opt,run}/** w,', '/etc/{passwd,issue} w,'],
  ...['mount,', 'umount,', 'signal,', 'ptrace,', 'change_profile -> **,'],
];
const ALLOW: Readonly<Record<string, string>> = {
  userns: 'userns,',
  io_uring: 'io_uring,',
  mqueue: 'mqueue,',
  unix: 'unix,',
};

let abi = '';
let cases: readonly Case[] = [];

function rules(denied: readonly Case[]): string[] {
  const classes = new Set(cases.map((one) => one.class));
  const allowed = Object.entries(ALLOW).flatMap(([name, rule]) => (classes.has(name) ? [rule] : []));
  return [...OPEN_RULES, ...allowed, ...denied.map(({ deny }) => deny)];
}

function block(name: string, denied: readonly Case[], mode: string): string {
  return blockOf(name, rules(denied), `${mode}attach_disconnected`);
}

function suite(profile: object): string {
  const operations = [...cases.map(({ operation }) => operation), UNNAMED];
  return spec(
    profile,
    operations.map((operation) => ({ name: operation, try: operation, expect: 'denied' })),
    {
      container: { 'cap-add': ['ALL'], 'security-opt': ['seccomp=unconfined', 'systempaths=unconfined'] },
    },
  );
}

/** What each probe met with, without times and numbers of processes. */
function outcomes(ledger: Ledger): Record<string, string> {
  return Object.fromEntries(
    ledger.suites[0]!.entries.map(({ probe, observation }) => {
      const { stage, errno, signal } = observation ?? {};
      return [probe.name, [stage, errno, signal].filter(Boolean).join(' ')];
    }),
  );
}

/** Runs it as everybody does, and with the switch left alone. */
async function both(profile: object): Promise<{ told: Ledger; kept: Ledger }> {
  const before = readParameters();
  const { ledger: kept } = await harness([suite(profile)], { keepAuditSwitch: true });
  const { ledger: told } = await harness([suite(profile)]);
  expect(readParameters()).to.deep.equal(before);
  return { told, kept };
}

describe('the audit switch', () => {
  before(async () => {
    const unmediated = await unmediatedClasses(CASES.map((one) => one.class));
    cases = CASES.filter((one) => !unmediated.has(one.class));
    abi = file('abi', (await exec(['aa-features-abi', '--extract'])).stdout.toString());
  });

  for (const mode of ['enforce', 'complain', 'kill', 'unconfined'])
    it(`changes no decision in ${mode} mode`, async () => {
      const flag = mode === 'enforce' ? '' : `${mode},`;
      const profile = file('p', `abi "${abi}",\n${block('switched', cases, flag)}`);
      const { told, kept } = await both({ file: profile, mode });
      expect(outcomes(told), story(told)).to.deep.equal(outcomes(kept));
      expect(told.host?.auditMode).to.equal('normal');

      const observedUnder = mode === 'enforce' || mode === 'unconfined' ? 'noquiet' : 'normal';
      expect(told.suites[0]!.confinement?.observedUnder).to.equal(observedUnder);
      const first = entry(told, cases[0]!.operation);
      const codes: Readonly<Record<string, string>> = { enforce: 'denied', unconfined: 'let-through' };
      expect(first.verdict.code, story(told)).to.equal(codes[mode] ?? 'denied-quietly');
      const evidence: Readonly<Record<string, string>> = { complain: 'ALLOWED', kill: 'KILLED' };
      expect(first.evidence?.witnesses[0]?.record.type).to.equal(evidence[mode]);
    });

  it('changes no decision in a stack of two modes', async () => {
    const half = (part: number): Case[] => cases.filter((_, i) => i % 2 === part);
    const text = block('switched-a', half(0), 'complain,') + block('switched-b', half(1), 'kill,');
    const profile = file('p', `abi "${abi}",\n${text}`);
    const { told, kept } = await both({ file: profile, name: 'switched-a//&switched-b', mode: 'mixed' });
    expect(outcomes(told), story(told)).to.deep.equal(outcomes(kept));
  });

  it('decides nothing in a child in complain mode, beside a run that needs the other setting', async () => {
    const kid = '  profile kid flags=(complain,attach_disconnected) { file, deny /etc/passwd w, }';
    const soft = spec(
      profileText('parent', `  deny /etc/group w,\n  /usr/bin/dash cx -> kid,\n${kid}`),
      [
        { name: 'child', run: 'dash -c "echo >> /etc/passwd"', expect: 'denied' },
        { name: 'parent', open: '/etc/group', for: 'write', expect: 'denied' },
      ],
      { control: true },
    );
    const strict = spec(
      profileText('strict', '  deny /etc/passwd w,'),
      [1, 2, 3, 4].map((i) => ({ name: `again ${i}`, run: 'bash -c ": >> /etc/passwd"', expect: 'denied' })),
      { control: true },
    );
    const [one, other] = await Promise.all([harness([soft]), harness([strict])]);
    expect(
      one.ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(one.ledger),
    ).to.deep.equal(['denied-quietly', 'denied-quietly']);
    expect(one.ledger.suites[0]!.confinement?.observedUnder).to.equal('normal');
    expect(other.exit, story(other.ledger)).to.equal(0);
    expect(other.ledger.suites[0]!.confinement?.observedUnder).to.equal('noquiet');
  });

  it("observes under a host's own setting that is not the usual one, and puts that back", async () => {
    writeParameters({ audit: 'quiet' });
    try {
      const { ledger } = await harness([
        spec(
          {
            file: file('p', profileOf('soft', ['/** rix,', '/ r,'], 'complain,attach_disconnected')),
            mode: 'complain',
          },
          [{ name: 'soft', open: '/etc/group', for: 'write', expect: 'denied' }],
          { control: true },
        ),
      ]);
      expect(ledger.host?.auditMode).to.equal('quiet');
      expect(entry(ledger, 'soft').observation?.errno, story(ledger)).to.equal('EACCES'); // nothing gets through there
      expect(entry(ledger, 'soft').verdict.code, story(ledger)).to.equal('denied-quietly');
      expect(readParameters().audit).to.equal('quiet');
    } finally {
      writeParameters({ audit: 'normal' });
    }
  });

  for (const mode of ['complain', 'kill'])
    it(`gives what aa-exec gets on a host without a run: ${mode} mode`, async () => {
      const name = `switch-${mode}`;
      const text = profileText(name, '  deny /tmp/switch-alone w,', `${mode},attach_disconnected`);
      replacePolicy((await compile('/alone', text)).policy);
      try {
        const { exit, signal } = await exec(['aa-exec', '-p', name, '--', 'sh', '-c', 'echo > /tmp/switch-alone']);
        expect([exit, signal]).to.deep.equal([2, undefined]);
      } finally {
        removeProfile(name);
      }
      const run = 'sh -c "echo > /tmp/switch-alone"';
      const { ledger } = await harness([
        spec({ file: file('p', text), mode }, [{ name: 'alone', run, expect: 'denied' }], { control: true }),
      ]);
      expect(entry(ledger, 'alone').observation?.exit, story(ledger)).to.equal(2);
      expect(entry(ledger, 'alone').verdict.code, story(ledger)).to.equal('denied-quietly');
    });
});
