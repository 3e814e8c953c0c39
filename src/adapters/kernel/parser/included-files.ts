/** Every file that a profile can include: for copying them, and for finding out whether any of them changed. */
import type { IncludeFolders } from '#core/model/model.ts';
import { readProfile } from './apparmor-parser.ts';
import { foldersOf, includeFinder } from './include-paths.ts';

/** An include or abi statement, wherever it stands: also in a condition or a comment. */
const STATEMENT = /(?:#?\binclude(?:[ \t]+if[ \t]+exists)?|\babi)[ \t]*(?:<([^>\r\n]+)>|"([^"\r\n]+)"|([^\s"<>,#]+))/g;
const MOST_FILES = 2_000;

/**
 * Reads the text only as far as it needs to, so that a file that is missing here hides no other.
 * @returns absolute paths with their texts, the profile's own first; what is not found is left out
 * @throws HarnessError `profile-unreadable`, `profile-unread`
 */
export function includedFiles(file: string, folders: IncludeFolders = {}): ReadonlyMap<string, string> {
  const find = includeFinder(foldersOf(file, folders));
  const files = new Map([[file, readProfile(file)]]);
  for (const [from, text] of files) {
    for (const [, magic, quoted, bare] of text.matchAll(STATEMENT)) {
      if (files.size > MOST_FILES) return files;
      const name = (magic ?? quoted ?? bare ?? '').trim();
      for (const found of find({ name, magic: magic !== undefined, from }) ?? []) {
        if (!files.has(found.file)) files.set(found.file, found.text);
      }
    }
  }
  return files;
}
