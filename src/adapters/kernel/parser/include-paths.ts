/** Finds what a profile includes, where apparmor_parser looks for it. */
import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import type { FindInclude } from '#core/profile/syntax/ast.ts';

/** Where the parser looks by default. */
export const BASE_FOLDER = '/etc/apparmor.d';

/** All places where includes of one file are searched. */
export interface IncludePlaces extends IncludeFolders {
  /** The folder that relative includes start from: the profile's, which is where the harness runs the parser. */
  readonly folder?: string;
}

/** Files longer than this are no policy; a folder with more files is none either. */
const LONGEST_FILE = 1 << 22;
const MOST_FILES = 1_000;

/** Suffixes of files that package managers and editors leave (libapparmor, private.c). */
const LEFT_OVER = /~$|\.(?:dpkg-(?:new|old|dist|bak|remove)|pacsave|pacnew|rpmnew|rpmsave|orig|rej)$/;

/** Looks in the folders as `apparmor_parser -b BASE -I SEARCH` does: the search folders in order, then the base. */
export function includeFinder({ base = BASE_FOLDER, search = [], folder = '.' }: IncludePlaces): FindInclude {
  return ({ name, magic }) => {
    if (name === '') return undefined;
    const places = magic
      ? [...search, base].map((place) => join(place, name))
      : [isAbsolute(name) ? name : resolve(folder, name)];
    for (const place of places) {
      const found = filesAt(place);
      if (found) return found;
    }
    return undefined;
  };
}

/** The folders for a profile file: its own comes first among those searched, as when it is compiled. */
export function foldersOf(profile: string, { base, search = [] }: IncludeFolders): IncludePlaces {
  const folder = dirname(profile);
  return defined({ base, search: [...search, folder], folder });
}

function filesAt(place: string): { file: string; text: string }[] | undefined {
  const kind = statAt(place);
  if (!kind) return undefined;
  if (kind.isFile()) return [readAt(place)];
  if (!kind.isDirectory()) return undefined;
  const names = readdirSync(place)
    .filter((name) => !name.startsWith('.') && name !== 'README' && !LEFT_OVER.test(name))
    .sort();
  return names
    .slice(0, MOST_FILES)
    .map((name) => join(place, name))
    .filter((file) => statAt(file)?.isFile())
    .map(readAt);
}

/** @returns undefined where there is nothing. @throws HarnessError for what is there and cannot be looked at. */
function statAt(place: string): Stats | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch (error) {
    // a copy of a git revision has such links in place of what it lacks
    const isLoop = (error as NodeJS.ErrnoException).code === 'ELOOP';
    const why = isLoop
      ? 'it is a link to itself. In a git revision this stands for a submodule, a file of Git LFS, a link that ' +
        'leads out of the repository, or a folder of a large repository: name that folder with -I'
      : (error as Error).message;
    throw new HarnessError('profile-unread', `The included file ${place} cannot be read: ${why}.`, { cause: error });
  }
}

function readAt(file: string): { file: string; text: string } {
  try {
    if (statSync(file).size > LONGEST_FILE) throw new Error(`it is longer than ${LONGEST_FILE} bytes`);
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new HarnessError('profile-unread', `The included file ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
