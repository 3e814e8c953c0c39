/** On a pull request: compares the profiles under test with the base commit. Pure. */
import { toArgv } from '#cli/options.ts';
import { EXIT } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { plain } from '#core/text/markdown.ts';
import type { Inputs } from './inputs.ts';
import type { CommandExit, StepResult } from './outputs.ts';

/**
 * The base commit of a pull request.
 * @param event name of the event that started the workflow
 * @param payload the runner's event file: JSON, as GitHub's webhooks send it
 * @returns undefined for other events, and when the file names no commit
 */
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

/** The arguments that compare the profile of each spec with the base commit. */
export function diffArguments(
  since: string,
  markdown: string,
  { profile, include, base }: Inputs,
  specs: readonly string[],
): readonly string[] {
  return toArgv('diff-specs', { host: 'local', since, markdown, include, ...defined({ profile, base }) }, specs);
}

const LOOSER =
  'the change to the profile allows new accesses that no waiver of the spec covers, or makes a probe fail; ' +
  'the job summary lists them.';
const INCOMPLETE = 'a part of the change to the profile could not be compared; the job summary lists it.';

/** Adds the comparison to a green result: what fails or breaks the comparison fails the step. */
export function withDiff(result: StepResult, { exit }: CommandExit): StepResult {
  if (exit === EXIT.ok || result.failure !== undefined) return result;
  if (exit === EXIT.failed) return { ...result, verdict: 'red', exitCode: EXIT.failed, failure: `red: ${LOOSER}` };
  if (exit === EXIT.undecided)
    return { ...result, verdict: 'undecided', exitCode: exit, failure: `undecided: ${INCOMPLETE}` };
  const failure = 'error: the profile could not be compared with the base commit; the log of the step shows why.';
  return { ...result, verdict: 'error', exitCode: EXIT.broken, failure };
}

/** The comparison's part of the job summary. */
export function diffSummary(markdown: string | undefined, { exit }: CommandExit): string {
  const title = '\n## What this pull request changes\n';
  if (markdown !== undefined && markdown.trim() !== '') return `${title}${markdown}`;
  if (exit === EXIT.ok) return '';
  return `${title}\n${plain('The profile could not be compared; the log of the step shows why.')}\n`;
}
