/** Conditions of rules: `key=value`, `key=(a b)`, `key in (a b)`, `peer=(key=value …)`. Pure. */
import { ENDS, type Cursor, type Word } from './cursor.ts';
import { expression, type Scope } from './scope.ts';
import type { Conditions, Expression } from './ast.ts';

const KEY = /[A-Za-z][A-Za-z0-9_]*(?=[ \t]*=|[ \t]+in[ \t]*\()/y;
const IN = /in(?=[ \t]*\()/y;
const PEER_GROUP = /peer(?=[ \t]*=[ \t]*\()/y;

/** The conditions of one rule, collected while it is read. */
export type ConditionMap = Map<string, Expression>;

/** Reads as many conditions as stand here, and adds them to `conditions`. */
export function readConditions(cursor: Cursor, scope: Scope, conditions: ConditionMap): void {
  for (;;) {
    if (cursor.match(PEER_GROUP)) {
      cursor.expect('=', 'after peer');
      readPeerGroup(cursor, scope, conditions);
      continue;
    }

    const key = cursor.match(KEY);
    if (!key) return;

    if (cursor.match(IN)) {
      add(conditions, `${key.text} in`, readList(cursor, scope));
      continue;
    }

    cursor.expect('=', `after ${key.text}`);
    cursor.skipBlanks();
    add(conditions, key.text, readValueOrList(cursor, scope, ENDS.plain));
  }
}

/** @returns the conditions in the form that rules have. */
export function conditionsOf(conditions: ConditionMap): Conditions {
  return Object.fromEntries(conditions);
}

/** `(label=x addr=none)`, with the keys `peer.label` and `peer.addr`. */
function readPeerGroup(cursor: Cursor, scope: Scope, conditions: ConditionMap): void {
  cursor.expect('(', 'after peer=');
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const key = cursor.word(ENDS.key);
    if (!key) cursor.fail('the brackets of peer=( are not closed');
    cursor.expect('=', `after ${key.text}`);
    cursor.skip();
    add(conditions, `peer.${key.text}`, readValueOrList(cursor, scope, ENDS.list));
  }
}

function readValueOrList(cursor: Cursor, scope: Scope, ends: string): Expression {
  if (cursor.sees('(')) return readList(cursor, scope);
  const word = cursor.word(ends);
  if (!word) cursor.fail('expected a value after =');
  return expression(cursor, scope, word);
}

/** The values between brackets, as one expression. */
function readList(cursor: Cursor, scope: Scope): Expression {
  const words = readWords(cursor);
  return {
    text: `(${words.map(({ text }) => text).join(', ')})`,
    expanded: words.flatMap((word) => expression(cursor, scope, word).expanded),
  };
}

/** Reads the words between brackets; commas between them are optional. */
export function readWords(cursor: Cursor): Word[] {
  cursor.expect('(', 'here');
  const words: Word[] = [];
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const word = cursor.word(ENDS.list);
    if (!word) cursor.fail('brackets are not closed');
    words.push(word);
  }
  return words;
}

/** A key that is repeated is a condition of its own: `options`, `options #2`. */
function add(conditions: ConditionMap, key: string, value: Expression): void {
  let name = key;
  for (let n = 2; conditions.has(name); n += 1) name = `${key} #${n}`;
  conditions.set(name, value);
}
