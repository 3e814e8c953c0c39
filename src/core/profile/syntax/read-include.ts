/** Include and abi statements. Pure. */
import { Cursor, type Word } from './cursor.ts';
import { LIMITS, type Scope } from './scope.ts';
import { Source } from './source-text.ts';
import { unquote } from './unquote.ts';

const INCLUDE = /#?include(?:[ \t]+if[ \t]+exists(?=[ \t<"])|(?=[ \t<"]))/y;
const ABI = /abi(?=[ \t<"])/y;
const ANGLES = /<[^>\t\r\n]+>/y;
const NAME = /(?:\\[ \t"!,]|,?[^ \t\r\n"!,<>])+/y;

/** A file that is included, and where its statements belong. */
export interface IncludedFile {
  readonly cursor: Cursor;
  readonly scope: Scope;
}

/** @returns the files that the include statement here stands for; undefined when there is no such statement. */
export function readInclude(cursor: Cursor, scope: Scope): IncludedFile[] | undefined {
  cursor.skip({ stopAtInclude: true });
  const keyword = cursor.matchHere(INCLUDE);
  if (!keyword) return undefined;

  cursor.skipBlanks();
  const word = readName(cursor);
  if (!word) cursor.fail('expected the name of a file after include', keyword.start);

  const files = findFiles(cursor, scope, { keyword, word });
  if (files === undefined) return [];
  if (scope.via.length >= LIMITS.includeDepth) cursor.fail('includes are nested too deep', keyword.start);
  const via = [...scope.via, cursor.source.span(keyword.start, word.end)];
  return files.filter(({ file }) => !scope.included.has(file)).map((file) => open({ ...scope, via }, file));
}

type FoundFiles = readonly { readonly file: string; readonly text: string }[];

/** @returns undefined when there is no such file, and `if exists` says that there need not be. */
function findFiles(
  cursor: Cursor,
  { reading }: Scope,
  { keyword, word }: { readonly keyword: Word; readonly word: Word },
): FoundFiles | undefined {
  const magic = word.text.startsWith('<');
  const name = unquote((magic ? word.text.slice(1, -1) : word.text).trim());
  const files = reading.find({ name, magic, from: cursor.source.file });
  if (files !== undefined || keyword.text.endsWith('exists')) return files;
  return cursor.source.fail(keyword.start, `the include ${word.text} is not found`, { missing: word.text });
}

function open(scope: Scope, { file, text }: FoundFiles[number]): IncludedFile {
  const source = new Source(file, text);
  scope.included.add(file);
  scope.reading.addFile(source);
  return { cursor: new Cursor(source), scope };
}

/**
 * `abi <abi/3.0>,`: only noted, for what it names concerns the parser alone. The first before all profiles counts; the
 * parser has chosen its features by the first profile (parser_yacc.y, `list: preamble`).
 */
export function readAbi(cursor: Cursor, { reading, profile }: Scope): boolean {
  const keyword = cursor.match(ABI);
  if (!keyword) return false;

  cursor.skipBlanks();
  const word = readName(cursor);
  if (!word) cursor.fail('expected the name of a file after abi', keyword.start);
  cursor.expect(',', 'after the abi');
  if (profile === undefined && reading.profiles.length === 0) reading.abi ??= word.text;
  return true;
}

function readName(cursor: Cursor): Word | undefined {
  return cursor.matchHere(ANGLES) ?? (cursor.sees('"') ? cursor.word() : cursor.matchHere(NAME));
}
