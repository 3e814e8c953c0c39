/**
 * The action's result, from how the command ended and what its report states: verdict, outputs and annotations. Pure.
 * When the two contradict each other the result is an error, never green.
 */
import { EXIT, type ExitCode } from '#core/model/errors.ts';
import type { Entry, Fault, Ledger, Suite } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { factsOf, faultText } from '#core/report/describe-entry.ts';
import { readJson, type JsonReport } from '#core/report/json-report.ts';
import {
  closedCountsText,
  closedOf,
  countsOf,
  entriesOf,
  EXIT_MEANS,
  exitCode,
  faultsOf,
  meaningOf,
  runOutcome,
  type RunOutcome,
} from '#core/report/summary.ts';
import { notableEntries } from '#core/verdict/closed-class.ts';
import { grouped, oneLine, relativeTo } from '#core/text/visible.ts';

/** How the command ended. */
export interface CommandExit {
  /** Exit code; missing when it did not start or a signal ended it. */
  readonly exit?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why it did not start, for example `ENOENT`. */
  readonly startError?: string;
  /** The signal that the action itself received while the command ran: the workflow was cancelled. */
  readonly cancelled?: string;
}

/** The result of the step. */
export interface StepResult {
  readonly verdict: RunOutcome;
  readonly exitCode: number;
  readonly report?: JsonReport;
  /** The error message of the step; missing only when the run is green. */
  readonly failure?: string;
}

/** Paths of the reports, those that this run wrote. */
export interface ReportPaths {
  readonly json?: string;
  readonly junit?: string;
}

/** The result of a step that fails, whatever the report states. */
export function errorResult(failure: string, exit: number = EXIT.broken, report?: JsonReport): StepResult {
  return { verdict: 'error', exitCode: exit, failure, ...defined({ report }) };
}

/**
 * Decides the result of a run.
 * @param text report.json, or undefined when it cannot be read
 * @param startedMs when the command was started, in milliseconds since the epoch: an older report is another run's
 */
export function interpretExit(ended: CommandExit, text: string | undefined, startedMs: number): StepResult {
  const parsed = text === undefined ? 'there is no such file.' : readJson(text);
  const problem = typeof parsed === 'string' ? parsed : undefined;
  const report = typeof parsed === 'string' || !(Date.parse(parsed.startedAt) >= startedMs) ? undefined : parsed;

  const { exit, signal = 'an unknown signal', startError, cancelled } = ended;
  if (cancelled !== undefined) return errorResult(`The run was cancelled (${cancelled}).`, EXIT.broken, report);
  if (startError !== undefined) return errorResult(`The command did not start: ${oneLine(startError, 200)}.`);
  if (exit === undefined) return errorResult(`The command was ended by ${oneLine(signal, 50)}.`, EXIT.broken, report);
  if (problem !== undefined) return withoutReport(exit, `report.json cannot be used: ${problem}`);
  if (report === undefined) return withoutReport(exit, 'report.json is from an earlier run.');

  const code = exitCode(report);
  if (code === exit) return resultOf(report, code);
  const contradiction = `The command ended with exit ${exit}, but its report.json gives ${code}.`;
  return errorResult(contradiction, EXIT.broken, report);
}

/** The result when the command and its report agree. */
function resultOf(report: JsonReport, code: ExitCode): StepResult {
  const verdict = runOutcome(code);
  const failure =
    verdict === 'green' ? undefined : `${verdict}: ${meaningOf(report)}${tally(report)}${firstFault(report)}`;
  return { verdict, exitCode: code, report, ...defined({ failure }) };
}

/** The result without a usable report: exit 2, a wrong spec or option, stands; any other exit is an error. */
function withoutReport(exit: number, why: string): StepResult {
  const code = exit === EXIT.usage ? EXIT.usage : EXIT.broken;
  return errorResult(`${EXIT_MEANS[code]}: the command ended with exit ${exit}. ${why}`, code);
}

