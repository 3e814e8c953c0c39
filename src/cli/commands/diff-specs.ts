/** `apparmor-probe diff-specs`: compares each spec's profile with a commit. The action runs it on pull requests. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { changedSince, fetchCommit, hasCommit, pathInRepository } from '#adapters/host/git-revision.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { EXIT } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { plain } from '#core/text/markdown.ts';
import type { DiffSpecsArguments } from '../command-arguments.ts';
import { includesOf } from '../include-folders.ts';
import { includePaths } from '../in-lab/run-in-lab.ts';
import { runDiff } from './diff.ts';

interface Comparison {
  readonly exit: number;
  readonly markdown: string;
}

/**
 * Leaves out profiles whose folder did not change, nor those of its includes. Fetches a commit that is missing, as in a
 * shallow clone.
 * @returns the highest exit code
 * @throws HarnessError `revision-unreadable`: a profile that cannot be compared must not pass
 */
export async function runDiffSpecs(specs: readonly string[], args: DiffSpecsArguments): Promise<number> {
  const plans = loadPlans(specs, { nonce: 'check', includes: includesOf(args), ...defined({ profile: args.profile }) });
  const comparisons: Comparison[] = [];
  for (const plan of plans) {
    const comparison = await compareWithCommit(plan, args);
    if (comparison !== undefined) comparisons.push(comparison);
  }

  mkdirSync(dirname(resolve(args.markdown)), { recursive: true });
  const parts = comparisons.map(({ markdown }) => markdown).filter((markdown) => markdown !== '');
  writeFileSync(args.markdown, parts.join('\n'));
  return Math.max(EXIT.ok, ...comparisons.map(({ exit }) => exit));
}

/** @returns undefined when there is nothing to compare: the profile is not a file in a repository, or is unchanged. */
async function compareWithCommit(plan: Plan, args: DiffSpecsArguments): Promise<Comparison | undefined> {
  if (plan.profile.from !== 'file') return undefined;
  const { file, includes } = plan.profile;
  const folder = dirname(file);
  const path = await pathInRepository(file);
  if (path === undefined) return undefined;

  await fetchCommit(args.since, folder);
  const folders = [folder, ...includePaths(includes)];
  const changes = await Promise.all(folders.map((each) => changedSince(args.since, each)));
  if (!changes.includes(true)) return undefined;
  if (!(await hasCommit(`${args.since}:${path}`, folder)))
    return { exit: EXIT.ok, markdown: `\n${plain(`${path} is new, so there is nothing to compare it with.`)}\n` };

  const part = `${resolve(args.markdown)}.part`;
  rmSync(part, { force: true });
  const { host, labSuite } = args;
  const exit = await runDiff(
    { base: `${args.since}:${path}`, head: file },
    {
      host,
      labSuite,
      spec: plan.file,
      json: false,
      markdown: part,
      include: includes?.search ?? [],
      ...defined({ base: includes?.base }),
    },
  );
  const markdown = readIfWritten(part);
  rmSync(part, { force: true });
  return { exit, markdown };
}

/** A command that ended early wrote nothing. */
function readIfWritten(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
