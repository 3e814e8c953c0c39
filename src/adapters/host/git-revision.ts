/** The files of a repository as they were in a git revision: copied out, so that a profile there finds its includes. */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { firstErrors, git } from './git.ts';
import { copyTree, isInside } from './git-tree.ts';

/** The tree of a revision, copied to a temporary folder. */
export interface Checkout {
  /** The copied file. */
  readonly file: string;
  /** The folder that holds the copy, with a slash at the end. */
  readonly folder: string;
  /** What was copied, for reports: `main:`. */
  readonly original: string;
  /** The work trees of the repository: nothing in them belongs to the revision. */
  readonly workTrees: readonly string[];
  /** Where the copy has what a work tree has at a path; paths outside stay as they are. */
  place(path: string): string;
  remove(): void;
}

interface CheckoutOptions {
  /** A folder in the repository. */
  readonly cwd?: string;
  /** Folders that are needed of a large tree too, wherever they are. */
  readonly folders?: readonly string[];
}

/**
 * @param revision as git understands it; hostile.
 * @param path from the repository's top folder.
 * @throws HarnessError `revision-unreadable`
 */
export async function readCheckout(
  revision: string,
  path: string,
  { cwd = process.cwd(), folders = [] }: CheckoutOptions = {},
): Promise<Checkout> {
  const fail = (what: string, details: readonly string[] = []): never => {
    const object = JSON.stringify(`${revision}:${path}`);
    throw new HarnessError('revision-unreadable', `${object} cannot be read: ${what}.`, { details });
  };
  if (/[\0\n]/.test(revision) || !isInside(path)) return fail('it does not have the form REVISION:PATH');

  const commit = await commitOf(revision, cwd, fail);
  const workTrees = await workTreesOf(cwd);
  const wanted = folders.flatMap((at) => {
    const inside = pathInside(workTrees, at);
    return inside === undefined ? [] : [{ at, inside }];
  });

  const into = realpathSync(mkdtempSync(join(tmpdir(), 'apparmor-probe-revision-')));
  const remove = (): void => {
    rmSync(into, { recursive: true, force: true });
  };
  try {
    const failed = await copyTree({ commit, cwd, into, file: path, folders: wanted.map(({ inside }) => inside) });
    if (failed !== undefined) return fail(failed.problem, failed.details);
    const file = join(into, path);
    for (const { at, inside } of wanted) copyEmptyFolders(at, join(into, inside));
    if (!existsSync(file)) return fail('it is a link that leads out of the repository, or to nothing');
    const place = (workPath: string): string => {
      const inside = pathInside(workTrees, workPath);
      return inside === undefined ? workPath : join(into, inside);
    };
    return { file, folder: `${into}/`, original: `${revision}:`, workTrees, place, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** git keeps no empty folders, such as `tunables/home.d`. Including one means nothing, but its absence is an error. */
function copyEmptyFolders(from: string, to: string): void {
  const isFolder = statSync(from, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder || lstatSync(to, { throwIfNoEntry: false })?.isDirectory() === false) return;
  const entries = readdirSync(from, { withFileTypes: true });
  if (entries.length === 0) mkdirSync(to, { recursive: true });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== '.git');
  for (const { name } of folders) copyEmptyFolders(join(from, name), join(to, name));
}

async function commitOf(
  revision: string,
  cwd: string,
  fail: (what: string, details?: readonly string[]) => never,
): Promise<string> {
  const named = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], cwd);
  const commit = named.stdout.toString().trim();
  if (named.startError !== undefined) return fail('git cannot be started', firstErrors(named));
  if (named.exit === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  const shallow = await git(['rev-parse', '--is-shallow-repository'], cwd);
  const isShallow = shallow.stdout.toString().trim() === 'true';
  const why = isShallow ? ', which is a shallow clone: its older commits were not fetched' : '';
  return fail(`there is no such revision in this clone${why}`, firstErrors(named));
}

/** The work trees of a repository, as real paths; none of a bare one. */
async function workTreesOf(cwd: string): Promise<string[]> {
  const listed = await git(['worktree', 'list', '--porcelain'], cwd);
  const trees = listed.stdout.toString().split('\n\n');
  const paths = trees.flatMap((tree) => (/^bare$/m.test(tree) ? [] : (/^worktree (.+)$/m.exec(tree)?.[1] ?? [])));
  return paths.filter((path) => existsSync(path)).map((path) => realpathSync(path));
}

/** @returns a path as a work tree has it: of nested work trees the innermost; undefined outside all. */
function pathInside(workTrees: readonly string[], path: string): string | undefined {
  const absolute = resolve(path);
  const places = existsSync(absolute) ? [absolute, realpathSync(absolute)] : [absolute];
  for (const place of places) {
    const trees = workTrees.filter((tree) => place === tree || place.startsWith(`${tree}/`));
    const [innermost] = trees.sort((a, b) => b.length - a.length);
    if (innermost !== undefined) return relative(innermost, place);
  }
  return undefined;
}

/** Whether a path lies in one of these work trees. */
export function isInWorkTree(workTrees: readonly string[], path: string): boolean {
  return pathInside(workTrees, path) !== undefined;
}

/**
 * What a file was called in another revision, where git takes it for the same file.
 * @param path its name in `revision`
 * @param revision undefined: in the work tree and its index
 * @returns undefined when git knows of no other name
 */
export async function formerName(
  path: string,
  { other, revision, cwd }: { readonly other: string; readonly revision?: string; readonly cwd: string },
): Promise<string | undefined> {
  const revisions = revision === undefined ? [other] : [other, revision];
  const result = await git(
    [
      ...['diff', '--no-ext-diff', '--no-textconv', '--no-relative', '--name-status', '-z', '--find-renames=30%'],
      ...['--diff-filter=R', '--end-of-options', ...revisions],
    ],
    cwd,
  );
  if (result.exit !== 0) return undefined;
  const words = result.stdout.toString().split('\0');
  for (let at = 0; at + 2 < words.length; at += 3) if (words[at + 2] === path) return words[at + 1];
  return undefined;
}

/** @returns the files directly in a folder that a commit has, under no other name, and the work tree lacks. */
export async function removedFiles(commit: string, folder: string): Promise<readonly string[]> {
  const result = await git(
    [
      ...['diff', '--no-ext-diff', '--no-textconv', '--no-relative', '--name-only', '-z', '--find-renames=30%'],
      ...['--diff-filter=D', '--end-of-options', commit, '--', ':(glob)*'],
    ],
    folder,
  );
  return result.stdout
    .toString()
    .split('\0')
    .filter((path) => path !== '');
}

/** @returns the path of a file as the repository that it is in has it; undefined outside one. */
export async function pathInRepository(file: string): Promise<string | undefined> {
  const folder = existingFolder(file);
  const result = await git(['rev-parse', '--show-prefix'], folder);
  if (result.exit !== 0) return undefined;
  return `${result.stdout.toString().replace(/\n$/, '')}${relative(folder, file)}`;
}

/** The innermost folder above a file that is there: a revision can have folders that the work tree lacks. */
export function existingFolder(file: string): string {
  let folder = dirname(resolve(file));
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

/**
 * Fetches a commit that is not here, as in the shallow clone that a CI job has. Only then is anything fetched.
 * @param commit its whole name.
 * @param folder in the repository.
 * @throws HarnessError `revision-unreadable`
 */
export async function fetchCommit(commit: string, folder: string): Promise<void> {
  if (await hasCommit(`${commit}^{commit}`, folder)) return;
  const fetched = /^[0-9a-f]{40,64}$/.test(commit)
    ? await git(['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', 'origin', commit], folder, {
        timeoutMs: 120_000,
      })
    : undefined;
  if (await hasCommit(`${commit}^{commit}`, folder)) return;
  throw new HarnessError(
    'revision-unreadable',
    `The commit ${JSON.stringify(commit)} is not in this clone, and cannot be fetched.`,
    { details: firstErrors(fetched) },
  );
}

/** Whether a revision, or a file in it (`REVISION:PATH`), is in this clone. */
export async function hasCommit(object: string, folder: string): Promise<boolean> {
  return (await git(['cat-file', '-e', '--end-of-options', object], folder)).exit === 0;
}
