/**
 * Reads a profile, a child or a hat: its header, then the statements of its block, which can be further profiles. Pure.
 */
import { defined } from '#core/model/optional.ts';
import { ENDS, type Cursor, type Word } from './cursor.ts';
import { readAbi, readInclude } from './read-include.ts';
import { readQualifiers } from './read-qualifiers.ts';
import { readRule } from './read-rule.ts';
import { readTruth } from './read-truth.ts';
import { LIMITS, pathExpression, reportProblem, type Scope } from './scope.ts';
import type { Expression, ProfileBlock, Rule, Span } from './ast.ts';
import { unquote } from './unquote.ts';

const KEYWORD = /(?:profile|hat)(?=[ \t"])|\^/y;
const PATH_OR_NAMESPACE = /"?[/:@]/y;

/** @returns whether a profile, a child or a hat starts here. At the top level it needs no keyword, if it is a path. */
export function startsProfile(cursor: Cursor, { nested = false } = {}): boolean {
  return cursor.sees(KEYWORD) || (!nested && cursor.sees(PATH_OR_NAMESPACE));
}

/** Reads a profile from its first word to its closing brace. */
export function readProfile(cursor: Cursor, scope: Scope): void {
  const { profiles } = scope.reading;
  const place = profiles.length; // before its children, which are read first
  const header = readHeader(cursor, scope);
  const rules: Rule[] = [];

  cursor.expect('{', `after the header of ${header.name}`);
  withProfileName(scope, header.name, () => {
    const inner = { profile: header.name, rules, qualifiers: {}, included: new Set<string>() };
    readBlock(cursor, { ...scope, ...inner, depth: deeper(cursor, scope) });
  });

  if (!scope.live) return;
  const { start, ...described } = header;
  const span = cursor.source.span(start, cursor.at);
  const block: ProfileBlock = defined({ ...described, span, rules });
  profiles.splice(place, 0, block);
}

interface Header {
  readonly start: number;
  readonly name: string;
  readonly kind: ProfileBlock['kind'];
  readonly nameSpan: Span;
  readonly attachment: Expression | undefined;
  readonly attachmentSpan: Span | undefined;
  readonly xattrs: string | undefined;
  readonly flags: readonly string[];
  readonly flagsSpan: Span | undefined;
}

/** `profile NAME /attachment xattrs=(…) flags=(…)`. */
function readHeader(cursor: Cursor, scope: Scope): Header {
  cursor.skip();
  const start = cursor.at;
  const keyword = cursor.match(KEYWORD)?.text;
  const word = cursor.word();
  if (!word) cursor.fail('expected the name of a profile', start);
  return {
    start,
    name: scope.live ? fullName(cursor, scope, word) : unquote(word.text),
    kind: kindOf(keyword, scope),
    nameSpan: cursor.source.span(word.start, word.end),
    ...readAttachment(cursor, scope),
    xattrs: readXattrs(cursor),
    ...readFlags(cursor),
  };
}

function kindOf(keyword: string | undefined, { profile: parent }: Scope): ProfileBlock['kind'] {
  if (keyword === 'profile') return parent === undefined ? 'profile' : 'child';
  return keyword === undefined && parent === undefined ? 'profile' : 'hat';
}

/** `parent//child` for children, `:ns://name` where a namespace is named. */
function fullName(cursor: Cursor, scope: Scope, word: Word): string {
  const name = reportProblem(cursor, word.start, () => scope.reading.variables.single(word.text));
  if (scope.profile !== undefined) return `${scope.profile}//${name}`;
  const [, namespace, local] = /^:([^:]+):(?:\/\/)?([\s\S]+)$/.exec(name) ?? [];
  return namespace === undefined || local === undefined ? name : `:${namespace}://${local}`;
}

function readAttachment(cursor: Cursor, scope: Scope): Pick<Header, 'attachment' | 'attachmentSpan'> {
  cursor.skip();
  const word = cursor.sees(/["/@]/y) ? cursor.word() : undefined;
  return {
    attachment: word && pathExpression(cursor, scope, word),
    attachmentSpan: word && cursor.source.span(word.start, word.end),
  };
}

/** Kept as written: the profile of a container is not attached to programs. */
function readXattrs(cursor: Cursor): string | undefined {
  const keyword = cursor.match(/xattrs(?=[ \t]*=)/y);
  if (!keyword) return undefined;

  cursor.expect('=', 'after xattrs');
  cursor.expect('(', 'after xattrs=');
  let depth = 1;
  while (depth > 0) {
    if (cursor.take('(')) depth += 1;
    else if (cursor.take(')')) depth -= 1;
    else if (!cursor.take('=') && !cursor.take(',') && !cursor.word('(),=')) {
      cursor.fail('the brackets of xattrs=( are not closed');
    }
  }
  return cursor.source.text.slice(keyword.start, cursor.at);
}

/** `flags=(complain, audit)`, or the brackets alone. */
function readFlags(cursor: Cursor): Pick<Header, 'flags' | 'flagsSpan'> {
  if (cursor.match(/flags(?=[ \t]*=)/y)) cursor.expect('=', 'after flags');
  if (!cursor.take('(')) return { flags: [], flagsSpan: undefined };

  const words: Word[] = [];
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const word = cursor.word(ENDS.list);
    if (!word) cursor.fail('the brackets of flags=( are not closed');
    words.push(word);
  }
  const bracket = cursor.at - 1;
  const flagsSpan = cursor.source.span(words[0]?.start ?? bracket, words.at(-1)?.end ?? bracket);
  return { flags: words.map(({ text }) => unquote(text)), flagsSpan };
}

/** Sets `@{profile_name}` while a block is read: the name, with the characters escaped that globs give a meaning. */
function withProfileName({ reading: { variables } }: Scope, name: string, read: () => void): void {
  const outer = variables.sets.get('profile_name');
  const literal = name.replaceAll(/\\[\s\S]|[{}[\]*?]/g, (c) => (c.startsWith('\\') ? c : `\\${c}`));
  variables.define('profile_name', [literal]);
  read();
  if (outer === undefined) variables.remove('profile_name');
  else variables.define('profile_name', outer);
}

/** The depth of a block within this one. */
function deeper(cursor: Cursor, scope: Scope): number {
  if (scope.depth >= LIMITS.blockDepth) cursor.fail(`blocks are nested more than ${LIMITS.blockDepth} deep`);
  return scope.depth + 1;
}

/** Reads a block up to its closing brace, and takes that too. */
function readBlock(cursor: Cursor, scope: Scope): void {
  readStatements(cursor, scope);
  cursor.expect('}', scope.profile === undefined ? 'at the end' : `at the end of ${scope.profile}`);
}

/** Reads rules, blocks, conditions, profiles and includes up to a closing brace or the end of the file. */
function readStatements(cursor: Cursor, scope: Scope): void {
  for (;;) {
    const included = readInclude(cursor, scope);
    if (included !== undefined) {
      for (const file of included) {
        readStatements(file.cursor, file.scope);
        if (!file.cursor.done) file.cursor.fail('this } has no matching { in its file');
      }
      continue;
    }

    cursor.skip();
    if (cursor.done || cursor.sees('}')) return;
    if (readAbi(cursor, scope)) continue;
    if (startsProfile(cursor, { nested: true })) readProfile(cursor, scope);
    else if (!readCondition(cursor, scope)) readRuleOrBlock(cursor, scope);
  }
}

/** A rule with its qualifiers, or a block whose qualifiers apply to all rules in it. */
function readRuleOrBlock(cursor: Cursor, scope: Scope): void {
  const start = cursor.at;
  const qualifiers = readQualifiers(cursor, scope.qualifiers);
  if (cursor.take('{')) readBlock(cursor, { ...scope, qualifiers, depth: deeper(cursor, scope) });
  else readRule(cursor, scope, { start, qualifiers });
}

const IF = /if(?=[\s(])/y;
const ELSE = /else(?=[\s{])/y;

/** `if COND { … } else if COND { … } else { … }`: only the branch that is taken gives rules. */
function readCondition(cursor: Cursor, scope: Scope): boolean {
  if (!cursor.match(IF)) return false;
  let isDecided = false;
  do {
    const holds = readTruth(cursor, scope.reading.variables);
    readBranch(cursor, scope, holds && !isDecided);
    isDecided ||= holds;
    if (!cursor.match(ELSE)) return true;
  } while (cursor.match(IF));
  readBranch(cursor, scope, !isDecided);
  return true;
}

function readBranch(cursor: Cursor, scope: Scope, taken: boolean): void {
  cursor.expect('{', 'after the condition');
  readBlock(cursor, { ...scope, qualifiers: {}, live: scope.live && taken, depth: deeper(cursor, scope) });
}
