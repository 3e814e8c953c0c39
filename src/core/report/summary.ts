/**
 * What a ledger adds up to: counts, what it lacks, the exit code. Pure.
 *
 * Nothing here is ever stored in a ledger: totals that are derived cannot disagree with it.
 */
import { basename } from 'node:path';
import { countRules, fileCoverages, isKnown, profileCoverages } from '../coverage/coverage-counts.ts';
import { ERRORS, EXIT, type ExitCode } from '../model/errors.ts';
import type { ClosedResult, Entry, Fault, Ledger, Suite, Verdict, VerdictKind } from '../model/model.ts';
import { counted, grouped } from '../text/visible.ts';
import { tallyOf } from '../verdict/closed-class.ts';
import { countsText } from './coverage-wording.ts';

/** How many probes have each verdict, and how many faults there are in the run and its suites. */
export interface Counts extends Readonly<Record<VerdictKind, number>> {
  readonly total: number;
  readonly faults: number;
  /** Of those that passed: commands that could not be started, so that nothing they do was tried. */
  readonly notStarted: number;
  /** Closed classes, how many of them have which verdict, and their attempts: none of these is among the others. */
  readonly closed: number;
  readonly closedGreen: number;
  readonly closedRed: number;
  readonly closedUndecided: number;
  readonly closedSkipped: number;
  readonly closedAttempts: number;
}

/**
 * A run in one word.
 * `green`: every probe passed. `red`: the profile fails its spec. `undecided`: some probe proves nothing. `error`: the
 * rest.
 */
export type RunOutcome = 'green' | 'red' | 'undecided' | 'error';

/** A reason why a run is not green that no probe and no fault states. */
interface Shortfall {
  /** Index of the suite; absent for the whole run. */
  readonly suite?: number;
  readonly exit: ExitCode;
  readonly message: string;
}

/** What each exit code means, for people. */
export const EXIT_MEANS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'every probe that this host can check passed',
  [EXIT.failed]: 'the profile fails its spec',
  [EXIT.usage]: 'a spec, profile or option is wrong',
  [EXIT.undecided]: 'some probe proves nothing',
  [EXIT.broken]: 'the harness or the host failed',
};

const KINDS: readonly VerdictKind[] = ['pass', 'fail', 'vacuous', 'inconclusive', 'skipped'];

/** Every entry of the run, in order. */
export function entriesOf(ledger: Ledger): readonly Entry[] {
  return ledger.suites.flatMap((suite) => suite.entries);
}

/** Every fault of the run: its own, then those of its suites. */
export function faultsOf(ledger: Ledger): readonly Fault[] {
  return [...ledger.faults, ...ledger.suites.flatMap((suite) => suite.faults)];
}

/** Whether a verdict keeps a run from being green. */
export function isNotGreen({ kind }: Verdict): boolean {
  return kind !== 'pass' && kind !== 'skipped';
}

/** Counts the entries by verdict. A kind that is not known counts as inconclusive: it must not pass. */
export function countEntries(entries: readonly Entry[]): Readonly<Record<VerdictKind, number>> {
  const counts = { pass: 0, fail: 0, vacuous: 0, inconclusive: 0, skipped: 0 };
  for (const { verdict } of entries) counts[KINDS.includes(verdict.kind) ? verdict.kind : 'inconclusive'] += 1;
  return counts;
}

/** The totals of a run. */
export function countsOf(ledger: Ledger): Counts {
  const entries = entriesOf(ledger);
  const faults = faultsOf(ledger).length;
  const notStarted = countNotStarted(entries);
  return { total: entries.length, ...countEntries(entries), faults, notStarted, ...countClosed(ledger) };
}

type ClosedCounts = Pick<
  Counts,
  'closed' | 'closedGreen' | 'closedRed' | 'closedUndecided' | 'closedSkipped' | 'closedAttempts'
>;

/** Every closed class of the run. */
export function closedOf(ledger: Ledger): readonly ClosedResult[] {
  return ledger.suites.flatMap(({ closed = [] }) => closed);
}

