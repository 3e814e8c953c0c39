/** Reads a profile, a child or a hat: its header, then its block. Pure. */
import { ENDS, type Cursor, type Word } from './cursor.ts';
import { readBlock } from './read-block.ts';
import { expression, LIMITS, reportProblem, type Scope } from './scope.ts';
import type { Expression, ProfileBlock, Rule, Span } from './ast.ts';
import { unquote } from './unquote.ts';

const KEYWORD = /(?:profile|hat)(?=[ \t"])|\^/y;

/** @returns whether a profile, a child or a hat starts here; without a keyword only at the top level, by a path or namespace. */
export function startsProfile(cursor: Cursor, { nested = false } = {}): boolean {
  return cursor.sees(KEYWORD) || (!nested && cursor.sees(/"?[/:@]/y));
}

/** From its first word to its closing brace. */
export function readHeaderAndBody(cursor: Cursor, scope: Scope): void {
  cursor.blank();
  const start = cursor.at;
  const keyword = cursor.match(KEYWORD)?.text;
  const word = cursor.word();
  if (!word) cursor.fail('the profile has no name', start);
  const name = scope.live ? fullName(cursor, scope, word) : unquote(word.text);
  const attachment = readAttachment(cursor, scope);
  const xattrs = readXattrs(cursor);
  const flags = readFlags(cursor);
  const rules: Rule[] = [];
  const variables = scope.reading.variables;
  const outer = variables.sets.get('profile_name');
  variables.define('profile_name', [
    name.replaceAll(/\\[\s\S]|[{}[\]*?]/g, (c) => (c.startsWith('\\') ? c : `\\${c}`)),
  ]);
  const at = scope.reading.profiles.length;
  cursor.expect('{', `behind the header of ${name}`);
  readBlock(cursor, {
    ...scope,
    profile: name,
    rules,
    qualifiers: {},
    included: new Set(),
    depth: deeper(cursor, scope),
  });
  variables.define('profile_name', outer ?? [name]);
  if (outer === undefined) variables.sets.delete('profile_name');
  if (!scope.live) return;
  const kind =
    scope.profile === undefined
      ? keyword === undefined || keyword === 'profile'
        ? 'profile'
        : 'hat'
      : keyword === 'profile'
        ? 'child'
        : 'hat';
  const block: ProfileBlock = {
    name,
    kind,
    ...attachment,
    ...xattrs,
    ...flags,
    span: cursor.source.span(start, cursor.at),
    rules,
  };
  scope.reading.profiles.splice(at, 0, block); // before its children
}

export function deeper(cursor: Cursor, scope: Scope): number {
  if (scope.depth >= LIMITS.blockDepth) cursor.fail(`blocks are nested more than ${LIMITS.blockDepth} deep`);
  return scope.depth + 1;
}

/** `parent//child` for children, `:ns://name` where a namespace is named. */
function fullName(cursor: Cursor, scope: Scope, word: Word): string {
  const name = reportProblem(cursor, word.start, () => scope.reading.variables.single(word.text));
  if (scope.profile !== undefined) return `${scope.profile}//${name}`;
  const [, namespace, local] = /^:([^:]+):(?:\/\/)?([\s\S]+)$/.exec(name) ?? [];
  return namespace === undefined || local === undefined ? name : `:${namespace}://${local}`;
}

function readAttachment(cursor: Cursor, scope: Scope): { attachment?: Expression } {
  cursor.blank();
  if (!cursor.sees(/["/@]/y)) return {};
  const word = cursor.word();
  return word ? { attachment: expression(cursor, scope, word, true) } : {};
}

/** Kept as written: a container's profile is not attached. */
function readXattrs(cursor: Cursor): { xattrs?: string } {
  const keyword = cursor.match(/xattrs(?=[ \t]*=)/y);
  if (!keyword) return {};
  cursor.expect('=', 'behind xattrs');
  cursor.expect('(', 'behind xattrs=');
  for (let depth = 1; depth > 0;) {
    if (cursor.take('(')) depth += 1;
    else if (cursor.take(')')) depth -= 1;
    else if (!cursor.take('=') && !cursor.take(',') && !cursor.word('(),='))
      cursor.fail('the brackets of xattrs=( are not closed');
  }
  return { xattrs: cursor.source.text.slice(keyword.start, cursor.at) };
}

function readFlags(cursor: Cursor): { flags: readonly string[]; flagsSpan?: Span } {
  if (cursor.match(/flags(?=[ \t]*=)/y)) cursor.expect('=', 'behind flags');
  if (!cursor.take('(')) return { flags: [] };
  const words: Word[] = [];
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const word = cursor.word(ENDS.list);
    if (!word) cursor.fail('the brackets of flags=( are not closed');
    words.push(word);
  }
  const span = cursor.source.span(words[0]?.start ?? cursor.at - 1, words.at(-1)?.end ?? cursor.at - 1);
  return { flags: words.map(({ text }) => unquote(text)), flagsSpan: span };
}
