/** The options `-I` and `-b`: folders that a profile's includes are searched in. */
import { resolve } from 'node:path';
import type { Checkout } from '#adapters/host/git-revision.ts';
import { BASE_FOLDER } from '#adapters/kernel/parser/include-paths.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { IncludeArguments } from './command-arguments.ts';

/** @returns the folders as absolute paths. */
export function includesOf({ include, base }: IncludeArguments): IncludeFolders {
  const search = include.map((folder) => resolve(folder));
  return defined({ search, base: base === undefined ? undefined : resolve(base) });
}

/** @returns the folders as a git revision has them; those outside its repository as they are. */
export function foldersIn(checkout: Checkout, { base, search = [] }: IncludeFolders): IncludeFolders {
  const ownBase = checkout.place(base ?? BASE_FOLDER);
  const isDefault = base === undefined && ownBase === BASE_FOLDER;
  return defined({ search: search.map((folder) => checkout.place(folder)), base: isDefault ? undefined : ownBase });
}
