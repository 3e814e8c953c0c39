/** A mutation run on a terminal and in the Markdown summary. Pure. */
import { EXIT, type ExitCode } from '../model/errors.ts';
import {
  countMutants,
  scoreOf,
  type MutantResult,
  type MutantState,
  type MutationReport,
} from '../mutation/results.ts';
import { changeText, orNothing } from '../mutation/mutant.ts';
import { OPERATORS } from '../mutation/operators.ts';
import { code, fenced, plain } from '../text/markdown.ts';
import { counted, grouped, oneLine, relativeTo, visibleLines } from '../text/visible.ts';
import { runOutcome } from './summary.ts';
import { durationText } from './describe-entry.ts';

/** Longest change, reason or note. */
const WIDTH = 300;
const STATE_WIDTH = 10;

const MARK: Readonly<Record<MutantState, string>> = {
  killed: '✓',
  survived: '✗',
  equivalent: '=',
  invalid: '-',
  untestable: '-',
  open: '○',
  undecided: '?',
  untried: '-',
};

/** States that are listed at the end, on a terminal and in Markdown. What survived comes first. */
const LISTED = ['survived', 'undecided', 'open', 'untestable', 'invalid', 'equivalent'] as const;
const LISTED_IN_MARKDOWN = ['survived', 'undecided', 'open'] as const;

/** States that count against the score, and states that do not count at all. */
const AGAINST = ['survived', 'undecided'] as const;
const STATES = Object.keys(MARK) as readonly MutantState[];
const NOT_COUNTED = ['open', 'equivalent', 'untestable', 'invalid', 'untried'] as const;

/** How many are listed of the states that only say that nothing was tried; all are in the JSON. */
const MOST_NOT_COUNTED = 20;
const NOT_COUNTED_STATES: ReadonlySet<MutantState> = new Set(['equivalent', 'invalid']);

/** `line 31: deny /usr/** wl → deny /usr/** w`, with the file where it is an included one. */
function mutantText(mutant: MutantResult, profileFile?: string): string {
  const { file, line } = mutant;
  const place = profileFile === undefined || file === profileFile ? '' : `${file} `;
  return oneLine(`${place}line ${line}: ${changeText(mutant)}`, WIDTH);
}

/** One mutant as soon as it is decided. */
export function mutantLine(result: MutantResult, number: number, total: number, profileFile?: string): string {
  const { kind, state, sameAs, ms } = result;
  const why = state === 'killed' ? `by ${result.killedBy ?? '?'}` : (result.reason ?? '');
  const parts = [
    `  ${`${number}`.padStart(`${total}`.length)}/${total}`,
    ` ${MARK[state]} ${state.padEnd(STATE_WIDTH)}`,
    ` ${kind}: ${mutantText(result, profileFile)}`,
    why === '' ? '' : `  · ${why}`,
    sameAs === undefined ? '' : ` (same policy as ${sameAs})`,
    ` · ${durationText(ms)}`,
  ];
  return oneLine(parts.join(''), 2 * WIDTH);
}

/** The end: what was not killed, each with its place and a probe for it, the score, and the outcome. */
export function mutationClosing(report: MutationReport, root: string | undefined): string[] {
  const exit = mutationExit(report);
  return [
    '',
    ...LISTED.flatMap((state) => stateLines(report, state, root)),
    '',
    ...operatorTable(report).map((line) => `  ${line}`),
    '',
    `  ${scoreText(report)}`,
    ...report.notes.map((note) => `  note: ${oneLine(note, WIDTH)}`),
    `  ${outcomeWord(exit)}: ${gateText(report)} (exit ${exit})`,
  ];
}

function outcomeWord(exit: ExitCode): string {
  // a mutation run is green or not: one without a score counts as red
  return exit === EXIT.undecided ? 'RED' : runOutcome(exit).toUpperCase();
}

function stateLines({ results }: MutationReport, state: MutantState, root: string | undefined): readonly string[] {
  const mutants = results.filter((result) => result.state === state);
  if (mutants.length === 0) return [];
  const shown = NOT_COUNTED_STATES.has(state) ? mutants.slice(0, MOST_NOT_COUNTED) : mutants;
  const left = mutants.length - shown.length;
  return [
    `  ${state} (${grouped(mutants.length)})`,
    ...shown.flatMap((mutant) => listedLines(mutant, root)),
    ...(left === 0 ? [] : [`    … and ${grouped(left)} more, in mutation.json`]),
  ];
}

/** Counts of each operator, as the rows of a table; the first row has the states. */
function operatorRows({ results }: MutationReport): string[][] {
  const states = STATES.filter((state) => results.some((result) => result.state === state));
  const operators = OPERATORS.filter((operator) => results.some(({ kind }) => kind === operator));
  const rows = operators.map((operator) => {
    const counts = countMutants(results.filter(({ kind }) => kind === operator));
    return [operator, ...states.map((state) => (counts[state] === 0 ? '·' : grouped(counts[state])))];
  });
  return rows.length === 0 ? [] : [['operator', ...states], ...rows];
}

