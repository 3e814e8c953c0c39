/** Rules that are words: capability, rlimit, change_profile, userns, all. Pure. */
import { conditionsOf, readConditions } from './conditions.ts';
import type { Cursor } from './cursor.ts';
import { readAccess } from './read-peer.ts';
import type { Body } from './read-rule.ts';
import { expression, type Scope } from './scope.ts';
import type { Expression } from './ast.ts';

export function readCapability(cursor: Cursor): Body {
  const names: string[] = [];
  for (let word = cursor.match(/[A-Za-z][A-Za-z0-9_]*/y); word; word = cursor.match(/[A-Za-z][A-Za-z0-9_]*/y))
    names.push(word.text);
  return { kind: 'capability', names };
}

/** `set rlimit NAME <= VALUE [UNIT]`. */
export function readRlimit(cursor: Cursor): Body {
  if (!cursor.match(/rlimit(?=\s)/y)) cursor.fail('only `set rlimit` is a rule');
  const limit = cursor.match(/[A-Za-z_]+/y);
  cursor.expect('<=', 'in the rlimit rule');
  const value = cursor.match(/-?[0-9]+|[A-Za-z_]+/y);
  if (!limit || !value) cursor.fail('the rlimit rule has no limit or no value');
  const unit = cursor.match(/[A-Za-z_]+/y);
  return { kind: 'rlimit', limit: limit.text, value: unit ? `${value.text} ${unit.text}` : value.text };
}

/** `change_profile [safe|unsafe] [/exec] [-> target]`. */
export function readChangeProfile(cursor: Cursor, scope: Scope): Body {
  const mode = cursor.match(/(?:un)?safe(?=\s)/y)?.text;
  cursor.blank();
  const exec = cursor.sees('->') ? undefined : cursor.word();
  const target = cursor.take('->') ? cursor.word() : undefined;
  return {
    kind: 'change_profile',
    ...(mode === undefined ? {} : { mode }),
    ...(exec ? { exec: expression(cursor, scope, exec, true) } : {}),
    ...(target ? { target: expression(cursor, scope, target) } : {}),
  };
}

export function readUserns(cursor: Cursor, scope: Scope): Body {
  const access = readAccess(cursor, 'userns');
  const found = new Map<string, Expression>();
  readConditions(cursor, scope, found);
  conditionsOf(found);
  return { kind: 'userns', access };
}

export function readAll(): Body {
  return { kind: 'all', access: [] };
}
