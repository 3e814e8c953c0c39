/**
 * The condition after `if`, as AppArmor 5 reads it (parser_yacc.y, cond_expr.cc): `not`, `and`, `or`, brackets,
 * `defined`, booleans, and comparisons of sets of words. Older parsers know `not`, `defined` and booleans only. Pure.
 */
import type { Cursor, Word } from './cursor.ts';
import { unquote } from './unquote.ts';
import type { Variables } from './variables.ts';

const NOT = /not(?=[\s(])/y;
const AND = /and(?=[\s(])/y;
const OR = /or(?=[\s(])/y;
const DEFINED = /defined(?=\s)/y;
const SET = /@(?:\{[A-Za-z]\w*\}|[A-Za-z]\w*)/y;
const BOOLEAN = /\$(?:\{[A-Za-z]\w*\}|[A-Za-z]\w*)/y;
const COMPARISON = /==|!=|<=|>=|<|>|in(?=\s)/y;
const LITERAL = /"(?:[^"\\]|\\.)*"|(?!\{\s)[^\s()=!<>"@$][^\s()=!<>"]*/y;
const NUMBER = /^-?\d+$/;

/** How deep a condition may be nested. */
const MAX_DEPTH = 64;

/** The words on one side of a comparison, each once. */
type Words = ReadonlySet<string>;

/** @returns whether the condition that stands here holds. */
export function readTruth(cursor: Cursor, variables: Variables): boolean {
  return new TruthReader(cursor, variables).either(0);
}

class TruthReader {
  readonly #cursor: Cursor;
  readonly #variables: Variables;

  constructor(cursor: Cursor, variables: Variables) {
    this.#cursor = cursor;
    this.#variables = variables;
  }

  /** `A or B or …`. Every part is read, whatever the parts before it say. */
  either(depth: number): boolean {
    let holds = this.#both(depth);
    while (this.#cursor.match(OR)) holds = this.#both(depth) || holds;
    return holds;
  }

  #both(depth: number): boolean {
    let holds = this.#term(depth);
    while (this.#cursor.match(AND)) holds = this.#term(depth) && holds;
    return holds;
  }

  #term(depth: number): boolean {
    if (depth > MAX_DEPTH) this.#cursor.fail('the condition is nested too deep');
    if (this.#cursor.match(NOT)) return !this.#term(depth + 1);
    if (this.#cursor.match(DEFINED)) return this.#defined();
    if (!this.#cursor.take('(')) return this.#comparison();

    const holds = this.either(depth + 1);
    this.#cursor.expect(')', 'at the end of the condition');
    return holds;
  }

  #defined(): boolean {
    const set = this.#cursor.match(SET);
    if (set !== undefined) return this.#variables.sets.has(nameOf(set));
    const boolean = this.#cursor.match(BOOLEAN) ?? this.#cursor.fail('expected a variable after defined');
    // AppArmor 4 says yes to one that is true, AppArmor 5.0 to none
    if (this.#variables.booleans.get(nameOf(boolean)) !== true) return false;
    return this.#cursor.fail(
      `versions of apparmor_parser do not agree on \`defined ${boolean.text}\`: ask for ${boolean.text} itself`,
      boolean.start,
    );
  }

  #comparison(): boolean {
    const boolean = this.#cursor.match(BOOLEAN);
    if (boolean !== undefined) return this.#boolean(boolean);

    const start = this.#startOfNext();
    const left = this.#words();
    const operator = this.#cursor.match(COMPARISON);
    if (operator !== undefined) return this.#compare(operator, left, this.#words());

    const [word = ''] = left;
    if (/^true$/i.test(word)) return true;
    if (/^false$/i.test(word)) return false;
    return this.#cursor.fail('expected a condition: $x, defined @{X}, or a comparison such as x in @{X}', start);
  }

  #boolean(word: Word): boolean {
    const value = this.#variables.booleans.get(nameOf(word));
    return value ?? this.#cursor.fail(`the boolean $${nameOf(word)} is not defined`, word.start);
  }

  #words(): Words {
    const start = this.#startOfNext();
    const set = this.#cursor.match(SET);
    if (set === undefined) {
      const literal = this.#cursor.match(LITERAL) ?? this.#cursor.fail('expected a variable or a word', start);
      return new Set([unquote(literal.text)]);
    }
    try {
      return new Set(this.#variables.expand(`@{${nameOf(set)}}`, { path: false }).expanded);
    } catch (error) {
      return this.#cursor.fail((error as Error).message, set.start);
    }
  }

  #compare({ text: operator, start }: Word, left: Words, right: Words): boolean {
    if (operator === 'in') return [...left].every((word) => right.has(word));
    if (operator === '==') return isSame(left, right);
    if (operator === '!=') return !isSame(left, right);

    const order = orderOf(left, right) ?? this.#cursor.fail('a number can only be compared with a number', start);
    if (operator === '<') return order < 0;
    if (operator === '>') return order > 0;
    return operator === '<=' ? order <= 0 : order >= 0;
  }

  #startOfNext(): number {
    this.#cursor.skip();
    return this.#cursor.at;
  }
}

function nameOf({ text }: Word): string {
  return text.replaceAll(/[@${}]/g, '');
}

function isSame(left: Words, right: Words): boolean {
  return left.size === right.size && [...left].every((word) => right.has(word));
}

/** @returns negative when the left comes first; undefined for a number beside something else. */
function orderOf(left: Words, right: Words): number | undefined {
  const a = sorted(left);
  const b = sorted(right);
  const numbers = [a, b].filter((text) => NUMBER.test(text)).length;
  if (numbers === 1) return undefined;
  if (numbers === 2) return Number(BigInt(a) - BigInt(b));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sorted(words: Words): string {
  return [...words].sort().join(' ');
}
