/** The lossless report: the whole ledger as JSON, with the totals that derive from it for tools that read nothing else. */
import type { ExitCode } from '../model/errors.ts';
import type { Ledger } from '../model/model.ts';
import { profileCoverages, type ProfileCoverage } from './coverage-summary.ts';
import { countsOf, exitCode, runOutcome, type Counts, type RunOutcome } from './summary.ts';

/** What report.json holds: a ledger and, before it, what it adds up to. */
export interface JsonReport extends Ledger {
  readonly verdict: RunOutcome;
  readonly exitCode: ExitCode;
  readonly counts: Counts;
  /** Rule coverage a profile, the suites with the same profile joined. */
  readonly coverage: readonly ProfileCoverage[];
}

/** Outside of strings JSON is ASCII, so these can only stand in strings, where an escape says the same. */
const UNSAFE_TO_PRINT = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** The ledger as pretty JSON: every string lossless, and no byte that a terminal or an editor would obey. */
export function json(ledger: Ledger): string {
  const { schema, ...rest } = ledger;
  const code = exitCode(ledger);
  const report: JsonReport = {
    schema,
    verdict: runOutcome(code),
    exitCode: code,
    counts: countsOf(ledger),
    coverage: profileCoverages(ledger),
    ...rest,
  };
  return `${JSON.stringify(report, undefined, 2).replace(UNSAFE_TO_PRINT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/**
 * Reads what {@link json} wrote.
 * @returns the report, or one sentence that says why it is none: totals that its ledger does not give are a reason.
 */
export function readJson(text: string): JsonReport | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'It is not JSON.';
  }
  try {
    const report = value as JsonReport;
    if ((report.schema as number) !== 1) return 'Its schema is not 1.';
    const code = exitCode(report);
    if (report.exitCode !== code) return `It says exit code ${report.exitCode}, but its verdicts give ${code}.`;
    const counts = countsOf(report);
    for (const [key, count] of Object.entries(counts)) {
      if (report.counts[key as keyof Counts] !== count)
        return `It counts ${report.counts[key as keyof Counts]} as ${key}, but has ${count}.`;
    }
    return report.verdict === runOutcome(code) ? report : 'Its verdict is not that of its exit code.';
  } catch {
    return 'It is not a report: a part is missing.';
  }
}