function countClosed(ledger: Ledger): ClosedCounts {
  const results = closedOf(ledger);
  const kinds = results.map((result) => tallyOf(result).kind);
  const count = (wanted: VerdictKind): number => kinds.filter((kind) => kind === wanted).length;
  const [closedGreen, closedRed, closedSkipped] = [count('pass'), count('fail'), count('skipped')];
  return {
    closed: results.length,
    closedGreen,
    closedRed,
    closedUndecided: results.length - closedGreen - closedRed - closedSkipped,
    closedSkipped,
    closedAttempts: results.reduce((sum, { entries }) => sum + entries.length, 0),
  };
}

/** @returns `5 closed classes (612 attempts): 4 green, 1 red`; undefined where the run has none. */
export function closedCountsText(counts: Counts): string | undefined {
  if (counts.closed === 0) return undefined;
  const parts = [
    [counts.closedGreen, 'green'],
    [counts.closedRed, 'red'],
    [counts.closedUndecided, 'undecided'],
    [counts.closedSkipped, 'skipped'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, word]) => `${grouped(count)} ${word}`);
  const classes = counts.closed === 1 ? '1 closed class' : `${grouped(counts.closed)} closed classes`;
  return `${classes} (${counted(counts.closedAttempts, 'attempt')}): ${shown.join(', ')}`;
}

/** How many passes only show that a command could not be started. */
export function countNotStarted(entries: readonly Entry[]): number {
  return entries.filter(({ verdict }) => isNotStarted(verdict)).length;
}

/** Whether a verdict is a pass that shows no more than that a command could not be started. */
export function isNotStarted({ kind, code }: Verdict): boolean {
  return kind === 'pass' && code === 'not-started';
}

/** @returns what to add to the number of passes: ` (2 of them: could not be started)`; empty without any. */
export function notStartedText({ notStarted }: Pick<Counts, 'notStarted'>): string {
  return notStarted === 0 ? '' : ` (${grouped(notStarted)} of them: could not be started)`;
}

/** What the ledger lacks for green although no probe and no fault says so. */
export function shortfallsOf(ledger: Ledger): readonly Shortfall[] {
  return [
    ...verdictShortfalls(ledger),
    ...suiteShortfalls(ledger),
    ...passShortfalls(ledger),
    ...coverageShortfalls(ledger),
  ];
}

/** The suite that a shortfall is about; undefined when it is about the whole run. */
export function suiteOf(ledger: Ledger, { suite }: Shortfall): Suite | undefined {
  return suite === undefined ? undefined : ledger.suites[suite];
}

/** Every selected probe must have exactly one verdict. If not, and no fault explains it, the harness failed. */
function verdictShortfalls(ledger: Ledger): readonly Shortfall[] {
  const entries = entriesOf(ledger);
  const { selected } = ledger.options;
  const shortfalls: Shortfall[] = [];

  if (entries.length !== selected) {
    shortfalls.push({
      exit: faultsOf(ledger).length === 0 ? EXIT.broken : EXIT.undecided,
      message: `Probes selected: ${grouped(selected)}. Probes with a verdict: ${grouped(entries.length)}.`,
    });
  }

  const ids = new Set(entries.map((entry) => entry.probe.id));
  if (ids.size !== entries.length) {
    shortfalls.push({ exit: EXIT.broken, message: 'A probe has more than one verdict.' });
  }
  return shortfalls;
}

function suiteShortfalls(ledger: Ledger): readonly Shortfall[] {
  const message = 'The suite has no probe with a verdict.';
  return ledger.suites.flatMap(({ entries, closed = [] }, suite) =>
    entries.length === 0 && closed.length === 0 ? [{ suite, exit: EXIT.undecided, message }] : [],
  );
}

function passShortfalls(ledger: Ledger): readonly Shortfall[] {
  const entries = entriesOf(ledger);
  if (entries.some(({ verdict }) => verdict.kind === 'pass') || countClosed(ledger).closedGreen > 0) return [];
  const nothingRan = entries.length === 0 && countClosed(ledger).closedAttempts === 0;
  const message = nothingRan ? 'No probe ran.' : 'No probe passed: nothing is proved.';
  return [{ exit: EXIT.undecided, message }];
}

