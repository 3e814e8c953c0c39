/** Which byte strings are worth asking about: names that a kernel can really form. Pure. */

/** A small automaton beside the big one; a state below 0 is a dead end. */
export interface Shape {
  readonly start: number;
  step(state: number, byte: number): number;
  /** What it costs to end here, in the measure of `byteCost`; undefined: a string cannot end here. */
  end(state: number): number | undefined;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** States of a path: nothing yet, behind a slash, behind `/.`, behind `/..`, inside a part. */
const [EMPTY, SLASHED, ONE_DOT, TWO_DOTS, INSIDE] = [0, 1, 2, 3, 4];

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

/** Two paths with a NUL between them: a link and what it links to. */
export const TWO_PATHS: Shape = {
  start: EMPTY,
  step: (state, byte) => {
    if (state >= 10) { const next = stepPath(state - 10, byte); return next < 0 ? next : next + 10; }
    return byte === 0 ? (state === INSIDE ? 10 + EMPTY : -1) : stepPath(state, byte);
  },
  end: (state) => (state - 10 === INSIDE ? 0 : undefined),
};

/** Texts with a fixed number of NULs between them; a text may be empty. */
export function fields(count: number): Shape {
  return { start: 0, step: (state, byte) => (byte === 0 ? (state + 1 < count ? state + 1 : -1) : state), end: (state) => (state === count - 1 ? 0 : undefined) };
}

/** Any text of at least one byte, NUL excepted: a label, a name. */
export const NAME: Shape = { start: 0, step: (_state, byte) => (byte === 0 ? -1 : 1), end: (state) => (state === 1 ? 0 : undefined) };

/** How unlikely a byte is in a name that a person would think of. */
export function byteCost(byte: number): number {
  if (byte === 0) return 0;
  const c = String.fromCharCode(byte);
  if (c === 'x') return 10;
  if (/[a-z/]/.test(c)) return 11;
  if (/[0-9]/.test(c)) return 12;
  if (/[-._]/.test(c)) return 14;
  if (/[A-Z]/.test(c)) return 15;
  return byte >= 0x21 && byte <= 0x7e ? 30 : byte === 0x20 ? 60 : byte >= 0x80 ? 100 : 200;
}
