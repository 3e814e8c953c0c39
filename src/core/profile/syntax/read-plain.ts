/** Rules that are mere words: capability, rlimit, change_profile, userns, all. Pure. */
import { defined } from '#core/model/optional.ts';
import { readAccess } from './accesses.ts';
import { readConditions } from './conditions.ts';
import type { Cursor } from './cursor.ts';
import { expression, noteLabel, pathExpression, type Scope } from './scope.ts';
import type { Body } from './ast.ts';

/** `capability [NAME …]`. */
export function readCapability(cursor: Cursor): Body {
  const names: string[] = [];
  for (;;) {
    const word = cursor.match(/[A-Za-z][A-Za-z0-9_]*/y);
    if (!word) return { kind: 'capability', names };
    names.push(word.text);
  }
}

/** `set rlimit NAME <= VALUE [UNIT]`. */
export function readRlimit(cursor: Cursor): Body {
  if (!cursor.match(/rlimit(?=\s)/y)) cursor.fail('expected rlimit after set');
  const limit = cursor.match(/[A-Za-z_]+/y);
  cursor.expect('<=', 'in the rlimit rule');
  const value = cursor.match(/-?[0-9]+|[A-Za-z_]+/y);
  if (!limit || !value) cursor.fail('expected set rlimit NAME <= VALUE');
  const unit = cursor.match(/[A-Za-z_]+/y);
  return { kind: 'rlimit', limit: limit.text, value: unit ? `${value.text} ${unit.text}` : value.text };
}

/** `change_profile [safe|unsafe] [/exec] [-> target]`. */
export function readChangeProfile(cursor: Cursor, scope: Scope): Body {
  const mode = cursor.match(/(?:un)?safe(?=\s)/y)?.text;
  cursor.skip();
  const exec = cursor.sees('->') ? undefined : cursor.word();
  const target = cursor.take('->') ? cursor.word() : undefined;
  noteLabel(cursor, scope, target);
  return defined({
    kind: 'change_profile' as const,
    mode,
    exec: exec && pathExpression(cursor, scope, exec),
    target: target && expression(cursor, scope, target),
  });
}

/** `userns [create]`. The grammar has conditions here too, but the parser knows none (userns.cc). */
export function readUserns(cursor: Cursor, scope: Scope): Body {
  const access = readAccess(cursor, 'userns');
  readConditions(cursor, scope, new Map());
  return { kind: 'userns', access };
}

/** `all`. */
export function readAll(): Body {
  return { kind: 'all', access: [] };
}
