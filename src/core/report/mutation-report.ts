/** A mutation run on a terminal and in the Markdown summary. Pure. */
import { EXIT, type ExitCode } from '../model/errors.ts';
import {
  countMutants,
  scoreOf,
  type MutantResult,
  type MutantState,
  type MutationReport,
} from '../mutation/results.ts';
import { durationText } from './wording.ts';
import { code, fenced, plain } from '../text/markdown.ts';
import { grouped, oneLine, relativeTo, visibleLines } from '../text/visible.ts';

const WIDTH = 300;
const MARK: Readonly<Record<MutantState, string>> = {
  killed: '✓',
  survived: '✗',
  equivalent: '=',
  invalid: '-',
  untestable: '-',
  undecided: '?',
  untried: '-',
};

/** `line 31: deny /usr/** wl → deny /usr/** w`, with the file where it is an included one. */
function mutantText(
  { file, line, before, after }: Pick<MutantResult, 'file' | 'line' | 'before' | 'after'>,
  profileFile?: string,
): string {
  const place = profileFile === undefined || file === profileFile ? '' : `${file} `;
  return oneLine(`${place}line ${line}: ${before} → ${after === '' ? 'nothing' : after}`, WIDTH);
}

/** One mutant as it is decided. */
export function mutantLine(result: MutantResult, number: number, of: number, profileFile?: string): string {
  const width = String(of).length;
  const why = result.state === 'killed' ? `by ${result.killedBy ?? '?'}` : (result.reason ?? '');
  return oneLine(
    `  ${String(number).padStart(width)}/${of} ${MARK[result.state]} ${result.state.padEnd(10)} ${mutantText(result, profileFile)}${why === '' ? '' : `  · ${why}`}${result.sameAs === undefined ? '' : ` (as ${result.sameAs})`} · ${durationText(result.ms)}`,
    2 * WIDTH,
  );
}

/** The last words: what was not killed, each with its place and a probe for it, and the score. */
export function mutationClosing(report: MutationReport, root: string | undefined): string[] {
  const { results } = report;
  const lines = [''];
  for (const state of ['survived', 'undecided', 'untestable', 'invalid', 'equivalent'] as const) {
    const those = results.filter((one) => one.state === state);
    if (those.length === 0) continue;
    lines.push(`  ${state} (${grouped(those.length)})`);
    for (const one of those) {
      lines.push(
        `    ${MARK[state]} ${oneLine(relativeTo(root, one.file), WIDTH)}:${one.line} ${oneLine(`${one.before} → ${one.after === '' ? 'nothing' : one.after}`, WIDTH)}`,
      );
      if (state !== 'survived' && one.reason !== undefined) lines.push(`        ${oneLine(one.reason, WIDTH)}`);
      if (one.probe !== undefined)
        lines.push(
          '        a probe that would kill it:',
          ...visibleLines(one.probe)
            .trimEnd()
            .split('\n')
            .map((line) => `          ${line}`),
        );
    }
  }
  lines.push('', `  ${scoreText(report)}`);
  lines.push(...report.notes.map((note) => `  note: ${oneLine(note, WIDTH)}`));
  const code = mutationExit(report);
  lines.push(
    `  ${code === EXIT.ok ? 'GREEN' : code === EXIT.broken ? 'ERROR' : 'RED'}: ${gateText(report)} (exit ${code})`,
  );
  return lines;
}

/** `mutation score 96.2 %: 51 killed of 53 mutants (1 survived, 1 undecided), 12 equivalent set aside, in 1 m 40 s`. */
export function scoreText({ results, mutantsMs, restarts }: MutationReport): string {
  const counts = countMutants(results);
  const score = scoreOf(results);
  const counted = counts.killed + counts.survived + counts.undecided;
  const short = (
    [
      ['survived', counts.survived],
      ['undecided', counts.undecided],
    ] as const
  )
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${grouped(count)} ${word}`);
  const aside = (['equivalent', 'untestable', 'invalid', 'untried'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${grouped(counts[state])} ${state}`);
  const rate = mutantsMs === 0 ? '' : `, ${((counts.total * 60_000) / mutantsMs).toFixed(0)} a minute`;
  return `mutation score ${score === undefined ? 'none' : `${score} %`}: ${grouped(counts.killed)} killed of ${grouped(counted)}${short.length === 0 ? '' : ` (${short.join(', ')})`}${aside.length === 0 ? '' : `; set aside: ${aside.join(', ')}`}; ${durationText(mutantsMs)}${rate}${restarts === 0 ? '' : `, ${restarts} container(s) renewed`}`;
}

function gateText(report: MutationReport): string {
  const [fault] = report.faults;
  if (fault !== undefined)
    return `the run is not complete: ${oneLine(fault.message.split('\n')[0] ?? '', WIDTH)} [${fault.code}]`;
  const { minScore } = report.options;
  const score = scoreOf(report.results);
  if (score === undefined) return 'no mutant could be told from the original';
  if (minScore === undefined) return 'no minimum was asked for';
  return score < minScore ? `the score is below ${minScore} %` : `the score reaches ${minScore} %`;
}

/** 0, 1 when the score is below the minimum, 3 when nothing could be judged, and a fault's own code. */
export function mutationExit({ faults, results, options: { minScore } }: MutationReport): ExitCode {
  if (faults.length > 0) return faults.some(({ code }) => code !== 'spec-not-green') ? EXIT.broken : EXIT.failed;
  const score = scoreOf(results);
  if (score === undefined) return EXIT.undecided;
  return minScore !== undefined && score < minScore ? EXIT.failed : EXIT.ok;
}

/** A section of a job summary. */
export function mutationMarkdown(report: MutationReport, root: string | undefined): string {
  const lines = [`## Mutation score: ${plain(report.title)}`, '', plain(scoreText(report)), ''];
  for (const state of ['survived', 'undecided'] as const) {
    const those = report.results.filter((one) => one.state === state);
    if (those.length === 0) continue;
    lines.push(`### ${state} (${grouped(those.length)})`, '');
    for (const one of those) {
      lines.push(
        `- ${plain(`${relativeTo(root, one.file)}:${one.line}`)} ${code(one.before)} → ${one.after === '' ? 'nothing' : code(one.after)}`,
      );
      if (one.probe !== undefined) lines.push('', fenced(visibleLines(one.probe).trimEnd()), '');
    }
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}
