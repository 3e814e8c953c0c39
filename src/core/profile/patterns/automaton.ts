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
  /** False: the bound on states was reached, and sets may be missing. */
  readonly complete: boolean;
}

/** A deterministic state: the nondeterministic states that a string can lead to. */
interface State {
  /** Ids of the nondeterministic states that matter: those with a set, and those that accept. */
  readonly members: Int32Array;
  readonly tags: readonly number[];
  /** By class of bytes; holes where no step was made yet. */
  readonly next: (State | undefined)[];
  readonly id: number;
  /** Its steps without those that lead to the same state at a higher cost; known once it is expanded. */
  edges?: readonly Edge[];
}

/** A step of a state, by the cheapest of the bytes that no shape tells apart. */
interface Edge {
  readonly byte: number;
  readonly to: State;
}

/** The end of a string in a search: its last byte, and the visit before that. */
interface Visit {
  readonly state: State;
  /** State of the shape. */
  readonly form: number;
  readonly cost: number;
  readonly from?: Visit;
  /** -1 at the start. */
  readonly byte: number;
}

interface Example {
  readonly cost: number;
  readonly visit: Visit;
}

const MAX_STATES = 100_000;
/** More than any shape has states. */
const STRIDE = 64;

/** Matches byte strings against a fixed list of expressions. */
export class Automaton {
  /** Per nondeterministic state: its set, where it moves, which expression it is of, and which it accepts. */
  readonly #sets: (ByteSet | undefined)[] = [];
  readonly #next: (readonly number[])[] = [];
  readonly #expressionOf: number[] = [];
  readonly #accepts = new Map<number, number>();

  /** The sets, each once, and per nondeterministic state the index of its own; -1: it has none. */
  readonly #distinct: readonly ByteSet[];
  readonly #setOf: readonly number[];
  /** Per distinct set: the classes of bytes in it or those outside, whichever are fewer. */
  readonly #sides: readonly (readonly number[])[];

  /** Per byte its class, and per class its cheapest byte. */
  readonly #classOf: Uint8Array;
  readonly #representatives: number[] = [];

  /** Per nondeterministic state, once asked for: what is reached without a byte, and with one. */
  readonly #closures: (Int32Array | undefined)[] = [];
  readonly #moves: (Int32Array | undefined)[] = [];

  /** The members of a step while they are collected, and in which step each was met last. */
  readonly #scratch: Int32Array;
  readonly #stamps: Float64Array;
  #stamp = 0;

  readonly #states = new Map<string, State>();
  readonly #tagLists = new Map<string, readonly number[]>();
  readonly #start: State;
  readonly #limit: number;

