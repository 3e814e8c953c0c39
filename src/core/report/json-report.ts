/**
 * The lossless report: the whole ledger as JSON, with the totals that derive from it for tools that read nothing else.
 * Pure.
 */
import { profileCoverages, type ProfileCoverage } from '../coverage/coverage-counts.ts';
import type { ExitCode } from '../model/errors.ts';
import type { Ledger } from '../model/model.ts';
import { countsOf, exitCode, runOutcome, type Counts, type RunOutcome } from './summary.ts';

/** What report.json has: a ledger and, before it, its totals. */
export interface JsonReport extends Ledger {
  readonly verdict: RunOutcome;
  readonly exitCode: ExitCode;
  readonly counts: Counts;
  /** Rule coverage per profile, the suites with the same profile joined. */
  readonly coverage: readonly ProfileCoverage[];
}

/**
 * Characters that a terminal or an editor would obey. Outside of strings JSON is ASCII, so these stand in strings only,
 * where an escape means the same.
 */
const UNSAFE_TO_PRINT = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** The ledger as indented JSON: every string lossless, and no character that a terminal or an editor would obey. */
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
  return `${JSON.stringify(report, undefined, 2).replace(UNSAFE_TO_PRINT, jsonEscape)}\n`;
}

/** A UTF-16 unit as JSON writes it: `\u202e`. */
function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Reads what {@link json} wrote.
 * @returns the report, or a sentence that says why it is not one: for example, totals that its ledger does not give
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
    return problemOf(report) ?? report;
  } catch {
    return 'It is not a report: a part is missing.';
  }
}

/** @throws when a part is missing */
function problemOf(report: JsonReport): string | undefined {
  if ((report.schema as number) !== 1) return 'Its schema is not 1.';

  const code = exitCode(report);
  if (report.exitCode !== code) return `Its exit code is ${report.exitCode}, but its verdicts give ${code}.`;

  for (const [key, count] of Object.entries(countsOf(report))) {
    const stated = report.counts[key as keyof Counts];
    if (stated !== count) return `Its count of ${key} is ${stated}, but it has ${count}.`;
  }

  return report.verdict === runOutcome(code) ? undefined : 'Its verdict does not match its exit code.';
}
