/** Reads a profile file from the disk, rule by rule, with all that it includes. */
import { HarnessError } from '#core/model/errors.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { BASE_FOLDER, foldersOf, includeFinder } from './include-paths.ts';
import { readProfile } from './apparmor-parser.ts';

/**
 * @param source what is in the file, when it has been read.
 * @throws HarnessError `profile-unreadable`, `profile-unread`, `include-not-found`
 */
export function profileText(file: string, folders: IncludeFolders = {}, source = readProfile(file)): ProfileText {
  const where = foldersOf(file, folders);
  const result = readProfileText(file, source, includeFinder(where));
  if (isRead(result)) return result;
  const { line, column, message, missing } = result;
  const details = [`${result.file}:${line}:${column}: ${message}`];
  if (missing === undefined)
    throw new HarnessError('profile-unread', `The rules of ${file} cannot be read.`, { details });
  throw new HarnessError('include-not-found', `${file} includes ${missing}, which was not found.`, {
    details: [...details, `searched: ${searched(where).join(', ')}`],
  });
}

function searched({ base, search = [] }: IncludeFolders): string[] {
  return [...search, base ?? BASE_FOLDER];
}
