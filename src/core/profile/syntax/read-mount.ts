/** Mount, remount, umount, pivot_root and link rules. Pure. */
import { defined } from '#core/model/optional.ts';
import { conditionsOf, readConditions, type ConditionMap } from './conditions.ts';
import { ENDS, type Cursor } from './cursor.ts';
import { takeSubset } from './read-file.ts';
import { noteLabel, pathExpression, type Scope } from './scope.ts';
import type { Body, Expression } from './ast.ts';

/** `mount [conditions] [source] [-> target]`; the others have a target alone. */
export function readMount(cursor: Cursor, scope: Scope, keyword: string): Body {
  const conditions: ConditionMap = new Map();
  readConditions(cursor, scope, conditions);
  const path = readPath(cursor, scope);
  const hasArrow = cursor.take('->');

  if (keyword === 'mount') {
    if (hasArrow) readConditions(cursor, scope, conditions);
    const target = hasArrow ? readPath(cursor, scope) : undefined;
    return defined({ kind: 'mount' as const, conditions: conditionsOf(conditions), source: path, target });
  }
  if (keyword === 'pivot_root') {
    const transition = hasArrow ? cursor.word() : undefined;
    noteLabel(cursor, scope, transition);
    return defined({
      kind: keyword,
      conditions: conditionsOf(conditions),
      target: path,
      transition: transition?.text,
    } as const);
  }
  const kind = keyword === 'remount' ? 'remount' : 'umount';
  return defined({ kind, conditions: conditionsOf(conditions), target: path } as const);
}

function readPath(cursor: Cursor, scope: Scope): Expression | undefined {
  cursor.skip();
  if (cursor.sees('->')) return undefined;
  const word = cursor.word(cursor.sees(/[/@:&]/y) ? ENDS.plain : ENDS.beforeEquals);
  return word && pathExpression(cursor, scope, word);
}

/** `link subset /a -> /b`. */
export function readLink(cursor: Cursor, scope: Scope): Body {
  const subset = takeSubset(cursor);
  const path = cursor.word();
  cursor.expect('->', 'in the link rule');
  const target = cursor.word();
  if (!path || !target) cursor.fail('expected two paths in the link rule');
  return {
    kind: 'link',
    path: pathExpression(cursor, scope, path),
    target: pathExpression(cursor, scope, target),
    subset,
  };
}
