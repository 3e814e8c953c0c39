/** What BASE, HEAD and FILE of `apparmor-probe diff` name, as files on this disk. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  existingFolder,
  formerName,
  hasCommit,
  isInWorkTree,
  pathInRepository,
  readCheckout,
  type Checkout,
} from '#adapters/host/git-revision.ts';
import { BASE_FOLDER } from '#adapters/kernel/parser/include-paths.ts';
import { includedFiles } from '#adapters/kernel/parser/included-files.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { Side } from '#harness/diff/diff-options.ts';
import type { DiffArguments } from './command-arguments.ts';
import { foldersIn } from './include-folders.ts';

/** What a user calls the two profiles: two files or `REVISION:PATH`, or two revisions and a file. */
export interface DiffOperands {
  readonly base: string;
  readonly head: string;
  readonly file?: string;
  /** A folder of the repository that REVISION:PATH is about, if not this one. */
  readonly cwd?: string;
  /** Where the includes of BASE were searched, if not where those of HEAD are: paths of the work tree. */
  readonly baseIncludes?: IncludeFolders;
}

/** What reports call files, and folders whose path ends in a slash, by their absolute paths. */
type Names = Readonly<Record<string, string>>;

/** Where the includes of each side are searched. */
export type SideFolders = NonNullable<DiffArguments['sideFolders']>;

/** The two profiles to compare. */
export interface Sides {
  readonly base: Side;
  readonly head: Side;
  /** Folders that are copies of a revision, each with what reports call it. */
  readonly copies: readonly (readonly [folder: string, name: string])[];
  /** Removes the copies that were made. */
  remove(): void;
}

/** How the two profiles are to be read. */
interface SideOptions {
  /** Where includes are searched, for both. A revision has its own version of a folder in the work tree. */
  readonly includes?: IncludeFolders;
  /** In a repeated command: what to call the files, which are copies by then. */
  readonly names?: Names;
  /** In a repeated command: the folders of each side, which may be copies. */
  readonly sideFolders?: SideFolders;
}

/**
 * Finds both profiles, and copies those of a git revision to a temporary folder.
 * @throws HarnessError `profile-unreadable`, `revision-unreadable`, `profile-unread`
 */
export async function findSides(operands: DiffOperands, options: SideOptions = {}): Promise<Sides> {
  const { names = {}, sideFolders } = options;
  const checkouts: Checkout[] = [];
  const remove = (): void => {
    for (const checkout of checkouts) checkout.remove();
  };
  const find = async (name: 'base' | 'head'): Promise<Side> => {
    const operand = operands[name];
    const ofBase = name === 'base' ? operands.baseIncludes : undefined;
    const includes = ofBase ?? options.includes ?? {};
    if (operands.file === undefined && existsSync(operand))
      return { label: labelOf(operand, names), file: resolve(operand), includes: sideFolders?.[name] ?? includes };

    const at =
      operands.file === undefined ? { ...splitOperand(operand), cwd: operands.cwd } : await atRevision(operands, name);
    const { revision, path, cwd } = at;
    const folders = [...(includes.search ?? []), includes.base ?? BASE_FOLDER];
    const checkout = await readCheckout(revision, path, { folders, ...defined({ cwd }) });
    checkouts.push(checkout);
    const side = { label: `${revision}:${path}`, file: checkout.file, includes: foldersIn(checkout, includes) };
    refuseWorkTree(side, checkout);
    return side;
  };

  try {
    const sides = { base: await find('base'), head: await find('head') };
    const named = Object.entries(names).filter(([path]) => path.endsWith('/'));
    const copied = checkouts.map(({ folder, original }) => [folder, original] as const);
    return { ...sides, copies: [...named, ...copied], remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** A file that the revision names by its absolute path is that of the work tree, whatever the revision had there. */
function refuseWorkTree({ label, file, includes }: Side, { folder, workTrees }: Checkout): void {
  const files = [...includedFiles(file, includes).keys()].filter((path) => !path.startsWith(folder));
  const foreign = files.find((path) => isInWorkTree(workTrees, path));
  if (foreign === undefined) return;
  throw new HarnessError(
    'revision-unreadable',
    `${label} includes ${foreign}, which is a file of the work tree and not of that revision.`,
    { details: ['name it by a relative path, or by <…> and its folder with -I'] },
  );
}

function labelOf(operand: string, names: Names): string {
  const name = Object.hasOwn(names, operand) ? names[operand] : undefined;
  return name ?? operand;
}

/** The names that a repeated command needs, since its operands are the files themselves. */
export function namesOf({ base, head, copies }: Sides): Names {
  return { ...Object.fromEntries(copies), [base.file]: base.label, [head.file]: head.label };
}

/** The include folders of each side, for a repeated command. */
export function foldersOfSides({ base, head }: Sides): SideFolders {
  return { base: base.includes, head: head.includes };
}

interface FileAtRevision {
  readonly revision: string;
  /** From the repository's top folder. */
  readonly path: string;
  /** Where the repository is, if not here. */
  readonly cwd?: string;
}

function splitOperand(operand: string): FileAtRevision {
  const colon = operand.indexOf(':');
  if (colon <= 0)
    throw new HarnessError(
      'profile-unreadable',
      `There is no file ${JSON.stringify(operand)}, and it does not have the form REVISION:PATH.`,
    );
  return { revision: operand.slice(0, colon), path: operand.slice(colon + 1) };
}

/** A file that one of the revisions has under another name is found by git, as `git diff` finds renamed files. */
async function atRevision(operands: DiffOperands, name: 'base' | 'head'): Promise<FileAtRevision> {
  const { file = '' } = operands;
  const revision = operands[name];
  const path = await pathInRepository(resolve(file));
  if (path === undefined)
    throw new HarnessError('revision-unreadable', `${JSON.stringify(file)} is not in a git repository.`);
  const cwd = existingFolder(file);
  if (await hasCommit(`${revision}:${path}`, cwd)) return { revision, path, cwd };
  const other = operands[name === 'base' ? 'head' : 'base'];
  const former = await formerName(path, { other: revision, revision: other, cwd });
  return { revision, path: former ?? path, cwd };
}
