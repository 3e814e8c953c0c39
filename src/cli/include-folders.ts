/** The options `-I` and `-b`: folders that a profile's includes are searched in. */
import { resolve } from 'node:path';
import type { IncludeFolders } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';

interface IncludeArguments {
  readonly include: readonly string[];
  readonly base?: string;
}

/** @returns the folders as absolute paths. */
export function includesOf({ include, base }: IncludeArguments): IncludeFolders {
  const search = include.map((folder) => resolve(folder));
  return defined({ search, base: base === undefined ? undefined : resolve(base) });
}
