/** Mount, remount, umount and pivot_root rules, and link rules. Pure. */
import { conditionsOf, readConditions } from './conditions.ts';
import { ENDS, type Cursor } from './cursor.ts';
import type { Body } from './read-rule.ts';
import { expression, type Scope } from './scope.ts';
import type { Expression } from './ast.ts';

/** `mount [conditions] [source] [-> target]`; the others have a target alone. */
export function readMount(cursor: Cursor, scope: Scope, keyword: string): Body {
  const found = new Map<string, Expression>();
  readConditions(cursor, scope, found);
  const first = readPath(cursor, scope);
  const second = cursor.take('->') ? cursor : undefined;
  if (keyword === 'pivot_root') {
    const profile = second?.word();
    return {
      kind: 'pivot_root',
      conditions: conditionsOf(found),
      ...(first ? { target: first } : {}),
      ...(profile ? { transition: profile.text } : {}),
    };
  }
  if (keyword !== 'mount')
    return {
      kind: keyword === 'remount' ? 'remount' : 'umount',
      conditions: conditionsOf(found),
      ...(first ? { target: first } : {}),
    };
  if (second) readConditions(cursor, scope, found);
  const target = second && readPath(cursor, scope);
  return {
    kind: 'mount',
    conditions: conditionsOf(found),
    ...(first ? { source: first } : {}),
    ...(target ? { target } : {}),
  };
}

function readPath(cursor: Cursor, scope: Scope): Expression | undefined {
  cursor.blank();
  if (cursor.sees('->')) return undefined;
  const word = cursor.word(cursor.sees(/[/@:&]/y) ? ENDS.plain : ENDS.beforeEquals);
  return word && expression(cursor, scope, word, true);
}

/** `link subset /a -> /b`. */
export function readLink(cursor: Cursor, scope: Scope): Body {
  const subset = (cursor.match(/subset(?=\s)/y) ?? cursor.match(/<=/y)) !== undefined;
  const path = cursor.word();
  cursor.expect('->', 'in the link rule');
  const target = cursor.word();
  if (!path || !target) cursor.fail('a link rule has two paths');
  return {
    kind: 'link',
    path: expression(cursor, scope, path, true),
    target: expression(cursor, scope, target, true),
    subset,
  };
}
