/** `apparmor-probe diff-specs`: compares each spec's profile with a commit. The action runs it on pull requests. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fetchCommit, formerName, hasCommit, pathInRepository, readCheckout } from '#adapters/host/git-revision.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { includedFiles } from '#adapters/kernel/parser/included-files.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { EXIT } from '#core/model/errors.ts';
import type { IncludeFolders, Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { plain } from '#core/text/markdown.ts';
import type { DiffSpecsArguments } from '../command-arguments.ts';
import type { DiffOperands } from '../diff-sides.ts';
import { foldersIn, includesOf } from '../include-folders.ts';
import { includePaths } from '../in-lab/run-in-lab.ts';
import { runDiff } from './diff.ts';
import { removedSpecs } from './removed-specs.ts';

/** Stands between the profiles of a stack. */
const STACKED = '//&';

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

  if (args.profile === undefined)
    for (const { spec, profile } of await removedSpecs(plans, args.since)) comparisons.push(untested(spec, profile));

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
  const before = await profileBefore(plan, { specPath, headPath }, { since, cwd, args });
  if (head === undefined || headPath === undefined) return before === undefined ? undefined : notAFile(before.path);
  if (before === undefined)
    return { exit: EXIT.ok, markdown: `\n${plain(`${headPath} is new, so there is nothing to compare it with.`)}\n` };

  const switched = switchedName(plan, before.name);
  if (switched !== undefined) return switched;
  if (before.path === headPath && (await isUnchanged(plan, before, { since, cwd }))) return undefined;
  return compareFiles(plan, { base: `${since}:${before.path}`, head, cwd, baseIncludes: before.includes }, args);
}

/** @returns what the spec said, else the profile's own file as it was; undefined where neither was there. */
async function profileBefore(
  plan: Plan,
  { specPath, headPath }: { readonly specPath: string | undefined; readonly headPath: string | undefined },
  earlier: Earlier & { readonly args: DiffSpecsArguments },
): Promise<EarlierProfile | undefined> {
  const ofSpec = await profileOfSpec(plan, specPath, earlier);
  if (ofSpec !== undefined) return ofSpec;
  const path = await earlierName(headPath, earlier);
  return path === undefined ? undefined : { path, includes: plan.profile.includes ?? {} };
}

interface Earlier {
  /** The commit to compare with. */
  readonly since: string;
  /** A folder in the repository. */
  readonly cwd: string;
}

/** What a spec said of its profile at the commit. */
interface EarlierProfile {
  /** In the repository. */
  readonly path: string;
  /** Which profile of the file; undefined where the spec named none. */
  readonly name?: string;
  /** Where its includes were searched: paths of the work tree. */
  readonly includes: IncludeFolders;
}

/**
 * The profile that the spec named at the commit: a spec that names another file, another profile of it, or other
 * folders of includes changes its container's profile.
 * @returns undefined when there was no such spec, or it named no file there
 */
async function profileOfSpec(
  plan: Plan,
  specPath: string | undefined,
  { since, cwd, args }: Earlier & { readonly args: DiffSpecsArguments },
): Promise<EarlierProfile | undefined> {
  const path = args.profile === undefined ? await earlierName(specPath, { since, cwd }) : undefined;
  if (path === undefined || specPath === undefined) return undefined;
  const top = plan.file.slice(0, -specPath.length);
  const checkout = await readCheckout(since, path, { cwd });
  const inWorkTree = (folder: string): string =>
    folder.startsWith(checkout.folder) ? join(top, relative(checkout.folder, folder)) : folder;
  try {
    const [profile] = loadPlans([checkout.file], { includes: includesOf(args) }).map((one) => one.profile);
    const isThere = profile?.from === 'file' && profile.file.startsWith(checkout.folder) && existsSync(profile.file);
    if (!isThere) return undefined;
    const { search = [], base } = profile.includes ?? {};
    const includes = defined({ search: search.map(inWorkTree), base: base === undefined ? base : inWorkTree(base) });
    return defined({ path: relative(checkout.folder, profile.file), name: profile.name, includes });
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

function untested(spec: string, profile: string): Comparison {
  const message =
    `The spec ${spec} was removed, and no other tests the profile ${profile}, which is still there. ` +
    'Remove the profile too, or keep a spec for it.';
  return { exit: EXIT.failed, markdown: `\n${plain(message)}\n` };
}

/**
 * A spec that names another profile of its file, while the one that it named is still there, changes its container's
 * profile although no profile has changed. One that was renamed is found by comparing the files.
 * @returns undefined where the container keeps what it had
 */
function switchedName({ profile, waivers }: Plan, before: string | undefined): Comparison | undefined {
  if (profile.from !== 'file' || before === undefined || profile.name === undefined) return undefined;
  const now = profile.name.split(STACKED);
  const lost = before.split(STACKED).filter((name) => !now.includes(name));
  const defines = new Set(profileText(profile.file, profile.includes).profiles.map(({ name }) => name));
  if (!lost.some((name) => defines.has(name))) return undefined;

  const today = new Date().toISOString().slice(0, 10);
  const words = `profile ${profile.name}`;
  if (waivers.some(({ allows, until }) => allows === words && until >= today)) return undefined;
  const message =
    `The spec tested the profile ${before}, and now tests ${profile.name}, another profile of the same file: ` +
    `the two are not compared. If the container may have that one, add a waiver that allows: ${words}.`;
  return { exit: EXIT.failed, markdown: `\n${plain(message)}\n` };
}

/** Whether a profile and all that it includes are as they were. */
async function isUnchanged({ profile }: Plan, before: EarlierProfile, { since, cwd }: Earlier): Promise<boolean> {
  if (profile.from !== 'file') return false;
  const { file, includes = {} } = profile;
  const checkout = await readCheckout(since, before.path, { cwd, folders: includePaths(before.includes) });
  try {
    const texts = includedFiles(checkout.file, foldersIn(checkout, before.includes));
    const after = includedFiles(file, includes);
    const isSame = [...after].every(([each, text]) => texts.get(checkout.place(each)) === text);
    return isSame && texts.size === after.size;
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
