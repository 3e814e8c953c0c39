/** File rules in all their forms: `/path rw,`, `rw /path,`, `file,`, `/x px -> y,`, `l subset /a -> /b,`. Pure. */
import type { Cursor, Word } from './cursor.ts';
import type { Body } from './read-rule.ts';
import { expression, type Scope } from './scope.ts';
import type { ExecTransition, FileRule } from './ast.ts';

const PERMISSIONS = /(?:[PpCc]?[IiUu]?[Xx]|[RrWwaLlMmkK])+(?=[\s,])/y;
const FILE = /file(?=[\s,])/y;
const SAFETY = /(?:un)?safe(?=\s)/y;
const PATH = /["/@]/y;
/** The permissions of a bare `file,`. */
const ALL = 'rwlkmx';

/** @returns whether a file rule starts here. */
export function startsFile(cursor: Cursor): boolean {
  return (
    cursor.sees(PATH) ||
    cursor.sees(FILE) ||
    cursor.sees(SAFETY) ||
    (cursor.sees(PERMISSIONS) && !cursor.sees(/all(?=[\s,])/y))
  );
}

/** Two bodies where `->` behind `l` names what may be linked to, which is a link rule of its own. */
export function readFile(cursor: Cursor, scope: Scope): Body[] {
  const isFile = cursor.match(FILE) !== undefined;
  cursor.blank();
  if (isFile && cursor.sees(',')) return [{ kind: 'file', permissions: ALL, exec: { mode: 'ix' } }];
  const safety = cursor.match(SAFETY)?.text;
  const leading = cursor.match(PERMISSIONS);
  const subset = leading !== undefined && (cursor.match(/subset(?=\s)/y) ?? cursor.match(/<=/y)) !== undefined;
  cursor.blank();
  if (!cursor.sees(PATH)) cursor.fail("a file rule's path begins with / or a variable");
  const path = cursor.word();
  const permissions = leading ?? cursor.match(PERMISSIONS);
  if (!path || !permissions) cursor.fail('the file rule has no permissions, or letters that are none');
  const target = cursor.take('->') ? cursor.word() : undefined;
  const letters = lettersOf(permissions.text);
  const linked = leading !== undefined && letters.includes('l') && (target !== undefined || subset);
  const own: Body<FileRule> = {
    kind: 'file',
    path: expression(cursor, scope, path, true),
    permissions: linked ? letters.replace('l', '') : letters,
    permissionsSpan: cursor.source.span(permissions.start, permissions.end),
    ...transition(permissions.text, linked ? undefined : target, safety),
  };
  const file = linked && own.permissions === '' ? [] : [own];
  return linked
    ? [
        ...file,
        {
          kind: 'link',
          path: own.path ?? { text: '', expanded: [] },
          target: linkTarget(cursor, scope, target),
          subset,
        },
      ]
    : file;
}

function linkTarget(
  cursor: Cursor,
  scope: Scope,
  target: Word | undefined,
): { text: string; expanded: readonly string[] } {
  return target ? expression(cursor, scope, target, true) : { text: '/**', expanded: ['/**'] };
}

/** Each letter once, in the order written, x for any kind of execution. */
function lettersOf(written: string): string {
  return [...new Set(written.replaceAll(/[PpCc]?[IiUu]?[Xx]/g, 'x').toLowerCase())].join('');
}

function transition(written: string, target: Word | undefined, safety: string | undefined): { exec?: ExecTransition } {
  const mode = /[PpCc]?[IiUu]?[Xx]/.exec(written)?.[0];
  if (mode === undefined) return {};
  return {
    exec: {
      mode,
      ...(target ? { target: target.text } : {}),
      ...(safety === 'safe' || safety === 'unsafe' ? { safety } : {}),
    },
  };
}
