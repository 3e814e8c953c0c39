import { expect } from 'chai';
import { countRules } from '#core/coverage/coverage-counts.ts';
import type { Ledger, RuleCoverage, Suite } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { linesOf } from '#core/report/coverage-lines.ts';
import { coverageListing } from '#core/report/coverage-listing.ts';
import { countsText } from '#core/report/coverage-wording.ts';
import { json, readJson } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { exitCode, meaningOf, shortfallsOf } from '#core/report/summary.ts';
import { closing } from '#core/report/terminal-report.ts';
import { covered, coverage, entries, ledger, suite } from './ledger.ts';

const INCLUDED = { file: '/etc/apparmor.d/abstractions/base', included: true };

const RULES = [
  covered('hit', 2, { probes: ['p1'] }),
  covered('unhit', 3),
  covered('shadowed', 4, { shadowedBy: ['/repo/profiles/p:2 deny /2 w'] }),
  covered('untestable', 4, { text: 'userns', reason: 'The policy knows no class userns.' }),
  covered('hit', 9, { ...INCLUDED, probes: ['p1', 'p2'] }),
  covered('shadowed', 10, { ...INCLUDED, shadowedBy: ['x:1 file'] }),
];

/** A green run whose profile has these rules. */
function runOf(rules: readonly RuleCoverage[], minCoverage?: number): Ledger {
  return runOfSuite({ coverage: coverage(rules) }, minCoverage);
}

function runOfSuite(change: Partial<Suite>, minCoverage?: number): Ledger {
  const options = defined({ bail: false, inPlace: false, planned: 2, selected: 2, minCoverage });
  return ledger([suite(entries(['pass', 'pass']), change)], { options });
}

describe('rule coverage in reports', () => {
  it('reads as counts of what is covered, and of what is not', () => {
    expect(countsText(countRules(RULES.slice(0, 3)))).to.equal(
      '1 of 2 testable rules covered (50 %), 1 not covered, 1 shadowed',
    );
    expect(countsText(countRules([]))).to.equal('no testable rule');
  });

  it('has every line of the file, with the rules that begin there', () => {
    const lines = linesOf({ ...coverage(RULES), source: 'a\r\nb\nc\nd\n' });
    expect(lines.map(({ line, text, rules }) => [line, text, rules.length])).to.deep.equal([
      [1, 'a', 0],
      [2, 'b', 1],
      [3, 'c', 1],
      [4, 'd', 2],
    ]);
  });

  it('lists the profile with a mark and an explanation at each rule', () => {
    expect(coverageListing(runOf(RULES), { color: false, root: '/repo' })).to.deep.equal([
      '',
      '▸ profiles/p',
      '        1  profile p {',
      '  ✓     2    rule 2,',
      '            probe p1',
      '  ✗     3    rule 3,',
      '  -     4    rule 4,',
      '            ≡ deny /4 w: never decides: /repo/profiles/p:2 deny /2 w decides instead',
      '            - userns: not testable here: The policy knows no class userns.',
      '        5  }',
      '',
      '  /etc/apparmor.d/abstractions/base, included: 1 of 1 testable rule covered (100 %), 1 shadowed',
      '  ✓     9  deny /9 w',
      '            probe p1; probe p2',
      '  ≡    10  deny /10 w',
      '            never decides: x:1 file decides instead',
    ]);
  });

  it('explains a rule that several others shadow, and one that nothing can match', () => {
    const rules = [
      covered('shadowed', 2, { shadowedBy: ['x:1 file', 'x:2 file'] }),
      covered('shadowed', 3, { shadowedBy: [] }),
    ];
    const lines = coverageListing(runOf(rules), { color: false });
    expect(lines).to.include('            never decides: x:1 file; x:2 file decide instead');
    expect(lines).to.include('            has no effect: no possible name matches it');
  });

  it('makes a run red below the minimum, and only below it', () => {
    const exits = [
      [undefined, 0],
      [0, 0],
      [50, 0],
      [50.1, 1],
      [100, 1],
    ] as const;
    for (const [minimum, exit] of exits) expect(exitCode(runOf(RULES, minimum)), String(minimum)).to.equal(exit);

    const counts = '1 of 2 testable rules covered (50 %), 1 not covered, 1 shadowed, 1 untestable';
    expect(shortfallsOf(runOf(RULES, 51)).map(({ message }) => message)).to.deep.equal([
      `Too few rules of profile "p" are covered: ${counts}. The minimum is 51 %.`,
    ]);
    expect(meaningOf(runOf(RULES, 51))).to.equal('the probes cover too little of the profile');
  });

  it('does not gate on included rules', () => {
    expect(exitCode(runOf([covered('hit', 2), covered('unhit', 9, INCLUDED)], 100))).to.equal(0);
  });

  it('leaves a run undecided when a minimum is set and no rule of the file itself can reach it', () => {
    const included = [covered('hit', 9, { ...INCLUDED, probes: ['p1'] })];
    const untestable = [covered('untestable', 4, { text: 'userns', reason: 'No.' })];
    for (const rules of [included, untestable, [covered('shadowed', 2)], [...included, ...untestable]]) {
      expect(exitCode(runOf(rules, 90))).to.equal(3);
      expect(exitCode(runOf(rules, 0))).to.equal(0);
    }
    expect(shortfallsOf(runOf(included, 90)).map(({ message }) => message)).to.deep.equal([
      'No rule of "p" itself is testable: a minimum of 90 % says nothing.',
    ]);
    expect(exitCode(runOf([], 90)), 'a profile without rules').to.equal(0);
  });

  it('leaves a run undecided when a minimum is set and the coverage is not known', () => {
    const unknown = { coverage: { unknown: 'It has no text.' } };
    expect(exitCode(runOfSuite({}, 1))).to.equal(3);
    expect(exitCode(runOfSuite(unknown, 1))).to.equal(3);
    expect(shortfallsOf(runOfSuite(unknown, 1))[0]).to.deep.equal({
      suite: 0,
      exit: 3,
      message: 'The rule coverage is not known, but the minimum is 1 %: It has no text.',
    });
  });

  it('is in the closing lines on the terminal', () => {
    const own = '1 of 2 testable rules covered (50 %), 1 not covered, 1 shadowed, 1 untestable';
    const included = '1 of 1 testable rule covered (100 %), 1 shadowed';
    expect(closing(runOf(RULES), { color: false })).to.include(
      `  coverage of p: ${own}; of included rules ${included}`,
    );
  });

  it('is in the job summary, with the rules that no probe covers', () => {
    expect(markdown(runOf(RULES), { root: '/repo' }))
      .to.contain('| <code>p</code> | **50 %** | 1 | 1 | 1 | 1 | 1 of 1 testable rule covered (100 %), 1 shadowed |')
      .and.to.contain('<summary>1 rule that no probe covers</summary>')
      .and.to.contain('<code>profiles/p&#58;3</code> <code>deny /3 w</code>');
  });

  it('is in the JUnit report as properties, and as an error below the minimum', () => {
    expect(junit(runOf(RULES)))
      .to.contain('<property name="coverage.percent" value="50"/>')
      .and.to.contain('<property name="coverage.unhit" value="1"/>');
    expect(junit(runOf(RULES, 51))).to.contain('Too few rules of profile');
  });

  it('survives the way through report.json', () => {
    const made = runOf(RULES, 51);
    const read = readJson(json(made));
    expect(read).to.deep.include({ exitCode: 1 });
    expect((read as Ledger).suites).to.deep.equal(made.suites);
  });
});
