/**
 * Suggestions for what is added to a profile, on the real kernel: of each operator the probe that `mutate` suggests,
 * pasted into the spec, passes and kills. And what closed and open classes make of the same mutants.
 */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import type { Operator } from '#core/mutation/operators.ts';
import type { MutantResult, MutationReport } from '#core/mutation/results.ts';
import { appendProbes } from '#core/spec/append-probes.ts';
import { profileOf, read, spec } from './kit.ts';

/** What is allowed besides is little, so that most of what mutants add is new. */
const RULES = [
  '/** rmixk,',
  'owner /var/** w,',
  'signal (receive) peer=unconfined,',
  'capability chown,',
  'deny /etc/** wl,',
];
const CONTAINER = {
  'cap-add': ['ALL'],
  'security-opt': ['systempaths=unconfined', 'seccomp=unconfined'],
};
const PEERS = { host: { profile: 'unconfined' }, other: { profile: 'apparmor-probe-additions' } };
const PROBES = [{ name: 'files can be read', open: '/etc/passwd', expect: 'allowed' }];

/** One mutant of each operator, and which of its group. */
const CHANGES: Readonly<Partial<Record<Operator, string>>> = {
  'add-capability': 'capability sys_chroot',
  'add-network': 'network inet raw',
  'add-mount': 'mount fstype=tmpfs',
  'add-ptrace': 'ptrace \\(read\\)',
  'add-signal': 'signal \\(send\\) peer=unconfined',
  'add-change-profile': 'change_profile -> unconfined',
  'add-exec': '/usr/bin/(apt|bash) ux',
  'add-file': '/srv/\\*\\* w',
  'add-flag': 'flags=.*complain.*',
};
const OPERATORS = Object.keys(CHANGES) as Operator[];

async function mutated(specFile: string): Promise<MutationReport> {
  const silent = (): void => undefined;
  const report = await mutateProfile(
    {
      spec: specFile,
      included: false,
      operators: OPERATORS,
      grep: `→ (${Object.values(CHANGES).join('|')})$`,
      keepAuditSwitch: false,
      signal: new AbortController().signal,
    },
    { progress: silent, fault: silent, result: silent },
  );
  expect(report.faults, JSON.stringify(report.faults)).to.deep.equal([]);
  return report;
}

/** The state of each mutant, and what was found of it. */
function told({ results }: MutationReport): string {
  return JSON.stringify(results, null, 1);
}

function states({ results }: MutationReport): ReadonlySet<MutantResult['state']> {
  return new Set(results.map(({ state }) => state));
}

function specWith(more: object): string {
  const profile = profileOf('additions', RULES, 'attach_disconnected');
  return spec(profile, PROBES, { container: CONTAINER, peers: PEERS, control: true, ...more });
}

describe('mutants that add', () => {
  it('are killed by the probes that were suggested for them', async () => {
    const first = specWith({});
    const before = await mutated(first);
    expect([...new Set(before.results.map(({ kind }) => kind))].sort(), told(before)).to.deep.equal(
      [...OPERATORS].sort(),
    );
    const survivors = before.results.filter(({ state }) => state === 'survived');
    const kindsWithProbe = new Set(survivors.filter(({ probe }) => probe !== undefined).map(({ kind }) => kind));
    expect([...kindsWithProbe], told(before)).to.include.members(OPERATORS.filter((kind) => kind !== 'add-flag'));

    const probes = [...new Set(survivors.flatMap(({ probe }) => probe ?? []))];
    const second = first.replace(/spec\.yml$/, 'second.yml');
    writeFileSync(second, appendProbes(read(first), probes));
    const after = await mutated(second);
    expect([...states(after)], told(after)).to.deep.equal(['killed']);
  });

  it('are killed by closed classes alone, and counted apart in open ones', async () => {
    const closed = { capability: { allow: ['chown'] }, mount: {}, ptrace: {}, exec: {} };
    const report = await mutated(specWith({ closed, open: ['network', 'signal', 'change_profile'] }));
    const byKind = Object.fromEntries(report.results.map(({ kind, state }) => [kind, state]));
    expect(byKind, told(report)).to.include({
      'add-capability': 'killed',
      'add-mount': 'killed',
      'add-ptrace': 'killed',
      'add-exec': 'killed',
      'add-network': 'open',
      'add-signal': 'open',
      'add-change-profile': 'open',
      'add-file': 'survived',
    });
    const { reason } = report.results.find(({ kind }) => kind === 'add-network') ?? {};
    expect(reason).to.equal('It only opens network, and the spec leaves that open.');
  });
});
