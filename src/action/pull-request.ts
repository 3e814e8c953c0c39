/** On a pull request: compares the profiles under test with the base commit. Pure. */
import { toArgv } from '#cli/options.ts';
import { EXIT } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { plain } from '#core/text/markdown.ts';
import { oneLine } from '#core/text/visible.ts';
import type { Inputs } from './inputs.ts';
import type { CommandExit, StepResult } from './outputs.ts';

/** What the comparison of a workflow's event is made with. */
export interface Base {
  /** Undefined for an event of no pull request. */
  readonly commit?: string;
  /** Why the commit of a pull request is not known. */
  readonly problem?: string;
}

/** Where the payload of each event about pull requests has the commit that they are compared with. */
const BASE_OF: Readonly<Record<string, (payload: Payload) => unknown>> = {
  pull_request: ({ pull_request: request }) => request?.base?.sha,
  pull_request_target: ({ pull_request: request }) => request?.base?.sha,
  merge_group: ({ merge_group: group }) => group?.base_sha,
};

interface Payload {
  readonly pull_request?: { readonly base?: { readonly sha?: unknown } };
  readonly merge_group?: { readonly base_sha?: unknown };
}

/**
 * The base commit of a pull request, or of one in a merge queue.
 * @param event name of the event that started the workflow
 * @param payload the runner's event file: JSON, as GitHub's webhooks send it
 */
export function baseCommit(event: string | undefined, payload: string | undefined): Base {
  const baseOf = event !== undefined && Object.hasOwn(BASE_OF, event) ? BASE_OF[event] : undefined;
  if (baseOf === undefined) return {};
  const commit = readBase(payload, baseOf);
  return commit === undefined ? { problem: `the payload of the event ${event} names no base commit` } : { commit };
}

function readBase(payload: string | undefined, baseOf: (payload: Payload) => unknown): string | undefined {
  try {
    const commit = baseOf(JSON.parse(payload ?? '') as Payload);
    return typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
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
export function withDiff(result: StepResult, { exit, startError }: CommandExit): StepResult {
  if (exit === EXIT.ok || result.failure !== undefined) return result;
  if (exit === EXIT.failed) return { ...result, verdict: 'red', exitCode: EXIT.failed, failure: `red: ${LOOSER}` };
  if (exit === EXIT.undecided)
    return { ...result, verdict: 'undecided', exitCode: exit, failure: `undecided: ${INCOMPLETE}` };
  const why = oneLine(startError ?? 'the log of the step shows why', 200);
  const failure = `error: the profile could not be compared with the base commit: ${why}.`;
  return { ...result, verdict: 'error', exitCode: EXIT.broken, failure };
}

/** The comparison's part of the job summary. */
export function diffSummary(markdown: string | undefined, { exit }: CommandExit): string {
  const title = '\n## What this pull request changes\n';
  if (markdown !== undefined && markdown.trim() !== '') return `${title}${markdown}`;
  if (exit === EXIT.ok) return '';
  return `${title}\n${plain('The profile could not be compared; the log of the step shows why.')}\n`;
}
