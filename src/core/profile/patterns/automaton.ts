/**
 * Many expressions as one automaton: which of them match a string, and which sets of them any string can match at all.
 * Deterministic states are made when they are first met, over classes of bytes that no expression tells apart. Pure.
 */
import { Heap } from './heap.ts';
import type { ByteSet, Nfa } from './regex.ts';
import { byteCost, type Shape } from './possible-names.ts';

/** A set of expressions that some string matches, those and no others, with the plainest such strings. */
interface TagSet {
  /** Indexes of the expressions, ascending. */
  readonly tags: readonly number[];
  readonly examples: readonly Uint8Array[];
}

interface TagSets {
  readonly sets: readonly TagSet[];
  /** False: the bound on states was met, and sets may be missing. */
  readonly complete: boolean;
}

interface State {
  /** Ids of the nondeterministic states that matter: those with a set, and those that accept. */
  readonly members: Int32Array;
  readonly tags: readonly number[];
  readonly next: (State | undefined)[];
  readonly id: number;
  /** Its steps without those that lead to the same place at a higher cost; known once it is expanded. */
  edges?: readonly Edge[];
}

/** A step of a state, by the cheapest of the bytes that no shape tells apart. */
interface Edge {
  readonly byte: number;
  readonly to: State;
}

const MAX_STATES = 100_000;
/** More than any shape has states. */
const STRIDE = 64;

/** Matches byte strings against a fixed list of expressions. */
export class Automaton {
  /** Per nondeterministic state: its set, where it moves, which expression it accepts. */
  private readonly sets: (ByteSet | undefined)[] = [];
  /** The sets, each once, and per nondeterministic state the index of its own; -1: it has none. */
  private readonly distinct: readonly ByteSet[];
  private readonly setOf: readonly number[];
  private readonly next: (readonly number[])[] = [];
  private readonly accepts = new Map<number, number>();
  private readonly expressionOf: number[] = [];
  private readonly closures: (Int32Array | undefined)[] = [];
  private readonly moves: (Int32Array | undefined)[] = [];
  private readonly classOf: Uint8Array;
  private readonly representatives: number[] = [];
  /** Per distinct set: the classes of bytes in it or those outside, whichever are fewer. */
  private readonly sides: readonly (readonly number[])[];
  /** The members of a step while they are collected, and in which step each was met last. */
  private readonly scratch: Int32Array;
  private readonly stamps: Float64Array;
  private stamp = 0;
  private readonly states = new Map<string, State>();
  private readonly tagLists = new Map<string, readonly number[]>();
  private readonly start: State;
  private readonly limit: number;

  constructor(expressions: readonly Nfa[], limit = MAX_STATES) {
    this.limit = limit;
    const starts: number[] = [];
    for (const [tag, nfa] of expressions.entries()) {
      const base = this.sets.length;
      for (const set of nfa.sets) {
        this.sets.push(set);
        this.expressionOf.push(tag);
      }
      for (const moves of nfa.next) this.next.push(moves.map((to) => to + base));
      this.accepts.set(nfa.accept + base, tag);
      starts.push(nfa.start + base);
    }
    this.distinct = [...new Set(this.sets.filter((set) => set !== undefined))];
    const indexes = new Map(this.distinct.map((set, i) => [set, i]));
    this.setOf = this.sets.map((set) => (set === undefined ? -1 : (indexes.get(set) ?? -1)));
    this.classOf = this.classify();
    this.sides = this.distinct.map((set) => {
      const [inside, outside] = [1, 0].map((bit) =>
        [...this.representatives.keys()].filter((number) => set[this.representatives[number] ?? 0] === bit),
      );
      return (inside ?? []).length <= (outside ?? []).length ? (inside ?? []) : (outside ?? []);
    });
    this.scratch = new Int32Array(this.sets.length);
    this.stamps = new Float64Array(this.sets.length);
    this.start = this.intern(Int32Array.from(new Set(starts.flatMap((one) => [...this.closure(one)]))));
  }

