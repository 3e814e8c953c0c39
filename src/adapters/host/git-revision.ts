/** A folder as it was in a git revision: copied out, so that a profile there finds the files beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { exec, type ExecResult } from './exec.ts';

export interface Checkout {
  /** The copied file. */
  readonly file: string;
  /** The folder that holds the copy, and what it stands for: `main:profiles/`. */
  readonly folder: string;
  readonly stands: string;
  remove(): void;
}

const MOST_FILES = 500;
const LONGEST = 4 * 1024 * 1024;

/**
 * @param revision as git understands it; hostile.
 * @param path from the repository's top folder.
 * @throws HarnessError `revision-unreadable`
 */
export async function readCheckout(revision: string, path: string, cwd = process.cwd()): Promise<Checkout> {
  const fail = (what: string, result?: ExecResult): never => {
    throw new HarnessError('revision-unreadable', `${JSON.stringify(`${revision}:${path}`)} cannot be read: ${what}.`, {
      details: result === undefined ? [] : result.stderr.split('\n').filter(Boolean).slice(0, 5),
    });
  };
  if (/[\0\n]/.test(revision) || path.split('/').some((part) => part === '..' || part === '.' || part === ''))
    return fail('that is no revision and path');
  const named = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], cwd);
  const commit = named.stdout.toString().trim();
  if (named.exit !== 0 || !/^[0-9a-f]{40,64}$/.test(commit))
    return fail(named.startError === undefined ? 'there is no such revision here' : 'git cannot be started', named);
  const inside = dirname(path) === '.' ? '' : dirname(path);
  const listed = await git(['ls-tree', '-r', '-z', `${commit}:${inside}`], cwd);
  if (listed.exit !== 0) return fail('the folder is not in that revision', listed);
  const entries = listed.stdout
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, mode = '', object = '', name = ''] = /^(\d+) blob ([0-9a-f]+)\t([\s\S]+)$/.exec(line) ?? [];
      const plain =
        mode.startsWith('100') &&
        !name.startsWith('/') &&
        name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
      return plain ? [{ object, name }] : []; // links and submodules are no profiles
    });
  const wanted = entries.length <= MOST_FILES ? entries : entries.filter(({ name }) => name === basename(path));
  if (!wanted.some(({ name }) => name === basename(path))) return fail('the file is not in that revision');
  const folder = mkdtempSync(join(tmpdir(), 'apparmor-probe-revision-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const { object, name } of wanted) {
      const blob = await git(['cat-file', 'blob', object], cwd);
      if (blob.exit !== 0) return fail(`git does not have ${name}`, blob);
      if (blob.stdout.length > LONGEST) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), blob.stdout);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return {
    file: join(folder, basename(path)),
    folder: `${folder}/`,
    stands: `${revision}:${inside === '' ? '' : `${inside}/`}`,
    remove,
  };
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
    { details: (fetched?.stderr ?? '').split('\n').filter(Boolean).slice(0, 5) },
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
    details: result.stderr.split('\n').filter(Boolean).slice(0, 5),
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
