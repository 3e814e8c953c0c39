/** Conditions of rules: `key=value`, `key=(a b)`, `key in (a b)`, `peer=(key=value …)`. Pure. */
import { ENDS, type Cursor, type Word } from './cursor.ts';
import { expression, noteLabel, type Scope } from './scope.ts';
import type { Conditions, Expression } from './ast.ts';

const KEY = /[A-Za-z][A-Za-z0-9_]*(?=[ \t]*=|[ \t]+in[ \t]*\()/y;
const IN = /in(?=[ \t]*\()/y;
const PEER_GROUP = /peer(?=[ \t]*=[ \t]*\()/y;

/** The conditions of one rule, collected while it is read. */
export type ConditionMap = Map<string, Expression>;

/** Keys whose values are labels of profiles. */
export const LABEL_KEYS: readonly string[] = ['peer', 'peer.label', 'label'];

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
      add(conditions, `${key.text} in`, readList(cursor, scope).value);
      continue;
    }

    cursor.expect('=', `after ${key.text}`);
    cursor.skipBlanks();
    add(conditions, key.text, readValue(cursor, scope, { key: key.text, ends: ENDS.plain }));
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
    const name = `peer.${key.text}`;
    add(conditions, name, readValue(cursor, scope, { key: name, ends: ENDS.list }));
  }
}

/** The value of a key, or its list of values in brackets. */
function readValue(
  cursor: Cursor,
  scope: Scope,
  { key, ends }: { readonly key: string; readonly ends: string },
): Expression {
  const { value, words } = cursor.sees('(') ? readList(cursor, scope) : readSingle(cursor, scope, ends);
  if (LABEL_KEYS.includes(key)) for (const word of words) noteLabel(cursor, scope, word);
  return value;
}

interface Value {
  readonly value: Expression;
  readonly words: readonly Word[];
}

function readSingle(cursor: Cursor, scope: Scope, ends: string): Value {
  const word = cursor.word(ends);
  if (!word) cursor.fail('expected a value after =');
  return { value: expression(cursor, scope, word), words: [word] };
}

/** The values between brackets, as one expression. */
function readList(cursor: Cursor, scope: Scope): Value {
  const words = readWords(cursor);
  const text = `(${words.map((word) => word.text).join(', ')})`;
  return { value: { text, expanded: words.flatMap((word) => expression(cursor, scope, word).expanded) }, words };
}

/** Reads the words between brackets; commas between them are optional. */
export function readWords(cursor: Cursor): Word[] {
  cursor.expect('(', 'here');
  const words: Word[] = [];
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const word = cursor.word(ENDS.list);
    if (!word) cursor.fail('a ( is not closed');
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
