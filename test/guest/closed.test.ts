/** Closed classes: every member is denied, and whoever lets one pass is named, class by class. */
import { expect } from 'chai';
import type { ClosedResult, Ledger } from '#core/model/model.ts';
import { exec } from '#adapters/host/exec.ts';
import { closedText } from '#core/report/closed-rows.ts';
import { memberState, notableEntries, tallyOf } from '#core/verdict/closed-class.ts';
import { blockOf, file, harness, spec } from './kit.ts';

/** What the container needs: the engine stops it, and the agent makes its attempts of mounts. */
const RULES = ['file,', 'capability sys_admin,', 'signal (receive) peer=unconfined,'];

const CLOSED = {
  capability: { allow: ['sys_admin'] },
  network: {},
  mount: {},
  userns: {},
  io_uring: {},
  mqueue: {},
  ptrace: {},
  signal: { allow: ['receive unconfined'] },
  change_profile: {},
  exec: {},
};

/** One weakening a class, and the member that has to be named. */
const WEAKENED = {
  capability: ['capability sys_time,', 'sys_time'],
  network: ['network netlink raw,', 'netlink raw'],
  mount: ['mount fstype=ramfs,', 'new ramfs'],
  userns: ['userns,', 'create'],
  io_uring: ['io_uring sqpoll,', 'sqpoll'],
  ptrace: ['ptrace read peer=apparmor-probe-other,', 'read other'],
  signal: ['signal send set=(usr2) peer=unconfined,', 'send unconfined usr2'],
  change_profile: ['change_profile -> unconfined,', 'change_profile unconfined'],
  exec: ['/usr/bin/free ux,', '/usr/bin/free'],
} as const;

/** A program as every other: what starts through it has its label. */
const LOADER =
  process.arch === 'arm64'
    ? '/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1'
    : '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';

/** More ways out of the profile, each with what has to be named: the image has no program at the first two paths. */
const WAYS_OUT = [
  ['/run/dropped ux,', 'copy /run/dropped', 'other-label'],
  ['/opt/nothing/worker ux,', 'copy /opt/nothing/worker', 'may-leave'],
  [`${LOADER} ux,`, 'loader /usr/bin/true', 'other-label'],
  ['/usr/bin/w cx -> child,', '/usr/bin/w', 'other-label'],
] as const;
const CHILD = 'profile child { file, }';

const CONTAINER = { 'cap-add': ['ALL'], 'security-opt': ['seccomp=unconfined', 'systempaths=unconfined'] };

let abi = '';

function specOf(rules: readonly string[], control = true): string {
  const profile = file('closing', `abi "${abi}",\n${blockOf('closing', rules)}`);
  const probes = [{ name: 'a file', open: '/etc/hostname', expect: 'allowed' }];
  return spec({ file: profile }, probes, { closed: CLOSED, control, container: CONTAINER });
}

function resultsOf(ledger: Ledger): readonly ClosedResult[] {
  return ledger.suites[0]?.closed ?? [];
}

function rowsOf(ledger: Ledger): string {
  return resultsOf(ledger)
    .flatMap((result) => [
      `${result.class}: ${closedText(result)} [${result.durationMs} ms]`,
      ...notableEntries(result)
        .slice(0, 8)
        .flatMap(({ probe, verdict, observation: seen, control, witnesses }) => [
          `    ${probe.name}: ${verdict.code}: ${verdict.reason} ${verdict.hint ?? ''}`,
          `        ${JSON.stringify([seen?.errno, seen?.stoppedAt, seen?.remark, control?.errno])}`,
          ...witnesses.slice(0, 2).map(({ record, before }) => `        ${before ?? ''} ${record.raw}`),
        ]),
    ])
    .join('\n');
}

function kinds(ledger: Ledger): Record<string, string> {
  return Object.fromEntries(resultsOf(ledger).map((result) => [result.class, tallyOf(result).kind]));
}

describe('closed classes', () => {
  before(async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    expect(features.exit, features.stderr).to.equal(0);
    abi = file('kernel.abi', features.stdout.toString());
  });

  it('are green where the profile denies whatever is not declared', async () => {
    const { ledger } = await harness([specOf(RULES)]);
    console.log(rowsOf(ledger)); // the figures of this kernel
    expect(kinds(ledger), rowsOf(ledger)).to.deep.equal({ ...allAre('pass'), mqueue: 'skipped' });
    const exec = resultsOf(ledger).find((result) => result.class === 'exec');
    expect(exec?.asked?.length, 'programs that the policy alone was asked about').to.be.greaterThan(300);
    const started = exec?.entries.filter((entry) => memberState(entry) === 'allowed');
    expect(started?.map(({ probe }) => probe.closed?.member)).to.include.members([
      ...['copy /var/tmp/true.apparmor-probe', 'memfd /usr/bin/true', 'interpreter /usr/bin/true'],
      'loader /usr/bin/true',
    ]);
  });

  it('are red one by one where a rule lets a member pass, and name it', async () => {
    const weakened = [...Object.values(WEAKENED), ...WAYS_OUT].map(([rule]) => rule);
    const { ledger } = await harness([specOf([...RULES, CHILD, ...weakened], false)]);
    const named = Object.fromEntries(
      resultsOf(ledger).map((result) => [
        result.class,
        notableEntries(result).map(({ probe }) => probe.closed?.member ?? ''),
      ]),
    );
    for (const [name, [, member]] of Object.entries(WEAKENED)) expect(named[name], rowsOf(ledger)).to.include(member);
    expect(kinds(ledger), rowsOf(ledger)).to.deep.equal({ ...allAre('fail'), mqueue: 'skipped' });
    const starts = resultsOf(ledger).find((result) => result.class === 'exec')?.entries ?? [];
    const codes = new Map(starts.map(({ probe, verdict }) => [probe.closed?.member, verdict.code]));
    for (const [, member, code] of WAYS_OUT) expect(codes.get(member), rowsOf(ledger)).to.equal(code);
  });
});

function allAre(kind: string): Record<string, string> {
  return Object.fromEntries(Object.keys(CLOSED).map((name) => [name, kind]));
}