  /** @param limit how many deterministic states are kept. */
  constructor(expressions: readonly Nfa[], limit = MAX_STATES) {
    this.#limit = limit;
    const starts = expressions.map((nfa, tag) => this.#add(nfa, tag));

    this.#distinct = [...new Set(this.#sets.filter((set) => set !== undefined))];
    const indexes = new Map(this.#distinct.map((set, i) => [set, i]));
    this.#setOf = this.#sets.map((set) => (set === undefined ? -1 : (indexes.get(set) ?? -1)));

    this.#classOf = this.#classify();
    this.#sides = this.#distinct.map((set) => this.#smallerSide(set));

    this.#scratch = new Int32Array(this.#sets.length);
    this.#stamps = new Float64Array(this.#sets.length);
    this.#start = this.#intern(Int32Array.from(new Set(starts.flatMap((start) => [...this.#closure(start)]))));
  }

  /** @returns the indexes of the expressions that match the whole string, ascending. */
  match(text: string | Uint8Array): readonly number[] {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    let state = this.#start;
    for (const byte of bytes) state = this.#step(state, this.#classOf[byte] ?? 0);
    return state.tags;
  }

  /**
   * Every set of expressions that strings of a shape can match, each with up to `examples` such strings: a search for
   * the cheapest strings first (Dijkstra), over pairs of a state and the shape's state.
   * @param focus only strings that one of these expressions may still match are followed.
   */
  tagSets(
    shape: Shape,
    { examples = 3, focus }: { readonly examples?: number; readonly focus?: ReadonlySet<number> } = {},
  ): TagSets {
    const found = new Map<readonly number[], readonly Example[]>();
    const done = new Set<number>();
    /** The lowest cost so far of each pair that is not done. */
    const offered = new Map<number, number>();
    const heap = new Heap<Visit>((a, b) => a.cost - b.cost);
    heap.push({ state: this.#start, form: shape.start, cost: 0, byte: -1 });
    let complete = true;

    for (let visit = heap.pop(); visit !== undefined; visit = heap.pop()) {
      const pair = visit.state.id * STRIDE + visit.form;
      if (done.has(pair)) continue;
      done.add(pair);

      const endCost = shape.end(visit.form);
      if (endCost !== undefined) {
        const { tags } = visit.state;
        found.set(tags, withExample(found.get(tags) ?? [], { cost: visit.cost + endCost, visit }, examples));
      }

      if (this.#states.size >= this.#limit) {
        complete = false;
        continue;
      }
      for (const { byte, to: state } of this.#expand(visit.state)) {
        const form = shape.step(visit.form, byte);
        if (form < 0) continue;
        const cost = visit.cost + byteCost(byte);
        const next = state.id * STRIDE + form;
        if (done.has(next) || (offered.get(next) ?? Infinity) <= cost || !this.#isAlive(state, focus)) continue;
        offered.set(next, cost);
        heap.push({ state, form, cost, from: visit, byte });
      }
    }

    const sets = [...found].map(([tags, list]) => ({
      tags,
      examples: [...list].sort(byExampleCost).map(({ visit }) => bytesOf(visit)),
    }));
    return { sets, complete };
  }

  /** Adds the states of an expression. @returns its start. */
  #add(nfa: Nfa, tag: number): number {
    const base = this.#sets.length;
    for (const set of nfa.sets) {
      this.#sets.push(set);
      this.#expressionOf.push(tag);
    }
    for (const moves of nfa.next) this.#next.push(moves.map((to) => to + base));
    this.#accepts.set(nfa.accept + base, tag);
    return nfa.start + base;
  }

  /** Whether one of these expressions can still match from here. */
  #isAlive(state: State, focus: ReadonlySet<number> | undefined): boolean {
    return focus === undefined || state.members.some((member) => focus.has(this.#expressionOf[member] ?? -1));
  }

  /** Bytes fall into one class when every set has all of them or none, and when they look alike to a reader. */
  #classify(): Uint8Array {
    const classes = new Map<string, number>();
    return Uint8Array.from({ length: 256 }, (_, byte) => {
      const key = `${this.#distinct.map((set) => `${set[byte] ?? 0}`).join('')} ${lookOf(byte)}`;
      const number = classes.get(key) ?? classes.size;
      classes.set(key, number);
      const cheapest = this.#representatives[number];
      if (cheapest === undefined || byteCost(byte) < byteCost(cheapest)) this.#representatives[number] = byte;
      return number;
    });
  }

  #smallerSide(set: ByteSet): readonly number[] {
    const classes = [...this.#representatives.keys()];
    const isInside = (number: number): boolean => set[this.#representatives[number] ?? 0] === 1;
    const inside = classes.filter(isInside);
    return 2 * inside.length <= classes.length ? inside : classes.filter((number) => !isInside(number));
  }

  /** The states that matter among those reached without reading a byte. */
  #closure(from: number): Int32Array {
    const known = this.#closures[from];
    if (known !== undefined) return known;

    const reached = new Set([from]);
    for (const state of reached) {
      if (this.#sets[state] !== undefined) continue;
      for (const to of this.#next[state] ?? []) reached.add(to);
    }
    const members = [...reached].filter((state) => this.#sets[state] !== undefined || this.#accepts.has(state));
    const closure = Int32Array.from(members);
    this.#closures[from] = closure;
    return closure;
  }

  /** The states that matter among those reached by one byte. */
  #afterByte(from: number): Int32Array {
    return (this.#moves[from] ??= Int32Array.from(
      new Set((this.#next[from] ?? []).flatMap((to) => [...this.#closure(to)])),
    ));
  }

  /** The state that a byte of a class leads to. */
  #step(state: State, number: number): State {
    const known = state.next[number];
    if (known !== undefined) return known;

    const byte = this.#representatives[number] ?? 0;
    const scratch = this.#scratch;
    const stamps = this.#stamps;
    this.#stamp += 1;
    const stamp = this.#stamp;
    let count = 0;
    for (const member of state.members) {
      if (this.#sets[member]?.[byte] !== 1) continue;
      for (const reached of this.#afterByte(member)) {
        if (stamps[reached] === stamp) continue;
        stamps[reached] = stamp;
        scratch[count] = reached;
        count += 1;
      }
    }
    const next = this.#intern(scratch.subarray(0, count));
    if (this.#states.size < this.#limit) state.next[number] = next;
    return next;
  }

  /** Makes every step of a state at once: bytes that its own sets do not tell apart lead to the same one. */
  #expand(state: State): readonly Edge[] {
    if (state.edges !== undefined) return state.edges;

    const groups = this.#split(new Set(state.members.map((member) => this.#setOf[member] ?? -1)));
    const cheapest: number[] = []; // sparse: per group and kind of byte
    for (let number = 0; number < groups.length; number += 1) {
      const byte = this.#representatives[number] ?? 0;
      const place = (groups[number] ?? 0) * BYTE_KINDS + byteKind(byte);
      const best = cheapest[place];
      if (best === undefined || byteCost(byte) < byteCost(best)) cheapest[place] = byte;
    }

    const steps: State[] = [];
    const edges: Edge[] = [];
    // forEach passes over the holes
    cheapest.forEach((byte, place) => {
      const group = Math.floor(place / BYTE_KINDS);
      edges.push({ byte, to: (steps[group] ??= this.#step(state, this.#classOf[byte] ?? 0)) });
    });
    state.edges = edges;
    return edges;
  }

  /** Numbers the classes of bytes so that two have one number only when each of these sets has both or neither. */
  #split(sets: Iterable<number>): Uint16Array {
    const groups = new Uint16Array(this.#representatives.length);
    let count = 1;
    for (const index of sets) {
      const parts = new Map<number, number>(); // from a group to the number of its part on this side
      for (const number of this.#sides[index] ?? []) {
        const group = groups[number] ?? 0;
        let part = parts.get(group);
        if (part === undefined) {
          part = count;
          parts.set(group, part);
          count += 1;
        }
        groups[number] = part;
      }
    }
    return groups;
  }

  /** @param members each once, in any order; they are sorted, and copied where they are kept. */
  #intern(members: Int32Array): State {
    members.sort();
    const key = Buffer.from(members.buffer, members.byteOffset, members.byteLength).toString('latin1');
    const known = this.#states.get(key);
    if (known !== undefined) return known;

    const list = [...members].flatMap((member) => this.#accepts.get(member) ?? []).sort((a, b) => a - b);
    const tags = this.#tagLists.get(list.join()) ?? list;
    this.#tagLists.set(list.join(), tags);
    const state = { members: members.slice(), tags, next: [], id: this.#states.size };
    if (this.#states.size < this.#limit) this.#states.set(key, state);
    return state;
  }
}

function byExampleCost(a: Example, b: Example): number {
  return a.cost - b.cost;
}

/** The cheapest of these and a further one. */
function withExample(list: readonly Example[], example: Example, most: number): readonly Example[] {
  const all = [...list, example];
  return all.length > most ? all.sort(byExampleCost).slice(0, most) : all;
}

/** The bytes on the way to a visit. */
function bytesOf(last: Visit): Uint8Array {
  const bytes: number[] = [];
  for (let visit: Visit | undefined = last; visit !== undefined && visit.byte >= 0; visit = visit.from) {
    bytes.push(visit.byte);
  }
  return Uint8Array.from(bytes.reverse());
}

/** How many kinds of bytes shapes tell apart. */
const BYTE_KINDS = 4;

/** The kind of a byte: NUL, the slash, the dot, or another. */
function byteKind(byte: number): number {
  if (byte === 0) return 0;
  if (byte === 0x2f) return 1;
  return byte === 0x2e ? 2 : 3;
}

/** What a byte looks like to a reader, so that examples can choose. */
function lookOf(byte: number): string {
  const c = String.fromCharCode(byte);
  if (byte === 0 || c === '/' || c === '.') return c;
  if (/[a-z]/.test(c)) return 'lower';
  if (/[A-Z]/.test(c)) return 'upper';
  if (/[0-9]/.test(c)) return 'digit';
  if (byte >= 0x80) return 'high';
  return byte < 0x20 ? 'control' : 'sign';
}
