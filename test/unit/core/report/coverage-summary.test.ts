import { expect } from 'chai';
import { countRules, countsText, listingOf, profileCoverages } from '#core/report/coverage-summary.ts';
import { coverageListing } from '#core/report/coverage-listing.ts';
import { json, readJson } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { exitCode, meaningOf, shortfallsOf } from '#core/report/summary.ts';
import { closing } from '#core/report/terminal-report.ts';
import type { Ledger } from '#core/model/model.ts';
import { covered, coverage, entries, ledger, suite } from './ledger.ts';

const RULES = [
  covered('hit', 2, { probes: ['p1'] }),
  covered('unhit', 3),
  covered('shadowed', 4, { shadowedBy: ['/repo/profiles/p:2 deny /2 w'] }),
  covered('untestable', 4, { text: 'userns', reason: 'The policy knows no class userns.' }),
  covered('hit', 9, { file: '/etc/apparmor.d/abstractions/base', included: true, probes: ['p1', 'p2'] }),
  covered('shadowed', 10, { file: '/etc/apparmor.d/abstractions/base', included: true, shadowedBy: ['x:1 file'] }),
];

function made(minCoverage?: number, rules = RULES): Ledger {
  return ledger([suite(entries(['pass', 'pass']), { coverage: coverage(rules) })], {
    options: {
      bail: false,
      inPlace: false,
      planned: 2,
      selected: 2,
      ...(minCoverage === undefined ? {} : { minCoverage }),
    },
  });
}

describe('report/coverage', () => {
  it('counts what is testable, and never rounds up to all', () => {
    expect(countRules(RULES)).to.deep.equal({
      hit: 2,
      unhit: 1,
      shadowed: 2,
      untestable: 1,
      testable: 3,
      percent: 66.6,
    });
    expect(countRules(RULES.slice(2, 4))).to.deep.equal({ hit: 0, unhit: 0, shadowed: 1, untestable: 1, testable: 0 });
    expect(
      countRules([...Array.from({ length: 1999 }, (_, line) => covered('hit', line)), covered('unhit', 0)]).percent,
    ).to.equal(99.9);
    expect(countsText(countRules(RULES.slice(0, 3)))).to.equal('1 of 2 testable rules hit (50 %), 1 unhit, 1 shadowed');
    expect(countsText(countRules([]))).to.equal('no testable rule');
  });

  it('keeps included rules apart', () => {
    expect(
      profileCoverages(made()).map(({ profile, own, included }) => [profile, own.percent, included.percent]),
    ).to.deep.equal([['p', 50, 100]]);
  });

  it('joins the suites that test the same text, and no others', () => {
    const one = suite(entries(['pass']), {
      coverage: coverage([
        covered('hit', 2, { probes: ['p1'] }),
        covered('unhit', 3),
        covered('untestable', 4, { reason: 'r' }),
      ]),
    });
    const two = suite(entries(['pass'], 2), {
      coverage: coverage([covered('unhit', 2), covered('hit', 3, { probes: ['p2'] }), covered('unhit', 4)]),
    });
    expect(profileCoverages(ledger([one, two])).map(({ own }) => own)).to.deep.equal([
      { hit: 2, unhit: 1, shadowed: 0, untestable: 0, testable: 3, percent: 66.6 },
    ]);
    const changed = suite(entries(['pass'], 2), { coverage: { ...coverage([covered('hit', 3)]), source: 'other' } });
    expect(profileCoverages(ledger([one, changed]))).to.have.length(2);
  });

  it('shows every line of the file, with its rules', () => {
    const lines = listingOf({ ...coverage(RULES), source: 'a\r\nb\nc\nd\n' });
    expect(lines.map(({ line, text, rules }) => [line, text, rules.length])).to.deep.equal([
      [1, 'a', 0],
      [2, 'b', 1],
      [3, 'c', 1],
      [4, 'd', 2],
    ]);
    expect(coverageListing(made(), { color: false, root: '/repo' })).to.deep.equal([
      '',
      '▸ profiles/p',
      '        1  profile p {',
      '  ✓     2    rule 2,',
      '            probe p1',
      '  ✗     3    rule 3,',
      '  -     4    rule 4,',
      '            ≡ deny /4 w: never decides: /repo/profiles/p:2 deny /2 w does',
      '            - userns: not testable here: The policy knows no class userns.',
      '        5  }',
      '',
      '  /etc/apparmor.d/abstractions/base, included: 1 of 1 testable rule hit (100 %), 1 shadowed',
      '  ✓     9  deny /9 w',
      '            probe p1; probe p2',
      '  ≡    10  deny /10 w',
      '            never decides: x:1 file does',
    ]);
  });

  it('gates: red below what was asked for, and only below it', () => {
    for (const [asked, exit] of [
      [undefined, 0],
      [0, 0],
      [50, 0],
      [50.1, 1],
      [100, 1],
    ] as const)
      expect(exitCode(made(asked)), String(asked)).to.equal(exit);
    expect(shortfallsOf(made(51)).map(({ message }) => message)).to.deep.equal([
      'Too few rules of profile "p" are covered: 1 of 2 testable rules hit (50 %), 1 unhit, 1 shadowed, 1 untestable; 51 % were asked for.',
    ]);
    expect(meaningOf(made(51))).to.equal('the probes do not cover as much of the profile as was asked for');
    expect(exitCode(made(100, [covered('hit', 2), covered('unhit', 9, { file: '/inc', included: true })]))).to.equal(0);
    expect(exitCode(made(100, [covered('shadowed', 2)]))).to.equal(0);
  });

  it('is undecided when it is asked for and not known', () => {
    const unknown = (coverageOf: object): Ledger => ({
      ...made(1),
      suites: [suite(entries(['pass', 'pass']), coverageOf)],
    });
    for (const one of [{}, { coverage: { unknown: 'It has no text.' } }]) expect(exitCode(unknown(one))).to.equal(3);
    expect(shortfallsOf(unknown({ coverage: { unknown: 'It has no text.' } }))[0]).to.deep.equal({
      suite: 0,
      exit: 3,
      message: 'Its coverage is not known, but 1 % were asked for: It has no text.',
    });
  });

  it('stands in every report, and survives the way through report.json', () => {
    expect(closing(made(), { color: false })).to.include(
      '  coverage of p: 1 of 2 testable rules hit (50 %), 1 unhit, 1 shadowed, 1 untestable; of its includes 1 of 1 testable rule hit (100 %), 1 shadowed',
    );
    expect(markdown(made(), { root: '/repo' }))
      .to.contain('| <code>p</code> | **50 %** | 1 | 1 | 1 | 1 | 1 of 1 testable rule hit (100 %), 1 shadowed |')
      .and.to.contain('<summary>1 rule that no probe hits</summary>')
      .and.to.contain('<code>profiles/p&#58;3</code> <code>deny /3 w</code>');
    expect(junit(made()))
      .to.contain('<property name="coverage.percent" value="50"/>')
      .and.to.contain('<property name="coverage.unhit" value="1"/>');
    expect(junit(made(51))).to.contain('Too few rules of profile');
    const read = readJson(json(made(51)));
    expect(read).to.deep.include({ exitCode: 1 });
    expect((read as Ledger).suites).to.deep.equal(made().suites);
  });
});
