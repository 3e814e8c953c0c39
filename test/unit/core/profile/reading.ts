/** Profiles of tests, read from their text. */
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { FindInclude, ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';

/** Finds no include. */
export const findNone: FindInclude = () => undefined;

/** Finds includes by their names in these texts. */
export function findIn(texts: Readonly<Record<string, string>>): FindInclude {
  return ({ name }) => (texts[name] === undefined ? undefined : [{ file: name, text: texts[name] }]);
}

/** @throws Error with the place and the message where the text cannot be read. */
export function readText(source: string, find: FindInclude = findNone): ProfileText {
  const result = readProfileText('p', source, find);
  if (!isRead(result)) throw new Error(`${result.file}:${result.line}:${result.column}: ${result.message}`);
  return result;
}

/** The first profile of a text. */
export function readBlock(source: string): ProfileBlock {
  const [block] = readText(source).profiles;
  if (block === undefined) throw new Error('there is no profile');
  return block;
}

/** The profile `p` with these rules, and these words after its name. */
export function blockOf(rules: string, flags = ''): ProfileBlock {
  return readBlock(`profile p ${flags} {\n${rules}\n}\n`);
}
