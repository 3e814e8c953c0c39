/** `apparmor-probe diff-specs`: compares each spec's profile with a commit. The action runs it on pull requests. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fetchCommit, formerName, hasCommit, pathInRepository, readCheckout } from '#adapters/host/git-revision.ts';
import { includedFiles } from '#adapters/kernel/parser/included-files.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { EXIT } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { plain } from '#core/text/markdown.ts';
import type { DiffSpecsArguments } from '../command-arguments.ts';
import type { DiffOperands } from '../diff-sides.ts';
import { foldersIn, includesOf } from '../include-folders.ts';
import { includePaths } from '../in-lab/run-in-lab.ts';
import { runDiff } from './diff.ts';

interface Comparison {
  readonly exit: number;
  readonly markdown: string;
}

/**
 * Leaves out profiles that did not change, nor anything that they include. Fetches a commit that is missing, as in a
 * shallow clone.
 * @returns the highest exit code
 * @throws HarnessError `revision-unreadable`: a profile that cannot be compared must not pass
 */
export async function runDiffSpecs(specs: readonly string[], args: DiffSpecsArguments): Promise<number> {
  const plans = loadPlans(specs, { includes: includesOf(args), ...defined({ profile: args.profile }) });
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

/** @returns undefined when there is nothing to compare: no version is a file in a repository, or it is unchanged. */
async function compareWithCommit(plan: Plan, args: DiffSpecsArguments): Promise<Comparison | undefined> {
  const head = plan.profile.from === 'file' ? plan.profile.file : undefined;
  const headPath = head === undefined ? undefined : await pathInRepository(head);
  const cwd = dirname(headPath === undefined ? plan.file : (head ?? plan.file));
  const specPath = await pathInRepository(plan.file);
  if (specPath === undefined && headPath === undefined) return undefined;

  const { since } = args;
  await fetchCommit(since, cwd);
  const base = (await profileOfSpec(specPath, { since, cwd, args })) ?? (await earlierName(headPath, { since, cwd }));
  if (head === undefined || headPath === undefined) return base === undefined ? undefined : notAFile(base);
  if (base === undefined)
    return { exit: EXIT.ok, markdown: `\n${plain(`${headPath} is new, so there is nothing to compare it with.`)}\n` };

  if (base === headPath && (await isUnchanged(plan, base, { since, cwd }))) return undefined;
  return compareFiles(plan, { base: `${since}:${base}`, head, cwd }, args);
}

interface Earlier {
  /** The commit to compare with. */
  readonly since: string;
  /** A folder in the repository. */
  readonly cwd: string;
}

/**
 * The profile that the spec named at the commit: a spec that names another file changes its container's profile.
 * @returns its path in the repository; undefined when there was no such spec, or it named no file there
 */
async function profileOfSpec(
  specPath: string | undefined,
  { since, cwd, args }: Earlier & { readonly args: DiffSpecsArguments },
): Promise<string | undefined> {
  const path = args.profile === undefined ? await earlierName(specPath, { since, cwd }) : undefined;
  if (path === undefined) return undefined;
  const checkout = await readCheckout(since, path, { cwd });
  try {
    const [plan] = loadPlans([checkout.file]);
    const file = plan?.profile.from === 'file' ? plan.profile.file : undefined;
    const isThere = file?.startsWith(checkout.folder) === true && existsSync(file);
    return isThere ? relative(checkout.folder, file) : undefined;
  } catch {
    return undefined; // what the spec was is no concern of this version's user
  } finally {
    checkout.remove();
  }
}

/** @returns the path of a file at the commit, also when it was renamed since; undefined when it is new. */
async function earlierName(path: string | undefined, { since, cwd }: Earlier): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return (await hasCommit(`${since}:${path}`, cwd)) ? path : formerName(path, { other: since, cwd });
}

function notAFile(base: string): Comparison {
  const message = `The spec tested ${base}, and now names no file of this repository: the two cannot be compared.`;
  return { exit: EXIT.failed, markdown: `\n${plain(message)}\n` };
}

/** Whether a profile and all that it includes are as they were. */
async function isUnchanged({ profile }: Plan, path: string, { since, cwd }: Earlier): Promise<boolean> {
  if (profile.from !== 'file') return false;
  const { file, includes = {} } = profile;
  const checkout = await readCheckout(since, path, { cwd, folders: includePaths(includes) });
  try {
    const before = includedFiles(checkout.file, foldersIn(checkout, includes));
    const after = includedFiles(file, includes);
    const isSame = [...after].every(([each, text]) => before.get(checkout.place(each)) === text);
    return isSame && before.size === after.size;
  } finally {
    checkout.remove();
  }
}

async function compareFiles(plan: Plan, operands: DiffOperands, args: DiffSpecsArguments): Promise<Comparison> {
  const part = `${resolve(args.markdown)}.part`;
  rmSync(part, { force: true });
  const { host, labSuite } = args;
  const { includes } = plan.profile;
  const exit = await runDiff(operands, {
    host,
    labSuite,
    spec: plan.file,
    json: false,
    markdown: part,
    include: includes?.search ?? [],
    ...defined({ base: includes?.base }),
  });
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
