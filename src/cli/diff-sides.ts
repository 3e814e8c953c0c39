/** What BASE, HEAD and FILE of `apparmor-probe diff` name, as files on this disk. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathInRepository, readCheckout, type Checkout } from '#adapters/host/git-revision.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { Side } from '#harness/diff/diff-options.ts';

/** What a user calls the two profiles: two files or `REVISION:PATH`, or two revisions and a file. */
export interface DiffOperands {
  readonly base: string;
  readonly head: string;
  readonly file?: string;
}

/** What reports call files, and folders whose path ends in a slash, by their absolute paths. */
type Names = Readonly<Record<string, string>>;

/** The two profiles to compare. */
export interface Sides {
  readonly base: Side;
  readonly head: Side;
  /** Folders that are copies of a revision, each with what reports call it. */
  readonly copies: readonly (readonly [folder: string, name: string])[];
  /** Removes the copies that were made. */
  remove(): void;
}

/**
 * Finds both profiles, and copies those of a git revision to a temporary folder.
 * @param names in a repeated command: what to call the files, which are copies by then
 * @throws HarnessError `profile-unreadable`, `revision-unreadable`
 */
export async function findSides({ base, head, file }: DiffOperands, names: Names = {}): Promise<Sides> {
  const checkouts: Checkout[] = [];
  const remove = (): void => {
    for (const checkout of checkouts) checkout.remove();
  };
  const find = async (operand: string): Promise<Side> => {
    if (file === undefined && existsSync(operand)) return { label: labelOf(operand, names), file: resolve(operand) };

    const { revision, path } = file === undefined ? splitOperand(operand) : await atRevision(operand, file);
    const checkout = await readCheckout(revision, path);
    checkouts.push(checkout);
    return { label: `${revision}:${path}`, file: checkout.file };
  };

  try {
    const sides = { base: await find(base), head: await find(head) };
    const named = Object.entries(names).filter(([path]) => path.endsWith('/'));
    const copied = checkouts.map(({ folder, original }) => [folder, original] as const);
    return { ...sides, copies: [...named, ...copied], remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function labelOf(operand: string, names: Names): string {
  const name = Object.hasOwn(names, operand) ? names[operand] : undefined;
  return name ?? operand;
}

/** The names that a repeated command needs, since its operands are the files themselves. */
export function namesOf({ base, head, copies }: Sides): Names {
  return { ...Object.fromEntries(copies), [base.file]: base.label, [head.file]: head.label };
}

interface FileAtRevision {
  readonly revision: string;
  /** From the repository's top folder. */
  readonly path: string;
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

async function atRevision(revision: string, file: string): Promise<FileAtRevision> {
  const path = await pathInRepository(resolve(file));
  if (path === undefined)
    throw new HarnessError('revision-unreadable', `${JSON.stringify(file)} is not in a git repository.`);
  return { revision, path };
}
