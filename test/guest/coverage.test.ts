/** Which rules of a profile its probes hit, on the real kernel: each state that a rule can have, and the gate. */
import { expect } from 'chai';
import { join } from 'node:path';
import type { Ledger, RuleCoverage } from '#core/model/model.ts';
import { isKnown } from '#core/coverage/coverage-counts.ts';
import { exitCode } from '#core/report/summary.ts';
import { cli, folder, harness, read, spec, story } from './kit.ts';

const RULES = `  network inet stream,
  network inet dgram,
  signal,
  ptrace (trace,tracedby),
  /etc/{passwd,group} r,
  /etc/passwd r,
  owner /tmp/** rw,
  audit /var/tmp/** w,
  deny /etc/group w,
  deny /etc/gshadow r,
  deny /usr/bin/top x,
  deny /usr/bin/t* x,
  deny /bin/** w,
  deny /sys/kernel/security/** r,
  deny network raw,
  deny signal (send) set=(winch),
  signal (receive) peer=runc,
  userns,
  deny capability sys_boot,
  umount,`;
const PROFILE = `abi <abi/3.0>,\nprofile covered flags=(attach_disconnected) {\n${RULES}\n}\n`;

const PROBES = [
  { name: 'reads passwd', open: '/etc/passwd', expect: 'allowed' },
  { name: 'writes group', open: '/etc/group', for: 'write', expect: 'denied' },
  { name: 'reads hosts', open: '/etc/hosts', expect: 'denied' },
  { name: 'executes top', exec: '/usr/bin/top', expect: 'denied' },
  { name: 'makes a folder', mkdir: '/tmp/thing', expect: 'allowed' },
  { name: 'makes a logged file', try: 'mknod file /var/tmp/thing', expect: 'allowed' },
  { name: 'a tcp socket', try: 'socket inet stream tcp', expect: 'allowed' },
  { name: 'a raw socket', try: 'socket inet raw icmp', expect: 'denied' },
  { name: 'traces', try: 'ptrace trace child', expect: 'allowed' },
  { name: 'signals', try: 'signal urg child', expect: 'allowed' },
  { name: 'signals a change of the window', try: 'signal winch child', expect: 'denied' },
];

/** What each rule must be: the probes that cover it, or its state and a word of the reason. */
const EXPECTED: Readonly<Record<string, readonly string[] | readonly [RuleCoverage['state'], RegExp]>> = {
  'network inet stream': ['a tcp socket'],
  'network inet dgram': ['unhit', /^$/],
  signal: ['signals'],
  'ptrace (trace,tracedby)': ['traces'],
  '/etc/{passwd,group} r': ['reads passwd'],
  '/etc/passwd r': ['shadowed', /:7 \/etc\/\{passwd,group\} r$/],
  'owner /tmp/** rw': ['makes a folder'],
  'audit /var/tmp/** w': ['makes a logged file'],
  'deny /etc/group w': ['writes group'],
  'deny /etc/gshadow r': ['unhit', /^$/],
  'deny /usr/bin/top x': ['shadowed', /deny \/usr\/bin\/t\* x$/],
  'deny /usr/bin/t* x': ['executes top'],
  'deny /bin/** w': ['untestable', /\/bin → \/usr\/bin/],
  'deny /sys/kernel/security/** r': ['untestable', /no file that exists here or could be created here/],
  'deny network raw': ['a raw socket'],
  'deny signal (send) set=(winch)': ['signals a change of the window'],
  'signal (receive) peer=runc': ['shadowed', /signal$/],
  userns: ['untestable', /<abi\/3\.0>/],
  'deny capability sys_boot': ['untestable', /does not have the capability sys_boot/],
  umount: ['untestable', /seccomp/],
};

function rulesOf(ledger: Ledger): readonly RuleCoverage[] {
  return ledger.suites.flatMap(({ coverage }) => (isKnown(coverage) ? coverage.rules : []));
}

describe('rule coverage', () => {
  const path = spec(PROFILE, PROBES);
  let ledger: Ledger;

  before(async () => {
    ({ ledger } = await harness([path], { withoutCoverage: false }));
  });

  it('is counted in a run whose probes hold', () => {
    expect(
      ledger.suites.flatMap(({ entries }) => entries.filter(({ verdict }) => verdict.kind !== 'pass')),
      story(ledger),
    ).to.deep.equal([]);
    expect(ledger.suites[0]?.coverage, story(ledger)).to.have.property('rules');
  });

  it('knows every rule of the profile', () => {
    expect(rulesOf(ledger).map(({ text }) => text)).to.deep.equal(Object.keys(EXPECTED));
  });

  for (const [text, expected] of Object.entries(EXPECTED)) {
    it(`${text}: ${expected[1] instanceof RegExp ? expected[0] : `covered by ${expected.join(', ')}`}`, () => {
      const rule = rulesOf(ledger).find((one) => one.text === text);
      const names = ledger.suites.flatMap(({ entries }) =>
        entries.filter(({ probe }) => rule?.probes.includes(probe.id)).map(({ probe }) => probe.name),
      );
      const shown = JSON.stringify(rule);
      if (!(expected[1] instanceof RegExp)) {
        expect(names, shown).to.deep.equal(expected);
        expect(rule?.state).to.equal('hit');
      } else {
        expect(rule?.state, shown).to.equal(expected[0]);
        expect([...(rule?.shadowedBy ?? []), rule?.reason ?? ''].find((one) => one !== '') ?? '', shown).to.match(
          expected[1],
        );
      }
    });
  }

  it('is in the reports, and gates', async () => {
    const reports = folder();
    const { exit, stdout, stderr } = await cli([
      'run',
      path,
      '--coverage',
      '--min-coverage',
      '83.4',
      '--report-dir',
      reports,
    ]);
    const said = stdout.toString();
    expect(exit, said + stderr).to.equal(1);
    expect(said)
      .to.match(/✓ +7 {4}\/etc\/\{passwd,group\} r,\n +reads passwd\n/)
      .and.to.match(/✗ +4 {4}network inet dgram,\n/);
    expect(said).to.contain(
      'coverage of covered: 10 of 12 testable rules covered (83.3 %), 2 not covered, 3 shadowed, 5 untestable',
    );
    expect(said)
      .to.contain(
        [
          '! Too few rules of profile "covered" are covered: 10 of 12 testable rules covered (83.3 %),',
          '2 not covered, 3 shadowed, 5 untestable. The minimum is 83.4 %.',
        ].join(' '),
      )
      .and.to.contain('RED: the probes cover too little of the profile (exit 1)');
    expect(read(join(reports, 'report.html'))).to.contain('<td class="text">  deny /etc/gshadow r,</td>');
    expect(
      exitCode({ ...ledger, options: { ...ledger.options, minCoverage: 83.3 } }),
      'what is reached is enough',
    ).to.equal(0);
  });

  it('refuses a threshold that is no percentage', async () => {
    expect((await cli(['run', path, '--min-coverage', '101'])).exit).to.equal(2);
  });

  it("is unknown for the engine's own profile, which meets no threshold", async () => {
    const { ledger: unknown, exit } = await harness(
      [spec({ engine: 'docker-default' }, [{ open: '/etc/passwd', expect: 'allowed' }])],
      { minCoverage: 1, withoutCoverage: false },
    );
    expect(unknown.suites[0]?.coverage, story(unknown)).to.have.property('unknown');
    expect(exit).to.equal(3);
  });
});
