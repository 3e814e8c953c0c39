/** Include and abi statements. Pure. */
import { Cursor, type Word } from './cursor.ts';
import { LIMITS, type ReaderState, type Scope } from './scope.ts';
import { Source } from './source-text.ts';
import { unquote } from './unquote.ts';

const INCLUDE = /#?include(?:[ \t]+if[ \t]+exists(?=[ \t<"])|(?=[ \t<"]))/y;
const ANGLES = /<[^>\t\r\n]+>/y;
const NAME = /(?:\\[ \t"!,]|,?[^ \t\r\n"!,<>])+/y;

/** @returns the files that an include here stands for, ready to be read; undefined when there is no include. */
export function readInclude(cursor: Cursor, scope: Scope): { cursor: Cursor; scope: Scope }[] | undefined {
  cursor.blank({ includes: true });
  const keyword = cursor.matchHere(INCLUDE);
  if (!keyword) return undefined;
  cursor.blankInLine();
  const word = named(cursor);
  if (!word) cursor.fail('the include names no file', keyword.start);
  const magic = word.text.startsWith('<');
  const name = unquote((magic ? word.text.slice(1, -1) : word.text).trim());
  const { reading, included } = scope;
  const found = reading.find({ name, magic, from: cursor.source.file });
  if (found === undefined)
    return keyword.text.endsWith('exists')
      ? []
      : cursor.source.fail(keyword.start, `the include ${word.text} is not found`, { missing: word.text });
  if (scope.via.length >= LIMITS.includeDepth) cursor.fail('includes are nested too deep', keyword.start);
  const via = [...scope.via, cursor.source.span(keyword.start, word.end)];
  return found
    .filter(({ file }) => !included.has(file))
    .map(({ file, text }) => {
      included.add(file);
      const source = new Source(file, text);
      reading.addFile(source);
      return { cursor: new Cursor(source), scope: { ...scope, via } };
    });
}

const ABI = /abi(?=[ \t<"])/y;

/** `abi <abi/3.0>,`: only noted, its file is the parser's business. */
export function readAbi(cursor: Cursor, reading: ReaderState): boolean {
  const keyword = cursor.match(ABI);
  if (!keyword) return false;
  cursor.blankInLine();
  const word = named(cursor);
  if (!word) cursor.fail('the abi names no file', keyword.start);
  reading.abi ??= word.text;
  cursor.expect(',', 'behind the abi');
  return true;
}

function named(cursor: Cursor): Word | undefined {
  return cursor.matchHere(ANGLES) ?? (cursor.sees('"') ? cursor.word() : cursor.matchHere(NAME));
}
