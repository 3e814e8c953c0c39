/** What a pull request changes of the profiles under test. Pure, but for what it is given. */
import { EXIT } from '#core/model/errors.ts';
import { plain } from '#core/text/markdown.ts';
import type { Inputs } from './inputs.ts';
import type { Ended, Result } from './outputs.ts';

/** The commit that a pull request starts from, as the runner's event file names it; undefined for other events. */
export function baseCommit(event: string | undefined, payload: string | undefined): string | undefined {
  if (event !== 'pull_request' || payload === undefined) return undefined;
  try {
    const { pull_request: request } = JSON.parse(payload) as { pull_request?: { base?: { sha?: unknown } } };
    const sha = request?.base?.sha;
    return typeof sha === 'string' && /^[0-9a-f]{40,64}$/.test(sha) ? sha : undefined;
  } catch {
    return undefined;
  }
}

/** The arguments of the command that compares the profile of each spec with what it was at a commit. */
export function diffArguments(
  base: string,
  markdown: string,
  inputs: Inputs,
  specs: readonly string[],
): readonly string[] {
  return [
    'diff-specs',
    '--host=local',
    `--since=${base}`,
    `--markdown=${markdown}`,
    ...(inputs.profile === undefined ? [] : [`--profile=${inputs.profile}`]),
    '--',
    ...specs,
  ];
}

/** Joins the comparison with the run: what is newly allowed fails a green step, and a comparison that broke does too. */
export function withDiff(result: Result, { exit }: Ended): Result {
  if (exit === EXIT.ok || result.failure !== undefined) return result;
  const why =
    exit === EXIT.failed
      ? 'red: the change of the profile newly allows accesses that no waiver of the spec covers; the job summary lists them.'
      : 'error: the change of the profile could not be compared; the log says why.';
  return {
    ...result,
    verdict: exit === EXIT.failed ? 'red' : 'error',
    exitCode: exit === EXIT.failed ? EXIT.failed : EXIT.broken,
    failure: why,
  };
}

/** The comparison's part of the job summary. */
export function diffSummary(markdown: string | undefined, { exit }: Ended): string {
  if (markdown !== undefined && markdown.trim() !== '') return `\n## What this pull request changes\n${markdown}`;
  return exit === EXIT.ok
    ? ''
    : `\n## What this pull request changes\n\n${plain('It could not be compared; the log of the step says why.')}\n`;
}