/** The counts that `tally` names, in this order, each with its word; zeros are left out. */
const TALLIED = { fail: 'failed', vacuous: 'vacuous', inconclusive: 'inconclusive', faults: 'faults' } as const;

/** For example ` (1 failed, 2 vacuous; 12 probes in total)`, and what closed classes add; empty when nothing failed. */
function tally(report: Ledger): string {
  const counts = countsOf(report);
  const parts = (Object.keys(TALLIED) as (keyof typeof TALLIED)[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${grouped(counts[key])} ${TALLIED[key]}`);
  const ofProbes = parts.length === 0 ? undefined : `${parts.join(', ')}; ${grouped(counts.total)} probes in total`;
  const ofClasses = counts.closedRed + counts.closedUndecided > 0 ? closedCountsText(counts) : undefined;
  const all = [ofProbes, ofClasses].filter((text) => text !== undefined);
  return all.length === 0 ? '' : ` (${all.join('; ')})`;
}

function firstFault(report: Ledger): string {
  const fault = faultsOf(report)[0];
  return fault === undefined ? '' : `: ${oneLine(`${faultText(fault)} ${fault.hint}`, 1000)}`;
}

/** The counts of a step without a report. */
const NO_COUNTS = {
  ...{ total: 0, pass: 0, fail: 0, vacuous: 0, inconclusive: 0, skipped: 0, notStarted: 0 },
  ...{ closed: 0, closedRed: 0, closedUndecided: 0 },
};

/** The action's outputs, named as in action.yml. */
export function outputsOf(
  { verdict, exitCode: code, report }: StepResult,
  { junit = '', json = '' }: ReportPaths,
): Readonly<Record<string, string | number>> {
  const counts = report === undefined ? NO_COUNTS : countsOf(report);
  const { total, pass, fail, vacuous, inconclusive, skipped, notStarted } = counts;
  const { closed, closedRed, closedUndecided } = counts;
  return {
    verdict,
    'exit-code': code,
    total,
    passed: pass,
    'not-started': notStarted,
    failed: fail,
    vacuous,
    inconclusive,
    skipped,
    closed,
    'closed-failed': closedRed,
    'closed-undecided': closedUndecided,
    junit,
    json,
  };
}

/** An error at a place in a file. */
interface Annotation {
  readonly title: string;
  readonly message: string;
  readonly file: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

/** GitHub shows ten errors a step, and the message of the failed step is one of them. */
export const MOST_ANNOTATIONS = 9;

/** Faults first, then what failed, then what proves nothing: probes, and members of closed classes. */
export function annotationsOf(ledger: Ledger, root: string, most: number = MOST_ANNOTATIONS): readonly Annotation[] {
  const entries = [...entriesOf(ledger), ...closedOf(ledger).flatMap(notableEntries)];
  const failed = entries.filter(({ verdict }) => verdict.kind === 'fail');
  const undecided = entries.filter(({ verdict }) => !['pass', 'skipped', 'fail'].includes(verdict.kind));
  const faults = ledger.suites.flatMap((suite) => suite.faults.map((fault) => faultAnnotation(suite, fault, root)));
  const probes = [...failed, ...undecided].slice(0, most).map((entry) => probeAnnotation(entry, root));
  return [...faults, ...probes].slice(0, most);
}

function faultAnnotation({ title, file }: Suite, fault: Fault, root: string): Annotation {
  return {
    title: oneLine(title, 200),
    message: oneLine(`${faultText(fault)} ${fault.hint}`, 2000),
    file: oneLine(relativeTo(root, file), 1000),
  };
}

function probeAnnotation(entry: Entry, root: string): Annotation {
  const { probe, verdict } = entry;
  const facts = factsOf(entry, root).filter(([label]) => label !== 'probe');
  return {
    title: oneLine(`${verdict.kind}: ${probe.name}`, 200),
    message: facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    file: oneLine(relativeTo(root, probe.at.file), 1000),
    startLine: probe.at.line,
    startColumn: probe.at.column,
  };
}