function operatorTable(report: MutationReport): string[] {
  const rows = operatorRows(report);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => row.map(cell).join('  '));
}

function operatorMarkdown(report: MutationReport): string[] {
  const [head, ...rows] = operatorRows(report);
  if (head === undefined) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line), ''];
}

function listedLines(mutant: MutantResult, root: string | undefined): readonly string[] {
  const { file, line, kind, state, reason, probe, problem } = mutant;
  const place = `${oneLine(relativeTo(root, file), WIDTH)}:${line}`;
  const showsReason = state !== 'survived' && reason !== undefined;
  return [
    `    ${MARK[state]} ${place} ${kind}: ${oneLine(changeText(mutant), WIDTH)}`,
    ...(showsReason ? [`        ${oneLine(reason, WIDTH)}`] : []),
    ...(problem === undefined ? [] : [`        ${oneLine(problem, WIDTH)}`]),
    ...(probe === undefined ? [] : probeLines(probe)),
  ];
}

function probeLines(probe: string): readonly string[] {
  const lines = visibleLines(probe).trimEnd().split('\n');
  return ['        a probe that would kill it:', ...lines.map((line) => `          ${line}`)];
}

/** `mutation score 96.2 %: 51 killed of 53 (2 survived); not counted: 12 equivalent; 1 min 40 s, 39 a minute`. */
export function scoreText({ results, mutantsMs, restarts }: MutationReport): string {
  const counts = countMutants(results);
  const score = scoreOf(results);
  const total = counts.killed + counts.survived + counts.undecided;
  const countTexts = (states: readonly MutantState[]): string =>
    states
      .filter((state) => counts[state] > 0)
      .map((state) => `${grouped(counts[state])} ${state}`)
      .join(', ');
  const against = countTexts(AGAINST);
  const notCounted = countTexts(NOT_COUNTED);

  const parts = [
    `mutation score ${score === undefined ? 'none' : `${score} %`}`,
    `: ${grouped(counts.killed)} killed of ${grouped(total)}`,
    against === '' ? '' : ` (${against})`,
    notCounted === '' ? '' : `; not counted: ${notCounted}`,
    `; ${durationText(mutantsMs)}`,
    mutantsMs === 0 ? '' : `, ${((counts.total * 60_000) / mutantsMs).toFixed(0)} a minute`,
    restarts === 0 ? '' : `, ${counted(restarts, 'container')} replaced`,
  ];
  return parts.join('');
}

/** Why the run has its exit code. */
function gateText({ faults, results, options: { minScore } }: MutationReport): string {
  const [fault] = faults;
  if (fault !== undefined) {
    const [message = ''] = fault.message.split('\n');
    return `the run is not complete: ${oneLine(message, WIDTH)} [${fault.code}]`;
  }
  const score = scoreOf(results);
  if (score === undefined) return 'no mutant has a result';
  if (minScore === undefined) return 'no minimum score is set';
  return score < minScore ? `the score is below ${minScore} %` : `the score reaches ${minScore} %`;
}

/** Faults that are the profile's own. */
const OF_THE_PROFILE: ReadonlySet<string> = new Set(['spec-not-green', 'wrong-mode']);

/** 1 when the score is below the minimum or the spec is not green, 3 when no mutant has a result, 4 for a fault. */
export function mutationExit({ faults, results, options: { minScore } }: MutationReport): ExitCode {
  if (faults.length > 0) return faults.every(({ code: name }) => OF_THE_PROFILE.has(name)) ? EXIT.failed : EXIT.broken;

  const score = scoreOf(results);
  if (score === undefined) return EXIT.undecided;
  return minScore !== undefined && score < minScore ? EXIT.failed : EXIT.ok;
}

/** A section of a job summary. */
export function mutationMarkdown(report: MutationReport, root: string | undefined): string {
  const lines = [
    `## Mutation score: ${plain(report.title)}`,
    '',
    plain(scoreText(report)),
    '',
    ...operatorMarkdown(report),
    ...LISTED_IN_MARKDOWN.flatMap((state) => markdownLines(report, state, root)),
  ];
  return `${lines.join('\n')}\n`;
}

function markdownLines({ results }: MutationReport, state: MutantState, root: string | undefined): readonly string[] {
  const mutants = results.filter((result) => result.state === state);
  if (mutants.length === 0) return [];
  return [`### ${state} (${grouped(mutants.length)})`, '', ...mutants.flatMap((mutant) => itemLines(mutant, root)), ''];
}

function itemLines(mutant: MutantResult, root: string | undefined): readonly string[] {
  const { kind, file, line, before, after, probe } = mutant;
  const place = plain(`${relativeTo(root, file)}:${line}`);
  const shown = (text: string): string => (text === '' ? orNothing(text) : code(text));
  const item = `- ${place} ${kind}: ${shown(before)} → ${shown(after)}`;
  return probe === undefined ? [item] : [item, '', fenced(visibleLines(probe).trimEnd()), ''];
}
