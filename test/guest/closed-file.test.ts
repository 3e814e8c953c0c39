/** The closed class of files: the kernel's answers for a whole container, and attempts that show that they hold. */
import { expect } from 'chai';
import type { ClosedResult, Entry, Ledger } from '#core/model/model.ts';
import { exec } from '#adapters/host/exec.ts';
import { closedText } from '#core/report/closed-rows.ts';
import { isAnswer, memberState, notableEntries, tallyOf } from '#core/verdict/closed-class.ts';
import { blockOf, file, harness, spec } from './kit.ts';

const RULES = {
  all: '/{,**} rmix,',
  scratch: '/var/tmp/** rwlk,',
  shadow: 'deny /etc/shadow r,',
  own: 'owner /srv/** w,',
  capability: 'capability,',
  engine: 'signal (receive) peer=unconfined,',
} as const;

const DECLARED = {
  allow: ['/{,**} rmix', '/var/tmp/** rwlk', 'owner /srv/** w'],
  except: ['/etc/shadow r'],
};

/** A rule for a file, one for what no image has, no deny rule, no owner, a permission less. */
const WEAKENED = {
  ...RULES,
  shadow: '/etc/passwd w,\n/opt/not-there/** w,',
  own: '/srv/** w,',
  scratch: '/var/tmp/** rwl,',
} as const;

const CONTAINER = { 'cap-add': ['ALL'], 'security-opt': ['seccomp=unconfined', 'systempaths=unconfined'] };

let abi = '';

async function filesOf(rules: Readonly<Record<string, string>>, control: boolean): Promise<[ClosedResult, Ledger]> {
  const profile = file('closing', `abi ${abi},\n${blockOf('closing', Object.values(rules))}`);
  const probes = [{ name: 'a file', open: '/etc/hostname', expect: 'allowed' }];
  const text = spec({ file: profile }, probes, { closed: { file: DECLARED }, control, container: CONTAINER });
  const { ledger } = await harness([text]);
  const result = ledger.suites[0]?.closed?.[0];
  if (result === undefined) throw new Error(JSON.stringify(ledger.suites[0]?.faults));
  return [result, ledger];
}

function shown(result: ClosedResult, ledger: Ledger): string {
  const faults = ledger.suites.flatMap((suite) => suite.faults).map(({ message }) => message);
  return [
    `${closedText(result)} [${result.durationMs} ms] ${faults.join(' ')}`,
    ...notableEntries(result).map(lineOf),
    ...result.entries.filter((entry) => memberState(entry) === 'untried').map(lineOf),
  ].join('\n');
}

function lineOf({ probe, verdict, observation, witnesses }: Entry): string {
  const raw = witnesses.map(({ record }) => record.raw).slice(0, 1);
  const { errno, stoppedAt, remark } = observation ?? {};
  const facts = JSON.stringify([errno, stoppedAt, remark, ...raw]);
  return `    ${probe.name}: ${verdict.code}: ${verdict.reason} ${verdict.hint ?? ''} ${facts}`;
}

describe('closed files', () => {
  it('are green where every answer is as declared, and the attempts agree', async () => {
    abi = '<abi/3.0>';
    const [result, ledger] = await filesOf(RULES, true);
    console.log(shown(result, ledger)); // the figures of this kernel
    expect(tallyOf(result).kind, shown(result, ledger)).to.equal('pass');
    const { paths = 0, others, differing } = result.files ?? {};
    expect(paths).to.be.greaterThan(1000);
    expect({ others, differing }).to.deep.equal({ others: true, differing: 0 });
    const states = result.entries.map(memberState);
    expect(states.filter((state) => state === 'denied').length, shown(result, ledger)).to.be.greaterThan(20);
    expect(states.filter((state) => state === 'allowed').length, shown(result, ledger)).to.be.greaterThan(20);
  });

  it('are red for each rule that is added, removed or narrowed, and name it', async () => {
    const features = await exec(['aa-features-abi', '--extract']);
    abi = `"${file('kernel.abi', features.stdout.toString())}"`;
    const [result] = await filesOf(WEAKENED, false);
    const lines = notableEntries(result)
      .filter(isAnswer)
      .map(({ probe, verdict }) => `${probe.closed?.member}: ${verdict.hint}`);
    expect(tallyOf(result).kind).to.equal('fail');
    const expected = [
      /^\/etc\/passwd w: .*`\/etc\/passwd w,`/,
      /^\/opt\/not-there\/\S+ w: .*`\/opt\/not-there\/\*\* w,`/,
      /^\/etc\/shadow r: .*`\/\{,\*\*\} rmix,`/,
      /^\/srv\/\S+ w other: .*`\/srv\/\*\* w,`/,
      /^\/var\/tmp\/\S* k: No rule/,
    ];
    for (const pattern of expected)
      expect(
        lines.some((line) => pattern.test(line)),
        `${pattern}\n${lines.join('\n')}`,
      ).to.equal(true);
  });
});
