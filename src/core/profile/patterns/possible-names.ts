/** Which byte strings are worth asking about: names that a kernel can really form, the likeliest first. Pure. */

/**
 * A small automaton for the form of a name. It tells no bytes apart but NUL, the slash and the dot.
 * A state below 0 is a dead end.
 */
export interface Shape {
  readonly start: number;
  step(state: number, byte: number): number;
  /** What it costs to end here, in the measure of `byteCost`; undefined: a string cannot end here. */
  end(state: number): number | undefined;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** States of a path: nothing yet; after a slash, after `/.`, after `/..`; inside a component. */
const EMPTY = 0;
const SLASHED = 1;
const ONE_DOT = 2;
const TWO_DOTS = 3;
const INSIDE = 4;

/** A slash at the end means a folder; files are plainer examples. */
const FOLDER_COST = 35;

function stepPath(state: number, byte: number): number {
  if (byte === 0) return -1;
  if (state === EMPTY) return byte === SLASH ? SLASHED : -1;
  if (byte === SLASH) return state === INSIDE ? SLASHED : -1;
  if (byte === DOT && state === SLASHED) return ONE_DOT;
  return byte === DOT && state === ONE_DOT ? TWO_DOTS : INSIDE;
}

function endPath(state: number): number | undefined {
  if (state === INSIDE) return 0;
  return state === SLASHED ? FOLDER_COST : undefined;
}

/** Absolute paths without empty components, `.` and `..`; a folder ends in a slash. */
export const PATH: Shape = { start: EMPTY, step: stepPath, end: endPath };

/** Any text without NUL, empty too. */
export const TEXT: Shape = { start: 0, step: (_state, byte) => (byte === 0 ? -1 : 0), end: () => 0 };

/** Any text without NUL of at least one byte: a label, a name. */
export const NAME: Shape = {
  start: 0,
  step: (_state, byte) => (byte === 0 ? -1 : 1),
  end: (state) => (state === 1 ? 0 : undefined),
};

/** Nothing but the empty text. */
export const NOTHING: Shape = { start: 0, step: () => -1, end: () => 0 };

/** Texts of these shapes with a NUL between each two. A state is 8 times the part plus the part's own, at most 7. */
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

/** How unlikely a byte is in a name that a person would think of: 0 for NUL, which only separates texts, up to 200. */
export function byteCost(byte: number): number {
  return COSTS[byte] ?? 200;
}

const COSTS = Uint8Array.from({ length: 256 }, (_, byte) => costOf(byte));

function costOf(byte: number): number {
  if (byte === 0) return 0;
  const c = String.fromCharCode(byte);
  if (c === 'x') return 10;
  if (/[a-z/]/.test(c)) return 11;
  if (/[0-9]/.test(c)) return 12;
  if (/[-._]/.test(c)) return 14;
  if (/[A-Z]/.test(c)) return 15;
  if (byte > 0x20 && byte < 0x7f) return 30;
  if (c === ' ') return 60;
  return byte >= 0x80 ? 100 : 200;
}
