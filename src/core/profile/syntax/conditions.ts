/** Conditions of rules: `key=value`, `key=(a b)`, `key in (a b)`, `peer=(key=value …)`. Pure. */
import { ENDS, type Cursor, type Word } from './cursor.ts';
import { expression, type Scope } from './scope.ts';
import type { Conditions, Expression } from './ast.ts';

const KEY = /[A-Za-z][A-Za-z0-9_]*(?=[ \t]*=|[ \t]+in[ \t]*\()/y;
const GROUP = /peer(?=[ \t]*=[ \t]*\()/y;

/** Reads conditions as long as there are any, and adds them to those that are known. */
export function readConditions(cursor: Cursor, scope: Scope, into: Map<string, Expression>): void {
  for (;;) {
    if (cursor.match(GROUP)) {
      cursor.expect('=', 'behind peer');
      readGroup(cursor, scope, into);
      continue;
    }
    const key = cursor.match(KEY);
    if (!key) return;
    if (cursor.match(/in(?=[ \t]*\()/y)) add(into, `${key.text} in`, readList(cursor, scope));
    else {
      cursor.expect('=', `behind ${key.text}`);
      cursor.blankInLine();
      add(into, key.text, cursor.sees('(') ? readList(cursor, scope) : readValue(cursor, scope, ENDS.plain));
    }
  }
}

/** As the rule types have them. */
export function conditionsOf(found: ReadonlyMap<string, Expression>): Conditions {
  return Object.fromEntries(found);
}

/** `(label=x addr=none)`, into keys `peer.label`, `peer.addr`. */
function readGroup(cursor: Cursor, scope: Scope, into: Map<string, Expression>): void {
  cursor.expect('(', 'behind peer=');
  while (!cursor.take(')')) {
    if (cursor.take(',')) continue;
    const key = cursor.word(ENDS.key);
    if (!key) cursor.fail('the brackets of peer=( are not closed');
    cursor.expect('=', `behind ${key.text}`);
    cursor.blank();
    add(into, `peer.${key.text}`, cursor.sees('(') ? readList(cursor, scope) : readValue(cursor, scope, ENDS.list));
  }
}

/** The values between brackets, one expression for all. */
function readList(cursor: Cursor, scope: Scope): Expression {
  const words = readWords(cursor);
  return {
    text: `(${words.map(({ text }) => text).join(', ')})`,
    expanded: words.flatMap((word) => expression(cursor, scope, word).expanded),
  };
}

/** Words in brackets, commas between them or not. */
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

function readValue(cursor: Cursor, scope: Scope, ends: string): Expression {
  const word = cursor.word(ends);
  if (!word) cursor.fail('a value is missing behind =');
  return expression(cursor, scope, word);
}

/** A key that is given once more is a condition of its own: `options`, `options #2`. */
function add(into: Map<string, Expression>, key: string, value: Expression): void {
  let name = key;
  for (let n = 2; into.has(name); n += 1) name = `${key} #${n}`;
  into.set(name, value);
}
