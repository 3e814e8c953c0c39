/** Which byte strings are worth asking about: names that a kernel can really form. Pure. */

/** A small automaton beside the big one; a state below 0 is a dead end. It tells no bytes apart but NUL, the slash and the dot. */
export interface Shape {
  readonly start: number;
  step(state: number, byte: number): number;
  /** What it costs to end here, in the measure of `byteCost`; undefined: a string cannot end here. */
  end(state: number): number | undefined;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** States of a path: nothing yet, behind a slash, behind `/.`, behind `/..`, inside a part. */
const EMPTY = 0;
const SLASHED = 1;
const ONE_DOT = 2;
const TWO_DOTS = 3;
const INSIDE = 4;

function stepPath(state: number, byte: number): number {
  if (byte === 0) return -1;
  if (state === EMPTY) return byte === SLASH ? SLASHED : -1;
  if (byte === SLASH) return state === INSIDE ? SLASHED : -1;
  if (byte === DOT && state === SLASHED) return ONE_DOT;
  return byte === DOT && state === ONE_DOT ? TWO_DOTS : INSIDE;
}

function endPath(state: number): number | undefined {
  return state === INSIDE ? 0 : state === SLASHED ? 35 : undefined; // a slash at the end means a folder: files are plainer
}

/** Absolute paths without empty parts, `.` and `..`; a folder ends in a slash. */
export const PATH: Shape = { start: EMPTY, step: stepPath, end: endPath };

/** Any text, empty too. */
export const TEXT: Shape = { start: 0, step: (_state, byte) => (byte === 0 ? -1 : 0), end: () => 0 };

/** Any text of at least one byte, NUL excepted: a label, a name. */
export const NAME: Shape = {
  start: 0,
  step: (_state, byte) => (byte === 0 ? -1 : 1),
  end: (state) => (state === 1 ? 0 : undefined),
};

/** Nothing but the empty text. */
export const NOTHING: Shape = { start: 0, step: () => -1, end: () => 0 };

/** Texts of these shapes with a NUL between each two. Each has at most 8 states. */
export function row(...shapes: readonly Shape[]): Shape {
  const part = (state: number): Shape => shapes[state >> 3] ?? NOTHING;
  return {
    start: shapes[0]?.start ?? 0,
    step: (state, byte) => {
      if (byte !== 0) {
        const next = part(state).step(state & 7, byte);
        return next < 0 ? next : (state & ~7) + next;
      }
      const next = (state >> 3) + 1;
      return next < shapes.length && part(state).end(state & 7) !== undefined ? next * 8 + part(next * 8).start : -1;
    },
    end: (state) => (state >> 3 === shapes.length - 1 ? part(state).end(state & 7) : undefined),
  };
}

/** How unlikely a byte is in a name that a person would think of. */
export function byteCost(byte: number): number {
  return COSTS[byte] ?? 200;
}

const COSTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0) return 0;
  const c = String.fromCharCode(byte);
  if (c === 'x') return 10;
  if (/[a-z/]/.test(c)) return 11;
  if (/[0-9]/.test(c)) return 12;
  if (/[-._]/.test(c)) return 14;
  if (/[A-Z]/.test(c)) return 15;
  return byte >= 0x21 && byte <= 0x7e ? 30 : byte === 0x20 ? 60 : byte >= 0x80 ? 100 : 200;
});
