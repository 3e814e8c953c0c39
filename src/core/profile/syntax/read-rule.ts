/** Reads one rule: its keyword tells its class; then what all rules have in common is added. Pure. */
import { defined } from '#core/model/optional.ts';
import type { Cursor } from './cursor.ts';
import { readFile, startsFile } from './read-file.ts';
import { readLink, readMount } from './read-mount.ts';
import { readNetwork, readPeer } from './read-peer.ts';
import { readAll, readCapability, readChangeProfile, readRlimit, readUserns } from './read-plain.ts';
import { LIMITS, type Scope } from './scope.ts';
import type { Body, Qualifiers } from './ast.ts';

const READERS: Readonly<Record<string, (cursor: Cursor, scope: Scope, keyword: string) => Body>> = {
  capability: readCapability,
  network: readNetwork,
  link: readLink,
  set: readRlimit,
  change_profile: readChangeProfile,
  userns: readUserns,
  all: readAll,
  mount: readMount,
  remount: readMount,
  umount: readMount,
  unmount: readMount,
  pivot_root: readMount,
  ptrace: readPeer,
  signal: readPeer,
  dbus: readPeer,
  unix: readPeer,
  mqueue: readPeer,
  io_uring: readPeer,
};

const KEYWORD = /[A-Za-z][A-Za-z0-9_]*(?=[\s,(])/y;

/** What was read of a rule before its first own word. */
interface RuleStart {
  /** Offset of its first qualifier. */
  readonly start: number;
  readonly qualifiers: Qualifiers;
}

/** Reads a rule up to its comma, and adds it to the rules of its block. */
export function readRule(cursor: Cursor, scope: Scope, ruleStart: RuleStart): void {
  cursor.skip();
  const bodies = readBodies(cursor, scope);
  cursor.expect(',', 'after the rule');
  for (const body of bodies) addRule(cursor, scope, ruleStart, body);
}

/** Several for a rule that says two things: file permissions, and what may be linked to. */
function readBodies(cursor: Cursor, scope: Scope): Body[] {
  if (startsFile(cursor)) return readFile(cursor, scope);
  const keyword = cursor.match(KEYWORD);
  const read = keyword && Object.hasOwn(READERS, keyword.text) ? READERS[keyword.text] : undefined;
  if (!keyword || !read) cursor.fail('expected a rule', keyword?.start);
  return [read(cursor, scope, keyword.text)];
}

function addRule(cursor: Cursor, scope: Scope, { start, qualifiers }: RuleStart, body: Body): void {
  const { reading, rules, via, profile = '', live } = scope;
  reading.ruleCount += 1;
  if (reading.ruleCount > LIMITS.rules) cursor.fail(`there are more than ${LIMITS.rules} rules`, start);
  if (!live) return;

  const span = cursor.source.span(start, cursor.at);
  const isSecond = body.kind === 'link' && rules.at(-1)?.span.start === start;
  rules.push({
    ...body,
    id: `${profile}@${span.file}:${span.line}:${span.column}${isSecond ? '+link' : ''}`,
    profile,
    span,
    text: textOf(cursor, start),
    ...defined({ comment: commentOf(cursor, span.line) }),
    via,
    qualifiers,
  });
}

/** A quoted string, an escaped character, or blanks and comments. */
const QUOTED_OR_BLANK = /"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|(?:(?<=[\s,(])#[^\n]*|\s)+/g;

/** The rule without its comma and its comments; blanks outside quotes become one. */
function textOf(cursor: Cursor, start: number): string {
  const written = cursor.source.text.slice(start, cursor.at - 1);
  return written.replaceAll(QUOTED_OR_BLANK, (part) => (/^["\\]/.test(part) ? part : ' ')).trim();
}

const COMMENT = /^[ \t]*#(?!include[ \t<"])[ \t]?(.*?)[ \t\r]*$/;

/** The comment lines above a rule, and the comment after its comma. */
function commentOf({ source, at }: Cursor, line: number): string | undefined {
  const comments: string[] = [];
  for (let above = line - 1; above > 0; above -= 1) {
    const comment = COMMENT.exec(source.lineText(above) ?? '')?.[1];
    if (comment === undefined) break;
    comments.unshift(comment);
  }

  const lineEnd = source.text.indexOf('\n', at);
  const after = COMMENT.exec(source.text.slice(at, lineEnd < 0 ? undefined : lineEnd))?.[1];
  if (after !== undefined) comments.push(after);

  const text = comments.join('\n').trim();
  return text === '' ? undefined : text;
}