  /** @returns the indexes of the expressions that match the whole string, ascending. */
  match(text: string | Uint8Array): readonly number[] {
    let state = this.start;
    for (const byte of typeof text === 'string' ? Buffer.from(text) : text)
      state = this.step(state, this.classOf[byte] ?? 0);
    return state.tags;
  }

  /**
   * Every set of expressions that strings of a shape can match, each with up to `examples` such strings.
   * @param focus only strings that one of these expressions may still match are looked at.
   */
  tagSets(
    shape: Shape,
    { examples = 3, focus }: { readonly examples?: number; readonly focus?: ReadonlySet<number> } = {},
  ): TagSets {
    const alive = (state: State): boolean =>
      focus === undefined || state.members.some((member) => focus.has(this.expressionOf[member] ?? -1));
    interface Visit {
      state: State;
      form: number;
      cost: number;
      from?: Visit;
      byte: number;
    }
    const found = new Map<readonly number[], { examples: { cost: number; visit: Visit }[] }>();
    const done = new Set<number>();
    /** The cheapest way that is known to what is not done. */
    const offered = new Map<number, number>();
    const heap = new Heap<Visit>((a, b) => a.cost - b.cost);
    heap.push({ state: this.start, form: shape.start, cost: 0, byte: -1 });
    let complete = true;
    for (let visit = heap.pop(); visit !== undefined; visit = heap.pop()) {
      const key = visit.state.id * STRIDE + visit.form;
      if (done.has(key)) continue;
      done.add(key);
      const end = shape.end(visit.form);
      if (end !== undefined) {
        const entry = found.get(visit.state.tags) ?? { examples: [] };
        found.set(visit.state.tags, entry);
        entry.examples.push({ cost: visit.cost + end, visit });
        if (entry.examples.length > examples)
          entry.examples = entry.examples.sort((a, b) => a.cost - b.cost).slice(0, examples);
      }
      if (this.states.size >= this.limit) {
        complete = false;
        continue;
      }
      for (const { byte, to: state } of this.expand(visit.state)) {
        const form = shape.step(visit.form, byte);
        if (form < 0) continue;
        const cost = visit.cost + byteCost(byte);
        const place = state.id * STRIDE + form;
        if (done.has(place) || (offered.get(place) ?? Infinity) <= cost || !alive(state)) continue;
        offered.set(place, cost);
        heap.push({ state, form, cost, from: visit, byte });
      }
    }
    const spell = (last: Visit): Uint8Array => {
      const bytes: number[] = [];
      for (let visit: Visit | undefined = last; visit !== undefined && visit.byte >= 0; visit = visit.from)
        bytes.push(visit.byte);
      return Uint8Array.from(bytes.reverse());
    };
    const sets = [...found].map(([tags, entry]) => ({
      tags,
      examples: entry.examples.sort((a, b) => a.cost - b.cost).map(({ visit }) => spell(visit)),
    }));
    return { sets, complete };
  }

  /** Bytes fall into one class when every set has all of them or none, and when they look alike to a reader. */
  private classify(): Uint8Array {
    const byKey = new Map<string, number>();
    return Uint8Array.from({ length: 256 }, (_, byte) => {
      const key = `${this.distinct.map((set) => String(set[byte])).join('')} ${looks(byte)}`;
      const known = byKey.get(key);
      const number = known ?? byKey.size;
      if (known === undefined) byKey.set(key, number);
      const best = this.representatives[number];
      if (best === undefined || byteCost(byte) < byteCost(best)) this.representatives[number] = byte;
      return number;
    });
  }

  /** The states that count among those reached without reading a byte. */
  private closure(from: number): Int32Array {
    const known = this.closures[from];
    if (known !== undefined) return known;
    const seen = new Set([from]);
    for (const state of seen) if (this.sets[state] === undefined) for (const to of this.next[state] ?? []) seen.add(to);
    return (this.closures[from] = Int32Array.from(
      [...seen].filter((state) => this.sets[state] !== undefined || this.accepts.has(state)),
    ));
  }

