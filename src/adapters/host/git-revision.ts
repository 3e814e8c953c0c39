/** A folder as it was in a git revision: copied out, so that a profile there finds the files beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { exec, type ExecResult } from './exec.ts';

/** A folder of a revision, copied to a temporary folder. */
export interface Checkout {
  /** The copied file. */
  readonly file: string;
  /** The folder that holds the copy, with a slash at the end. */
  readonly folder: string;
  /** The folder that was copied, for reports: `main:profiles/`. */
  readonly original: string;
  remove(): void;
}

/** A file of a revision; its name is relative to the folder that is copied. */
interface Blob {
  readonly object: string;
  readonly name: string;
}

/** Of a larger folder only the file itself is copied. */
const MOST_FILES = 500;
/** Longer files are no profiles, in bytes. */
const LONGEST = 4 * 1024 * 1024;

/**
 * @param revision as git understands it; hostile.
 * @param path from the repository's top folder.
 * @throws HarnessError `revision-unreadable`
 */
export async function readCheckout(revision: string, path: string, cwd = process.cwd()): Promise<Checkout> {
  const fail = (what: string, result?: ExecResult): never => {
    const object = JSON.stringify(`${revision}:${path}`);
    throw new HarnessError('revision-unreadable', `${object} cannot be read: ${what}.`, {
      details: firstErrors(result),
    });
  };
  if (/[\0\n]/.test(revision) || !isInside(path)) return fail('it does not have the form REVISION:PATH');

  const named = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], cwd);
  const commit = named.stdout.toString().trim();
  if (named.startError !== undefined) return fail('git cannot be started', named);
  if (named.exit !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) return fail('there is no such revision here', named);

  const parent = dirname(path) === '.' ? '' : dirname(path);
  const listed = await git(['ls-tree', '-r', '-z', `${commit}:${parent}`], cwd);
  if (listed.exit !== 0) return fail('the folder is not in that revision', listed);

  const blobs = plainFiles(listed.stdout.toString());
  const wanted = blobs.length <= MOST_FILES ? blobs : blobs.filter(({ name }) => name === basename(path));
  if (!wanted.some(({ name }) => name === basename(path))) return fail('the file is not in that revision');

  const folder = mkdtempSync(join(tmpdir(), 'apparmor-probe-revision-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await copyOut(wanted, { folder, cwd, fail });
  } catch (error) {
    remove();
    throw error;
  }
  const original = `${revision}:${parent === '' ? '' : `${parent}/`}`;
  return { file: join(folder, basename(path)), folder: `${folder}/`, original, remove };
}

/** Whether a path names something below the folder that it starts from. */
function isInside(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Reads the output of `git ls-tree -r -z`. Links and submodules are left out: they are no profiles. */
function plainFiles(listing: string): Blob[] {
  return listing.split('\0').flatMap((line) => {
    const [, mode = '', object = '', name = ''] = /^(\d+) blob ([0-9a-f]+)\t([\s\S]+)$/.exec(line) ?? [];
    return mode.startsWith('100') && isInside(name) ? [{ object, name }] : [];
  });
}

async function copyOut(
  blobs: readonly Blob[],
  { folder, cwd, fail }: { folder: string; cwd: string; fail: (what: string, result: ExecResult) => never },
): Promise<void> {
  for (const { object, name } of blobs) {
    const blob = await git(['cat-file', 'blob', object], cwd);
    if (blob.exit !== 0) fail(`git does not have ${name}`, blob);
    if (blob.stdout.length > LONGEST) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), blob.stdout);
  }
}

/** The first lines that git printed on standard error. */
function firstErrors(result: ExecResult | undefined): string[] {
  return (result?.stderr ?? '').split('\n').filter(Boolean).slice(0, 5);
}

/** @returns the path of a file as the repository that it is in has it; undefined outside one. */
export async function pathInRepository(file: string): Promise<string | undefined> {
  const result = await git(['rev-parse', '--show-prefix'], dirname(file));
  return result.exit === 0 ? `${result.stdout.toString().replace(/\n$/, '')}${basename(file)}` : undefined;
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
    ? await git(
        ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', 'origin', commit],
        folder,
        120_000,
      )
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

/**
 * Whether anything in a folder differs from what it was at a commit.
 * @throws HarnessError `revision-unreadable`
 */
export async function changedSince(commit: string, folder: string): Promise<boolean> {
  const result = await git(
    ['diff', '--quiet', '--no-ext-diff', '--no-textconv', '--end-of-options', commit, '--', '.'],
    folder,
  );
  if (result.exit === 0 || result.exit === 1) return result.exit === 1;
  throw new HarnessError('revision-unreadable', `The commit ${JSON.stringify(commit)} cannot be read.`, {
    details: firstErrors(result),
  });
}

/** git, asking nobody, fetching nothing by itself, and running none of the programs that a repository may name. */
function git(args: readonly string[], cwd: string, timeoutMs = 30_000): Promise<ExecResult> {
  const env = {
    ...process.env,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
  };
  return exec(
    ['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never', ...args],
    { cwd, env, timeoutMs },
  );
}