/** The profiles below the minimum coverage that was set, and the suites whose coverage is not known. */
function coverageShortfalls(ledger: Ledger): readonly Shortfall[] {
  const { minCoverage } = ledger.options;
  if (minCoverage === undefined) return [];

  const below = profileCoverages(ledger)
    .filter(({ own }) => own.hit * 100 < minCoverage * own.testable)
    .map(({ profile, own }) => ({
      exit: EXIT.failed,
      message: [
        `Too few rules of profile ${JSON.stringify(profile)} are covered: ${countsText(own)}.`,
        `The minimum is ${minCoverage} %.`,
      ].join(' '),
    }));

  // a profile without any rule is covered: it allows nothing
  const unmeasured = fileCoverages(ledger)
    .filter(({ rules }) => rules.length > 0 && minCoverage > 0)
    .filter(({ rules }) => countRules(rules.filter(({ included }) => !included)).testable === 0)
    .map(({ file }) => ({
      exit: EXIT.undecided,
      message:
        `No rule of ${JSON.stringify(basename(file))} itself is testable: ` +
        `a minimum of ${minCoverage} % says nothing.`,
    }));

  const unknown = ledger.suites.flatMap(({ coverage }, suite) => {
    if (isKnown(coverage)) return [];
    const reason = coverage?.unknown ?? 'the suite was not prepared.';
    const message = `The rule coverage is not known, but the minimum is ${minCoverage} %: ${reason}`;
    return [{ suite, exit: EXIT.undecided, message }];
  });
  return [...below, ...unmeasured, ...unknown];
}

/**
 * The exit code of a run. When several apply, the order is 4, 2, 1, 3: what a broken harness reports of a profile
 * cannot be relied on.
 */
export function exitCode(ledger: Ledger): ExitCode {
  const counts = countsOf(ledger);
  const codes = new Set<ExitCode>([
    ...faultsOf(ledger).map(exitOfFault),
    ...shortfallsOf(ledger).map(({ exit }) => exit),
  ]);
  if (counts.fail > 0 || counts.closedRed > 0) codes.add(EXIT.failed);
  if (counts.vacuous > 0 || counts.inconclusive > 0 || counts.closedUndecided > 0) codes.add(EXIT.undecided);
  return [EXIT.broken, EXIT.usage, EXIT.failed, EXIT.undecided].find((code) => codes.has(code)) ?? EXIT.ok;
}

/** Whether a fault is the profile's own, and neither the host's nor the spec's. */
export function isProfileFault(fault: Fault): boolean {
  return exitOfFault(fault) === EXIT.failed;
}

/** The exit code that a fault calls for; a code that is not in the table is the harness's own failure. */
function exitOfFault(fault: Fault): ExitCode {
  return Object.hasOwn(ERRORS, fault.code) ? ERRORS[fault.code].exit : EXIT.broken;
}

/** The one word for an exit code. */
export function runOutcome(exit: number): RunOutcome {
  switch (exit) {
    case EXIT.ok:
      return 'green';
    case EXIT.failed:
      return 'red';
    case EXIT.undecided:
      return 'undecided';
    default:
      return 'error';
  }
}

/** What the run's exit code means: as in the table, or more exactly where this run allows it. */
export function meaningOf(ledger: Ledger): string {
  const code = exitCode(ledger);
  const counts = countsOf(ledger);
  const { notStarted } = counts;
  const skipped = counts.skipped + counts.closedSkipped;
  const ofPassed = notStarted === 0 ? '' : `; ${grouped(notStarted)} could not be started`;

  if (code === EXIT.ok && skipped === 0) return `every probe passed${ofPassed}`;
  if (code === EXIT.ok) return `${EXIT_MEANS[code]}${ofPassed}; ${grouped(skipped)} skipped`;
  if (code === EXIT.failed && !isFailedByProfile(ledger)) return 'the probes cover too little of the profile';
  return EXIT_MEANS[code];
}

function isFailedByProfile(ledger: Ledger): boolean {
  const { fail, closedRed } = countsOf(ledger);
  return fail > 0 || closedRed > 0 || faultsOf(ledger).some(isProfileFault);
}
