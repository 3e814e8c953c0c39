/**
 * Reads the regular expressions that `translate` makes, as apparmor_parser's backend does (libapparmor_re/parse.y):
 * bytes, `.`, `[…]`, `(…|…)`, `*` and `+`. Gives an automaton with empty moves. The same expression always gives an
 * equal automaton; between calls only the byte sets are kept, so that equal ones are the same object.
 */
import { readEscape } from '../syntax/escapes.ts';
import type { GlobProblem } from './glob.ts';

/** One entry a byte, 1 where it belongs to the set. Equal sets are the same object, up to {@link MAX_SHARED_SETS}. */
export type ByteSet = Uint8Array;

/** A nondeterministic automaton. States are indexes; one with a set moves on each of its bytes, one without freely. */
export interface Nfa {
  readonly sets: readonly (ByteSet | undefined)[];
  readonly next: readonly (readonly number[])[];
  readonly start: number;
  readonly accept: number;
  /** No `*`, no `+`, no `.`, no `[^…]`: its exec mode takes precedence over that of others (aare_rules.cc). */
  readonly exact: boolean;
}

const MAX_STATES = 2_000_000;
const MAX_SHARED_SETS = 10_000;
const sharedSets = new Map<string, ByteSet>();

/** @returns the set of these bytes; the one that was made before, if there is one. */
function byteSet(has: (byte: number) => boolean): ByteSet {
  const set = Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
  const key = set.join('');
  const shared = sharedSets.get(key);
  if (shared !== undefined) return shared;
  if (sharedSets.size < MAX_SHARED_SETS) sharedSets.set(key, set);
  return set;
}

const SINGLE_BYTES = Array.from({ length: 256 }, (_, code) => byteSet((byte) => byte === code));

/** A piece of the automaton: the state where it begins, and the one where it ends. */
type Fragment = readonly [start: number, end: number];

class RegexError extends Error {}

/** @returns the automaton, or what is wrong with the expression. */
export function readRegex(source: string): Nfa | GlobProblem {
  try {
    return new RegexReader(source).read();
  } catch (error) {
    if (error instanceof RegexError) return { problem: error.message };
    throw error;
  }
}

/** A recursive descent: alternatives of sequences of repeated terms. */
class RegexReader {
  readonly #sets: (ByteSet | undefined)[] = [];
  readonly #next: number[][] = [];
  #exact = true;
  #at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Nfa {
    const [start, accept] = this.#alternatives();
    if (this.#at < this.#source.length) throw new RegexError('there is a ) without a (');
    return { sets: this.#sets, next: this.#next, start, accept, exact: this.#exact };
  }

  #state(set?: ByteSet): number {
    if (this.#sets.length >= MAX_STATES) throw new RegexError('the expression is too large');
    this.#sets.push(set);
    return this.#next.push([]) - 1;
  }

  #move(from: number, to: number): void {
    this.#next[from]?.push(to);
  }

  #alternatives(): Fragment {
    const all = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at += 1;
      all.push(this.#sequence());
    }
    const [first] = all;
    if (first !== undefined && all.length === 1) return first;

    const start = this.#state();
    const end = this.#state();
    for (const [from, to] of all) {
      this.#move(start, from);
      this.#move(to, end);
    }
    return [start, end];
  }

  #sequence(): Fragment {
    const start = this.#state();
    let end = start;
    for (let c = this.#source[this.#at]; c !== undefined && c !== '|' && c !== ')'; c = this.#source[this.#at]) {
      const [from, to] = this.#repeated(this.#term(c));
      this.#move(end, from);
      end = to;
    }
    return [start, end];
  }

  #repeated([from, to]: Fragment): Fragment {
    const sign = this.#source[this.#at];
    if (sign !== '*' && sign !== '+') return [from, to];
    this.#at += 1;
    this.#exact = false;
    const start = this.#state();
    const end = this.#state();
    this.#move(start, from);
    this.#move(to, end);
    this.#move(to, from);
    if (sign === '*') this.#move(start, end);
    return [start, end];
  }

  #term(c: string): Fragment {
    if (c === '*' || c === '+') throw new RegexError(`there is nothing to repeat before ${c}`);
    if (c === '(') {
      this.#at += 1;
      const inner = this.#alternatives();
      if (this.#source[this.#at] !== ')') throw new RegexError('a ( is not closed');
      this.#at += 1;
      return inner;
    }
    if (c === '[') return this.#oneOf(this.#charClass());
    if (c === '.') {
      this.#at += 1;
      this.#exact = false;
      return this.#oneOf(byteSet(() => true));
    }
    return this.#oneOf(SINGLE_BYTES[this.#char().code] ?? byteSet(() => false));
  }

  #oneOf(set: ByteSet): Fragment {
    const start = this.#state(set);
    const end = this.#state();
    this.#move(start, end);
    return [start, end];
  }

  /** One character. `sign` is what it means in `[…]`, and empty for an escaped one: `\-` is not the sign of a range. */
  #char(): { code: number; sign: string } {
    const c = this.#source[this.#at] ?? '';
    this.#at += 1;
    if (c !== '\\') return { code: c.charCodeAt(0), sign: '-^]'.includes(c) ? c : '' };
    const escape = readEscape(this.#source, this.#at, '*+.|^$-[](){}');
    if (escape === undefined) return { code: 0x5c, sign: '' }; // the backslash stands for itself
    this.#at = escape.end;
    return { code: escape.code, sign: '' };
  }

  /** `[…]`. The grammar is narrower than Perl's: `[a-]` and `[--]` are mistakes. */
  #charClass(): ByteSet {
    this.#at += 1;
    const members = new Uint8Array(256);
    const negated = this.#takeCaret();
    if (negated) this.#exact = false;
    const startsWithCaret = negated && this.#takeCaret();
    if (startsWithCaret) members[0x5e] = 1;

    for (let isFirst = !startsWithCaret; ; isFirst = false) {
      const from = this.#member(isFirst);
      if (from === undefined) return byteSet((byte) => (members[byte] === 1) !== negated);
      const to = this.#rangeEnd() ?? from;
      for (let byte = Math.min(from, to); byte <= Math.max(from, to); byte += 1) members[byte] = 1;
    }
  }

  #takeCaret(): boolean {
    if (this.#source[this.#at] !== '^') return false;
    this.#at += 1;
    return true;
  }

  /** @returns the next byte of a class; undefined at the `]` that ends it. The first one may be a `]` or a `-`. */
  #member(isFirst: boolean): number | undefined {
    if (this.#at >= this.#source.length) throw new RegexError('a [ is not closed');
    const { code, sign } = this.#char();
    if (sign === ']' && !isFirst) return undefined;
    if (sign === '-' && !isFirst) throw new RegexError('a - in [ ] has no start of a range');
    if (sign === '^' && isFirst) throw new RegexError('a ^ in [ ] is not allowed here');
    return code;
  }

  /** @returns the byte after a `-`; undefined where no range follows. */
  #rangeEnd(): number | undefined {
    if (this.#source[this.#at] !== '-') return undefined;
    this.#at += 1;
    const { code, sign } = this.#char();
    if (sign === ']' || sign === '-') throw new RegexError('a - in [ ] has no end of a range');
    return code;
  }
}
