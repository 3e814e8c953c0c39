/**
 * Reads the regular expressions that `translate` makes, as apparmor_parser's backend does (libapparmor_re/parse.y):
 * bytes, `.`, `[…]`, `(…|…)`, `*` and `+`. Gives an automaton with empty moves. Pure.
 */
import { readEscape } from './glob.ts';

/** One entry a byte, 1 where it belongs to the set. The same set is the same object. */
export type ByteSet = Uint8Array;

/** States are indexes. One with a set moves on each of its bytes, one without moves freely. */
export interface Nfa {
  readonly sets: readonly (ByteSet | undefined)[];
  readonly next: readonly (readonly number[])[];
  readonly start: number;
  readonly accept: number;
  /** No `*`, no `+`, no `.`, no `[^…]`: its exec mode goes before that of others (aare_rules.cc). */
  readonly exact: boolean;
}

const MAX_STATES = 2_000_000;
const known = new Map<string, ByteSet>();

/** @returns the set of these bytes, shared. */
function byteSet(has: (byte: number) => boolean): ByteSet {
  const set = Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
  const key = set.join('');
  const same = known.get(key);
  if (same !== undefined) return same;
  if (known.size < 10_000) known.set(key, set);
  return set;
}

const singles = Array.from({ length: 256 }, (_, code) => byteSet((byte) => byte === code));

type Fragment = readonly [start: number, end: number];
class Problem extends Error {}

/** @returns the automaton, or what is wrong with the expression. */
export function readRegex(source: string): Nfa | { readonly problem: string } {
  try {
    return new Reader(source).read();
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

class Reader {
  private readonly sets: (ByteSet | undefined)[] = [];
  private readonly next: number[][] = [];
  private exact = true;
  private at = 0;
  private readonly source: string;
  constructor(source: string) {
    this.source = source;
  }

  read(): Nfa {
    const [start, accept] = this.alternatives();
    if (this.at < this.source.length) throw new Problem('there is a ) without a (');
    return { sets: this.sets, next: this.next, start, accept, exact: this.exact };
  }

  private state(set?: ByteSet): number {
    if (this.sets.length >= MAX_STATES) throw new Problem('the expression is too large');
    this.sets.push(set);
    return this.next.push([]) - 1;
  }

  private move(from: number, to: number): void {
    this.next[from]?.push(to);
  }

  private alternatives(): Fragment {
    const all = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at += 1;
      all.push(this.sequence());
    }
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    const start = this.state();
    const end = this.state();
    for (const [from, to] of all) {
      this.move(start, from);
      this.move(to, end);
    }
    return [start, end];
  }

  private sequence(): Fragment {
    const start = this.state();
    let end = start;
    for (let c = this.source[this.at]; c !== undefined && c !== '|' && c !== ')'; c = this.source[this.at]) {
      const [from, to] = this.repeated(this.term(c));
      this.move(end, from);
      end = to;
    }
    return [start, end];
  }

  private repeated([from, to]: Fragment): Fragment {
    const sign = this.source[this.at];
    if (sign !== '*' && sign !== '+') return [from, to];
    this.at += 1;
    this.exact = false;
    const start = this.state();
    const end = this.state();
    this.move(start, from);
    this.move(to, end);
    this.move(to, from);
    if (sign === '*') this.move(start, end);
    return [start, end];
  }

  private term(c: string): Fragment {
    if (c === '*' || c === '+') throw new Problem(`there is nothing to repeat before ${c}`);
    if (c === '(') {
      this.at += 1;
      const inner = this.alternatives();
      if (this.source[this.at] !== ')') throw new Problem('a ( is not closed');
      this.at += 1;
      return inner;
    }
    if (c === '[') return this.oneOf(this.charClass());
    if (c === '.') {
      this.at += 1;
      this.exact = false;
      return this.oneOf(byteSet(() => true));
    }
    return this.oneOf(singles[this.char().code] ?? byteSet(() => false));
  }

  private oneOf(set: ByteSet): Fragment {
    const start = this.state(set);
    const end = this.state();
    this.move(start, end);
    return [start, end];
  }

  /** One character, and whether it was escaped: `\-` is not the sign of a range. */
  private char(): { code: number; sign: string } {
    const c = this.source[this.at] ?? '';
    this.at += 1;
    if (c !== '\\') return { code: c.charCodeAt(0), sign: '-^]'.includes(c) ? c : '' };
    const escape = readEscape(this.source, this.at, '*+.|^$-[](){}');
    if (escape === undefined) return { code: 0x5c, sign: '' }; // the backslash stands for itself
    this.at = escape.end;
    return { code: escape.code, sign: '' };
  }

  /** The grammar is narrower than Perl's: `[a-]` and `[--]` are mistakes. */
  private charClass(): ByteSet {
    this.at += 1;
    const members = new Uint8Array(256);
    let negated = false;
    let first = true;
    if (this.source[this.at] === '^') {
      this.at += 1;
      negated = true;
      if (this.source[this.at] === '^') {
        this.at += 1;
        members[0x5e] = 1;
        first = false;
      }
    }
    for (let empty = first; ; empty = false) {
      if (this.at >= this.source.length) throw new Problem('a [ is not closed');
      const from = this.char();
      if (from.sign === ']' && !empty) break;
      if (from.sign === '-' && !empty) throw new Problem('a - in [ ] has no start of a range');
      if (from.sign === '^' && empty) throw new Problem('a ^ in [ ] is out of place');
      let { code } = from;
      if (this.source[this.at] === '-') {
        this.at += 1;
        const to = this.char();
        if (to.sign === ']' || to.sign === '-') throw new Problem('a - in [ ] has no end of a range');
        code = to.code;
      }
      for (let byte = Math.min(from.code, code); byte <= Math.max(from.code, code); byte += 1) members[byte] = 1;
    }
    if (negated) this.exact = false;
    return byteSet((byte) => (members[byte] === 1) !== negated);
  }
}
