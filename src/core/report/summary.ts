/** What a ledger adds up to. Nothing here is ever stored in a ledger: totals that are derived cannot disagree with it. */
import { ERRORS, EXIT, type ErrorCode, type ExitCode } from '../model/errors.ts';
import type { Entry, Fault, Ledger, VerdictKind } from '../model/model.ts';
import { coverageGaps } from './coverage-summary.ts';
import { grouped } from '../text/visible.ts';

/** How many probes have each verdict, and how many faults there are in the run and its suites. */
export interface Counts extends Readonly<Record<VerdictKind, number>> {
  readonly total: number;
  readonly faults: number;
}

/** A run in one word: `green` all hold, `red` the profile fails its spec, `undecided` nothing is proved, `error` the rest. */
export type RunOutcome = 'green' | 'red' | 'undecided' | 'error';

/** A reason why a run is not green that no probe and no fault states. `suite` is its index; none is the whole run. */
interface Shortfall {
  readonly suite?: number;
  readonly exit: ExitCode;
  readonly message: string;
}

const KINDS: readonly VerdictKind[] = ['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'];

/** Every entry of the run, in order. */
export function entriesOf(ledger: Ledger): readonly Entry[] {
  return ledger.suites.flatMap((suite) => suite.entries);
}

/** Every fault of the run: its own, then those of its suites. */
export function faultsOf(ledger: Ledger): readonly Fault[] {
  return [...ledger.faults, ...ledger.suites.flatMap((suite) => suite.faults)];
}

/** Counts the entries by verdict. A kind that is not known counts as inconclusive: it never passes for a pass. */
export function countEntries(entries: readonly Entry[]): Readonly<Record<VerdictKind, number>> {
  const counts = { pass: 0, fail: 0, vacuous: 0, inconclusive: 0, skipped: 0 };
  for (const { verdict } of entries) counts[KINDS.includes(verdict.kind) ? verdict.kind : 'inconclusive'] += 1;
  return counts;
}

/** The totals of a run. */
export function countsOf(ledger: Ledger): Counts {
  const entries = entriesOf(ledger);
  return { total: entries.length, ...countEntries(entries), faults: faultsOf(ledger).length };
}

/** The exit code that a fault calls for; a code that is not in the table is the harness's own failure. */
function exitOfFault(fault: Fault): ExitCode {
  return Object.hasOwn(ERRORS, fault.code) ? ERRORS[fault.code as ErrorCode].exit : EXIT.broken;
}

/**
 * What the ledger lacks for green although no probe and no fault says so. A probe without a verdict, with no fault to
 * explain it, is the harness's failure.
 */
export function shortfallsOf(ledger: Ledger): readonly Shortfall[] {
  const found: Shortfall[] = [];
  const entries = entriesOf(ledger);
  const { selected } = ledger.options;
  const exit = faultsOf(ledger).length === 0 ? EXIT.broken : EXIT.undecided;
  if (entries.length !== selected) {
    found.push({
      exit,
      message: `${grouped(selected)} probes were selected, but ${grouped(entries.length)} have a verdict.`,
    });
  }
  const ids = new Set(entries.map((entry) => entry.probe.id));
  if (ids.size !== entries.length) found.push({ exit: EXIT.broken, message: 'Two verdicts are for the same probe.' });
  ledger.suites.forEach((suite, index) => {
    if (suite.entries.length === 0)
      found.push({ suite: index, exit: EXIT.undecided, message: 'The suite has no probe with a verdict.' });
  });
  if (!entries.some((entry) => entry.verdict.kind === 'pass')) {
    found.push({
      exit: EXIT.undecided,
      message: entries.length === 0 ? 'No probe ran.' : 'No probe passed: nothing is proved.',
    });
  }
  return [...found, ...coverageGaps(ledger)];
}

/** The exit code of a run. When several apply, the order is 4, 2, 1, 3: a broken harness hides no less than a failed profile. */
export function exitCode(ledger: Ledger): ExitCode {
  const counts = countsOf(ledger);
  const codes = new Set<ExitCode>([
    ...faultsOf(ledger).map(exitOfFault),
    ...shortfallsOf(ledger).map(({ exit }) => exit),
  ]);
  if (counts.fail > 0) codes.add(EXIT.failed);
  if (counts.vacuous > 0 || counts.inconclusive > 0) codes.add(EXIT.undecided);
  return [EXIT.broken, EXIT.usage, EXIT.failed, EXIT.undecided].find((code) => codes.has(code)) ?? EXIT.ok;
}

/** The one word for an exit code. */
export function runOutcome(exit: number): RunOutcome {
  return exit === EXIT.ok ? 'green' : exit === EXIT.failed ? 'red' : exit === EXIT.undecided ? 'undecided' : 'error';
}

/** What the run's exit code means: as the table has it, said of this run where that is more exact. */
export function meaningOf(ledger: Ledger): string {
  const code = exitCode(ledger);
  const { fail, skipped } = countsOf(ledger);
  if (code === EXIT.ok) return skipped === 0 ? 'every probe holds' : `${EXIT_MEANS[code]}; ${grouped(skipped)} skipped`;
  const onlyCoverage =
    code === EXIT.failed && fail === 0 && !faultsOf(ledger).some((fault) => exitOfFault(fault) === EXIT.failed);
  return onlyCoverage ? 'the probes do not cover as much of the profile as was asked for' : EXIT_MEANS[code];
}

/** What each exit code means, for people. */
export const EXIT_MEANS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'every probe that this host can ask holds',
  [EXIT.failed]: 'the profile fails its spec',
  [EXIT.usage]: 'a spec, profile or option is wrong',
  [EXIT.undecided]: 'not all is proved',
  [EXIT.broken]: 'the harness or the host failed',
};
