/** File rules in all their forms: `/path rw,`, `rw /path,`, `file,`, `/x px -> y,`, `l subset /a -> /b,`. Pure. */
import { defined } from '#core/model/optional.ts';
import type { Cursor, Word } from './cursor.ts';
import { expression, noteLabel, pathExpression, type Scope } from './scope.ts';
import type { Body, ExecTransition, Expression, FileRule, LinkRule } from './ast.ts';

const EXEC_MODE = /[PpCc]?[IiUu]?[Xx]/;
const PERMISSIONS = /(?:[PpCc]?[IiUu]?[Xx]|[RrWwaLlMmkK])+(?=[\s,])/y;
const FILE = /file(?=[\s,])/y;
const ALL = /all(?=[\s,])/y;
const SAFETY = /(?:un)?safe(?=\s)/y;
const PATH_START = /["/@]/y;

/** A bare `file,`: every permission, and execution under the same profile. */
const BARE_FILE: Body<FileRule> = { kind: 'file', permissions: 'rwlkmx', exec: { mode: 'ix' } };

/** A link rule without a target. */
const ANY_TARGET: Expression = { text: '/**', expanded: ['/**'] };

/** @returns whether a file rule starts here. */
export function startsFile(cursor: Cursor): boolean {
  if (cursor.sees(PATH_START) || cursor.sees(FILE) || cursor.sees(SAFETY)) return true;
  return cursor.sees(PERMISSIONS) && !cursor.sees(ALL);
}

/** @returns one body; or two, where `rwl /a -> /b` also says what may be linked to. */
export function readFile(cursor: Cursor, scope: Scope): Body[] {
  const hasKeyword = cursor.match(FILE) !== undefined;
  cursor.skip();
  if (hasKeyword && cursor.sees(',')) return [BARE_FILE];

  const written = readParts(cursor);
  const isLink = written.letters.includes('l') && written.leads && (written.target !== undefined || written.subset);
  const path = pathExpression(cursor, scope, written.path);
  if (!isLink) {
    const file = fileBody(cursor, scope, path, written);
    if (!namesChild(file)) noteLabel(cursor, scope, written.target);
    return [file];
  }

  // what `->` names is the target of the link, so it is not that of an execution
  const own = { ...written, target: undefined, letters: written.letters.replace('l', '') };
  const file = fileBody(cursor, scope, path, own);
  const target = written.target ? pathExpression(cursor, scope, written.target) : ANY_TARGET;
  const link: Body<LinkRule> = { kind: 'link', path, target, subset: written.subset };
  return file.permissions === '' ? [link] : [file, link];
}

/** The parts of a file rule, in the order of their grammar. */
interface WrittenRule {
  readonly safety: ExecTransition['safety'];
  readonly path: Word;
  readonly permissions: Word;
  /** Each letter of the permissions once. */
  readonly letters: string;
  /** The permissions stand before the path. */
  readonly leads: boolean;
  readonly subset: boolean;
  readonly target: Word | undefined;
}

function readParts(cursor: Cursor): WrittenRule {
  const safety = cursor.match(SAFETY)?.text as ExecTransition['safety'];
  const leading = cursor.match(PERMISSIONS);
  const subset = leading !== undefined && takeSubset(cursor);

  cursor.skip();
  if (!cursor.sees(PATH_START)) cursor.fail('expected a path, which starts with / or with a variable');
  const path = cursor.word();
  const permissions = leading ?? cursor.match(PERMISSIONS);
  if (!path || !permissions) cursor.fail('expected file permissions, such as rw');

  const target = cursor.take('->') ? cursor.word() : undefined;
  const letters = lettersOf(permissions.text);
  return { safety, path, permissions, letters, leads: leading !== undefined, subset, target };
}

/** Takes `subset` or `<=`: the linked file must not be given more than its target. */
export function takeSubset(cursor: Cursor): boolean {
  return (cursor.match(/subset(?=\s)/y) ?? cursor.match(/<=/y)) !== undefined;
}

function fileBody(cursor: Cursor, scope: Scope, path: Expression, written: WrittenRule): Body<FileRule> {
  const { permissions, letters, target, safety } = written;
  const exec = transition(permissions.text, target, safety);
  const targetName = target === undefined ? undefined : nameOf(cursor, scope, target);
  return defined({
    kind: 'file' as const,
    path,
    permissions: letters,
    permissionsSpan: cursor.source.span(permissions.start, permissions.end),
    exec: exec && defined({ ...exec, targetName }),
  });
}

/** The name of a target with variables in it; undefined for any other. */
function nameOf(cursor: Cursor, scope: Scope, target: Word): string | undefined {
  if (!target.text.includes('@{')) return undefined;
  const { alternation, expanded } = expression(cursor, scope, target);
  return alternation ?? expanded[0];
}

/** `cx`: the target is a child, named without its parent. */
export function namesChild({ exec }: Pick<FileRule, 'exec'>): boolean {
  return /c/i.test(exec?.mode ?? '');
}

/** Each letter once, in the order written; x for any kind of execution. */
function lettersOf(permissions: string): string {
  const letters = permissions.replaceAll(new RegExp(EXEC_MODE, 'g'), 'x').toLowerCase();
  return [...new Set(letters)].join('');
}

function transition(
  permissions: string,
  target: Word | undefined,
  safety: ExecTransition['safety'],
): ExecTransition | undefined {
  const mode = EXEC_MODE.exec(permissions)?.[0];
  return mode === undefined ? undefined : defined({ mode, target: target?.text, safety });
}
