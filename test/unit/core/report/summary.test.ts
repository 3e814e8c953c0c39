import { expect } from 'chai';
import { ERRORS, EXIT, type ErrorCode } from '#core/model/errors.ts';
import { countsOf, exitCode, meaningOf, runOutcome, shortfallsOf } from '#core/report/summary.ts';
import type { Ledger, VerdictKind } from '#core/model/model.ts';
import { ALL_KINDS, entries, entry, fault, ledger, run, suite, notStarted } from './ledger.ts';

/** Every set of verdict kinds, 32 of them. */
const SETS = Array.from({ length: 2 ** ALL_KINDS.length }, (_, bits) =>
  ALL_KINDS.filter((_kind, index) => bits & (1 << index)),
);

/** README's table of exit codes in its own words, for a run whose counts are right. */
function expected(kinds: readonly VerdictKind[], faultExits: readonly number[]): number {
  if (faultExits.includes(4)) return 4;
  if (faultExits.includes(2)) return 2;
  if (faultExits.includes(1) || kinds.includes('fail')) return 1;
  if (kinds.includes('vacuous') || kinds.includes('inconclusive') || !kinds.includes('pass')) return 3;
  return 0;
}

describe('the summary of a run', () => {
  it('gives the exit code of the table for every set of verdicts and faults', () => {
    const faults: readonly (readonly ErrorCode[])[] = [
      [],
      ['container-exited'],
      ['spec-invalid'],
      ['internal'],
      ['not-ready', 'usage'],
      ['usage', 'load-failed'],
      ['not-ready', 'load-failed'],
    ];
    for (const kinds of SETS)
      for (const codes of faults)
        for (const where of ['run', 'suite']) {
          const list = codes.map((code) => fault(code));
          const made: Ledger =
            where === 'run' ? run(kinds, { faults: list }) : ledger([suite(entries(kinds), { faults: list })]);
          expect(exitCode(made), `${kinds.join()} with ${codes.join()} in the ${where}`).to.equal(
            expected(
              kinds,
              codes.map((code) => ERRORS[code].exit),
            ),
          );
        }
  });

  it('is green only when every probe passed or was skipped, and one passed', () => {
    const green = SETS.filter((kinds) => exitCode(run(kinds)) === EXIT.ok);
    expect(green).to.deep.equal([['pass'], ['pass', 'skipped']]);
  });

  it('gives every error its exit code, and an unknown one that of a broken harness', () => {
    for (const [code, { exit }] of Object.entries(ERRORS))
      expect(exitCode(run(['pass'], { faults: [fault(code)] }))).to.equal(exit);
    for (const code of ['', 'no-such', 'constructor', '__proto__', 'toString'])
      expect(exitCode(run(['pass'], { faults: [fault(code)] }))).to.equal(4);
  });

  it('reports a broken harness when a probe has no verdict, has two, or was never selected', () => {
    const options = { bail: false, inPlace: false, planned: 2 };
    expect(exitCode(run(['pass'], { options: { ...options, selected: 2 } }))).to.equal(4);
    expect(exitCode(run(['pass', 'pass', 'pass'], { options: { ...options, selected: 2 } }))).to.equal(4);
    expect(exitCode(run(['fail'], { options: { ...options, selected: 2 } }))).to.equal(4);
    expect(exitCode(ledger([suite([entry('pass', 'p1'), entry('pass', 'p1')])]))).to.equal(4);
  });

  it('takes a fault as the reason for missing probes', () => {
    const options = { bail: false, inPlace: false, planned: 9, selected: 9 };
    expect(exitCode(ledger([suite([], { faults: [fault('container-exited')] })], { options }))).to.equal(1);
    expect(exitCode(ledger([], { options, faults: [fault('spec-invalid')] }))).to.equal(2);
  });

  it('is not green for a suite without probes, a run without suites, or a run of skips', () => {
    expect(exitCode(ledger([suite(entries(['pass'])), suite([])]))).to.equal(3);
    expect(exitCode(ledger([]))).to.equal(3);
    expect(exitCode(run(['skipped', 'skipped']))).to.equal(3);
    expect(shortfallsOf(run(['pass', 'skipped']))).to.deep.equal([]);
  });

  it('counts by verdict, and an unknown verdict as inconclusive', () => {
    const made = run(
      ['pass', 'pass', 'fail', 'vacuous', 'inconclusive', 'skipped', 'splendid' as never, '__proto__' as never],
      { faults: [fault('internal')] },
    );
    expect(countsOf(made)).to.deep.equal({
      total: 8,
      pass: 2,
      fail: 1,
      vacuous: 1,
      inconclusive: 3,
      skipped: 1,
      faults: 1,
      notStarted: 0,
      closed: 0,
      closedGreen: 0,
      closedRed: 0,
      closedUndecided: 0,
      closedSkipped: 0,
      closedAttempts: 0,
    });
    expect(exitCode(run(['pass', 'splendid' as never]))).to.equal(3);
  });

  it('says of a green run whether every probe was checked', () => {
    expect(meaningOf(run(['pass', 'pass']))).to.equal('every probe passed');
    expect(meaningOf(run(['pass', 'skipped', 'skipped']))).to.equal(
      'every probe that this host can check passed; 2 skipped',
    );
    expect(meaningOf(ledger([suite([notStarted('p1'), entry('pass', 'p2')])]))).to.equal(
      'every probe passed; 1 could not be started',
    );
  });

  it('has a word for every exit code', () => {
    expect([0, 1, 2, 3, 4, 99].map(runOutcome)).to.deep.equal(['green', 'red', 'error', 'undecided', 'error', 'error']);
  });
});
