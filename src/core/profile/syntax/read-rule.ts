/** Reads one rule: by its keyword its family, then its comma; and what every rule has in common. Pure. */
import type { Cursor } from './cursor.ts';
import { readFile, startsFile } from './read-file.ts';
import { readLink, readMount } from './read-mount.ts';
import { readNetwork, readPeer } from './read-peer.ts';
import { readAll, readCapability, readChangeProfile, readRlimit, readUserns } from './read-plain.ts';
import { LIMITS, type Scope } from './scope.ts';
import type { Qualifiers, Rule } from './ast.ts';

/** What is a rule's own, besides what all rules have. */
export type Body<R extends Rule = Rule> = R extends Rule
  ? Omit<R, 'id' | 'profile' | 'span' | 'text' | 'comment' | 'via' | 'qualifiers'>
  : never;

const FAMILIES: Readonly<Record<string, (cursor: Cursor, scope: Scope, keyword: string) => Body>> = {
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

/** @param start where its first qualifier stands. */
export function readRule(cursor: Cursor, scope: Scope, start: number, qualifiers: Qualifiers): void {
  cursor.blank();
  for (const body of readBodies(cursor, scope)) finish(cursor, scope, start, qualifiers, body);
}

/** Several for a rule that says two things: file permissions, and which links. */
function readBodies(cursor: Cursor, scope: Scope): Body[] {
  const bodies = readFamily(cursor, scope);
  cursor.expect(',', 'behind the rule');
  return bodies;
}

function readFamily(cursor: Cursor, scope: Scope): Body[] {
  if (startsFile(cursor)) return readFile(cursor, scope);
  const keyword = cursor.match(KEYWORD);
  const read = keyword && Object.hasOwn(FAMILIES, keyword.text) ? FAMILIES[keyword.text] : undefined;
  if (!keyword || !read) cursor.fail('no rule starts like this', keyword?.start);
  return [read(cursor, scope, keyword.text)];
}

function finish(cursor: Cursor, scope: Scope, start: number, qualifiers: Qualifiers, body: Body): void {
  const { reading, rules, via, profile = '', live } = scope;
  reading.ruleCount += 1;
  if (reading.ruleCount > LIMITS.rules) cursor.fail(`there are more than ${LIMITS.rules} rules`, start);
  if (!live) return;
  const span = cursor.source.span(start, cursor.at);
  const id = `${profile}@${span.file}:${span.line}:${span.column}${body.kind === 'link' && rules.at(-1)?.span.start === start ? '+link' : ''}`;
  const comment = commentOf(cursor, span.line, cursor.at);
  rules.push({
    ...body,
    id,
    profile,
    span,
    text: written(cursor, start),
    ...(comment === '' ? {} : { comment }),
    via,
    qualifiers,
  });
}

/** The rule without its comma; comments within it go, blanks outside quotes become one. */
function written(cursor: Cursor, start: number): string {
  const text = cursor.source.text.slice(start, cursor.at - 1);
  return text
    .replaceAll(/"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|(?:(?<=[\s,(])#[^\n]*|\s)+/g, (found) =>
      /^["\\]/.test(found) ? found : ' ',
    )
    .trim();
}

const COMMENT = /^[ \t]*#(?!include[ \t<"])[ \t]?(.*?)[ \t\r]*$/;

function commentOf({ source }: Cursor, line: number, end: number): string {
  const lines: string[] = [];
  for (let above = line - 1; above > 0; above -= 1) {
    const text = COMMENT.exec(source.lineText(above) ?? '')?.[1];
    if (text === undefined) break;
    lines.unshift(text);
  }
  const behind = COMMENT.exec(
    source.text.slice(end, source.text.indexOf('\n', end) < 0 ? undefined : source.text.indexOf('\n', end)),
  )?.[1];
  if (behind !== undefined) lines.push(behind);
  return lines.join('\n').trim();
}
