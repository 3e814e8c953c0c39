/** What the action makes of the command's end and its report. Pure. Whatever does not fit together is an error, never green. */
import { EXIT } from '#core/model/errors.ts';
import type { Ledger } from '#core/model/model.ts';
import { factsOf, faultText } from '#core/report/wording.ts';
import { readJson, type JsonReport } from '#core/report/json-report.ts';
import {
  countsOf,
  EXIT_MEANS,
  exitCode,
  faultsOf,
  meaningOf,
  runOutcome,
  type RunOutcome,
} from '#core/report/summary.ts';
import { grouped, oneLine, relativeTo } from '#core/text/visible.ts';

/** How the command ended. */
export interface Ended {
  readonly exit?: number;
  readonly signal?: string;
  readonly startError?: string;
  /** The signal that the action itself got while the command ran: the workflow was cancelled. */
  readonly cancelled?: string;
}

/** The action's judgement. `failure` is the message of a step that fails; it is missing only when the run is green. */
export interface Result {
  readonly verdict: RunOutcome;
  readonly exitCode: number;
  readonly report?: JsonReport;
  readonly failure?: string;
}

/** Places of the reports, as far as they were written by this run. */
export interface Reports {
  readonly json?: string;
  readonly junit?: string;
}

/** A result that is an error whatever the report says. */
export function broken(failure: string, exit: number = EXIT.broken, report?: JsonReport): Result {
  return { verdict: 'error', exitCode: exit, failure, ...(report === undefined ? {} : { report }) };
}

/**
 * Joins the command's end with its report.
 * @param text report.json, or undefined when it cannot be read
 * @param startedMs when the command was started: a report from before is another run's
 */
export function interpretExit(ended: Ended, text: string | undefined, startedMs: number): Result {
  const read = text === undefined ? 'It is missing.' : readJson(text);
  const report = typeof read === 'string' || !(Date.parse(read.startedAt) >= startedMs) ? undefined : read;
  if (ended.cancelled !== undefined) return broken(`The run was cancelled (${ended.cancelled}).`, EXIT.broken, report);
  if (ended.startError !== undefined) return broken(`The command did not start: ${oneLine(ended.startError, 200)}.`);
  if (ended.exit === undefined)
    return broken(`The command was ended by ${oneLine(ended.signal ?? 'an unknown signal', 50)}.`, EXIT.broken, report);
  if (typeof read === 'string') return withoutReport(ended.exit, `There is no sound report.json: ${read}`);
  if (report === undefined) return withoutReport(ended.exit, 'The report.json is from an earlier run.');
  const code = exitCode(report);
  if (code !== ended.exit)
    return broken(`The command ended with exit ${ended.exit}, but its report.json gives ${code}.`, EXIT.broken, report);
  const verdict = runOutcome(code);
  return verdict === 'green'
    ? { verdict, exitCode: code, report }
    : { verdict, exitCode: code, report, failure: `${verdict}: ${meaningOf(report)}${tally(report)}` };
}

/** A wrong spec or option may end the command before there is anything to report. */
function withoutReport(exit: number, why: string): Result {
  const code = exit === EXIT.usage ? EXIT.usage : EXIT.broken;
  return broken(`${EXIT_MEANS[code]}: the command ended with exit ${exit}. ${why}`, code);
}

function tally(report: Ledger): string {
  const counts = countsOf(report);
  const words = { fail: 'failed', vacuous: 'vacuous', inconclusive: 'inconclusive', faults: 'faults' } as const;
  const parts = (Object.keys(words) as (keyof typeof words)[])
    .filter((key) => counts[key] > 0)
    .map((key) => `${grouped(counts[key])} ${words[key]}`);
  const fault = faultsOf(report)[0];
  return `${parts.length === 0 ? '' : ` (${parts.join(', ')}; ${grouped(counts.total)} probes in all)`}${fault === undefined ? '' : `: ${oneLine(`${faultText(fault)} ${fault.hint}`, 1000)}`}`;
}

/** The action's outputs. Counts are 0 when there is no report to count. */
export function outputsOf(result: Result, reports: Reports): Readonly<Record<string, string | number>> {
  const counts = result.report === undefined ? undefined : countsOf(result.report);
  return {
    verdict: result.verdict,
    'exit-code': result.exitCode,
    total: counts?.total ?? 0,
    passed: counts?.pass ?? 0,
    failed: counts?.fail ?? 0,
    vacuous: counts?.vacuous ?? 0,
    inconclusive: counts?.inconclusive ?? 0,
    skipped: counts?.skipped ?? 0,
    junit: reports.junit ?? '',
    json: reports.json ?? '',
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

/** Errors for the faults and then for the probes that are not green, failures first. */
export function annotationsOf(ledger: Ledger, root: string, most: number = MOST_ANNOTATIONS): readonly Annotation[] {
  const faults = ledger.suites.flatMap((suite) =>
    suite.faults.map((fault) => ({
      title: oneLine(suite.title, 200),
      message: oneLine(`${faultText(fault)} ${fault.hint}`, 2000),
      file: oneLine(relativeTo(root, suite.file), 1000),
    })),
  );
  const entries = ledger.suites
    .flatMap((suite) => suite.entries)
    .filter(({ verdict }) => verdict.kind !== 'pass' && verdict.kind !== 'skipped');
  const sorted = [
    ...entries.filter(({ verdict }) => verdict.kind === 'fail'),
    ...entries.filter(({ verdict }) => verdict.kind !== 'fail'),
  ];
  const probes = sorted.slice(0, most).map((entry) => ({
    title: oneLine(`${entry.verdict.kind}: ${entry.probe.name}`, 200),
    message: factsOf(entry, root)
      .filter(([label]) => label !== 'probe')
      .map(([label, value]) => `${label}: ${value}`)
      .join('\n'),
    file: oneLine(relativeTo(root, entry.probe.at.file), 1000),
    startLine: entry.probe.at.line,
    startColumn: entry.probe.at.column,
  }));
  return [...faults, ...probes].slice(0, most);
}