  /** The states that count among those reached by one byte. */
  private behind(from: number): Int32Array {
    return (this.moves[from] ??= Int32Array.from(
      new Set((this.next[from] ?? []).flatMap((to) => [...this.closure(to)])),
    ));
  }

  private step(state: State, number: number): State {
    const known = state.next[number];
    if (known !== undefined) return known;
    const byte = this.representatives[number] ?? 0;
    const { scratch, stamps } = this;
    const stamp = (this.stamp += 1);
    let count = 0;
    for (const member of state.members) {
      if (this.sets[member]?.[byte] !== 1) continue;
      for (const one of this.behind(member)) {
        if (stamps[one] === stamp) continue;
        stamps[one] = stamp;
        scratch[count] = one;
        count += 1;
      }
    }
    const next = this.intern(scratch.subarray(0, count));
    if (this.states.size < this.limit) state.next[number] = next;
    return next;
  }

  /** Makes every step of a state at once: bytes that its own sets do not tell apart lead to the same one. */
  private expand(state: State): readonly Edge[] {
    if (state.edges !== undefined) return state.edges;
    const groups = this.split(new Set(state.members.map((member) => this.setOf[member] ?? -1)));
    const steps: State[] = [];
    const cheapest: number[] = [];
    for (let number = 0; number < groups.length; number += 1) {
      const byte = this.representatives[number] ?? 0;
      const place = (groups[number] ?? 0) * SHAPED + shaped(byte);
      const best = cheapest[place];
      if (best === undefined || byteCost(byte) < byteCost(best)) cheapest[place] = byte;
    }
    const edges: Edge[] = [];
    cheapest.forEach((byte, place) => {
      // a sparse list: places without bytes are passed over
      edges.push({ byte, to: (steps[Math.floor(place / SHAPED)] ??= this.step(state, this.classOf[byte] ?? 0)) });
    });
    return (state.edges = edges);
  }

  /** Numbers the classes of bytes so that two have one number only when each of these sets has both or neither. */
  private split(sets: Iterable<number>): Uint16Array {
    const groups = new Uint16Array(this.representatives.length);
    let count = 1;
    for (const index of sets) {
      const parts = new Map<number, number>(); // a group, and the number of its part on this side
      for (const number of this.sides[index] ?? []) {
        const group = groups[number] ?? 0;
        let part = parts.get(group);
        if (part === undefined) parts.set(group, (part = count++));
        groups[number] = part;
      }
    }
    return groups;
  }

  /** @param found each once, in any order; it is sorted, and copied where it is kept. */
  private intern(found: Int32Array): State {
    found.sort();
    const key = Buffer.from(found.buffer, found.byteOffset, found.byteLength).toString('latin1');
    const known = this.states.get(key);
    if (known !== undefined) return known;
    const members = found.slice();
    const list = [...members].flatMap((member) => this.accepts.get(member) ?? []).sort((a, b) => a - b);
    const tags = this.tagLists.get(list.join()) ?? list;
    this.tagLists.set(list.join(), tags);
    const state = { members, tags, next: [], id: this.states.size };
    if (this.states.size < this.limit) this.states.set(key, state);
    return state;
  }
}

/** Kinds of bytes that shapes tell apart, numbered: NUL, the slash, the dot, all others. */
const SHAPED = 4;

function shaped(byte: number): number {
  return byte === 0 ? 0 : byte === 0x2f ? 1 : byte === 0x2e ? 2 : 3;
}

/** Kinds of bytes that examples choose between. */
function looks(byte: number): string {
  const c = String.fromCharCode(byte);
  return byte === 0 || c === '/' || c === '.'
    ? c
    : /[a-z]/.test(c)
      ? 'a'
      : /[A-Z]/.test(c)
        ? 'A'
        : /[0-9]/.test(c)
          ? '0'
          : byte >= 0x80
            ? 'high'
            : byte < 0x20
              ? 'low'
              : 'sign';
}
