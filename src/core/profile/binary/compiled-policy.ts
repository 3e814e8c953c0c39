/**
 * Compiled policy taken apart, as the kernel does (security/apparmor/policy_unpack.c, match.c): a stream of typed
 * fields, and the automata in it. Pure.
 */

/** A field of the stream. Structs, lists and arrays show as their opening and closing. */
export interface Field {
  readonly kind: 'number' | 'text' | 'blob' | 'open' | 'close';
  readonly name: string;
  /** A number in decimals, or the text; of an opening or closing, its code. */
  readonly value: string;
  readonly blob?: Uint8Array;
}

/** The first byte of a field (policy_unpack.h, enum aa_code). */
const U8 = 0;
const U16 = 1;
const U32 = 2;
const U64 = 3;
const NAME = 4;
const STRING = 5;
const BLOB = 6;
const STRUCT = 7;
const STRUCT_END = 8;
const LIST = 9;
const LIST_END = 10;
const ARRAY = 11;
const ARRAY_END = 12;

/** @returns every field of a compiled policy, in order; undefined where the stream cannot be read to its end. */
export function fieldsOf(policy: Uint8Array): Field[] | undefined {
  return unlessTooShort(() => new FieldReader(policy).read());
}

/** @returns undefined when a DataView is read past its end. */
function unlessTooShort<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** All numbers of the stream are little-endian. */
class FieldReader {
  readonly #policy: Uint8Array;
  readonly #view: DataView;
  readonly #fields: Field[] = [];
  #at = 0;
  /** Given by the field before. */
  #name = '';

  constructor(policy: Uint8Array) {
    this.#policy = policy;
    this.#view = viewOf(policy);
  }

  read(): Field[] | undefined {
    while (this.#at < this.#policy.length) {
      const code = this.#number(1);
      if (!this.#readField(code)) return undefined;
    }
    return this.#at === this.#policy.length ? this.#fields : undefined;
  }

  /** @returns whether the code is known. */
  #readField(code: number): boolean {
    switch (code) {
      case U8:
        this.#push('number', `${this.#number(1)}`);
        return true;
      case U16:
        this.#push('number', `${this.#number(2)}`);
        return true;
      case U32:
        this.#push('number', `${this.#number(4)}`);
        return true;
      case U64:
        this.#push('number', this.#view.getBigUint64(this.#skip(8), true).toString());
        return true;
      case NAME:
        this.#name = textOf(this.#bytes(this.#number(2))).replace(/\0$/, '');
        return true;
      case STRING:
        this.#push('text', textOf(this.#bytes(this.#number(2))));
        return true;
      case BLOB:
        this.#push('blob', '', this.#bytes(this.#number(4)));
        return true;
      case STRUCT:
      case LIST:
        this.#push('open', `${code}`);
        return true;
      case ARRAY:
        this.#push('open', `array ${this.#number(2)}`);
        return true;
      case STRUCT_END:
      case LIST_END:
      case ARRAY_END:
        this.#push('close', `${code}`);
        return true;
      default:
        return false;
    }
  }

  #push(kind: Field['kind'], value: string, blob?: Uint8Array): void {
    this.#fields.push({ kind, name: this.#name, value, ...(blob && { blob }) });
    this.#name = '';
  }

  #number(size: 1 | 2 | 4): number {
    const at = this.#skip(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#policy.subarray(at, at + length);
  }

  /** @returns the offset before the bytes that are skipped. */
  #skip(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** An automaton: from a state and a byte to the next state, and what a state accepts. From state 0 nothing matches. */
export interface Automaton {
  next(state: number, byte: number): number;
  /** The permissions as bits, and those of them that are audited or kept quiet. */
  accepts(state: number): { readonly allow: number; readonly audit: number };
  /** Whether the second of these numbers is in the policy at all. */
  readonly hasSecondNumber: boolean;
}

/** The first bytes of an automaton's header (match.h, YYTH_MAGIC). */
const MAGIC = [0x1b, 0x5e, 0x78, 0x3d];
/** A blob may begin with padding, so that what follows is aligned. */
const MAX_PADDING = 7;
const TABLE_HEADER_BYTES = 12;

/** Ids of tables (match.h, YYTD_ID_ACCEPT to YYTD_ID_NXT). Others do not change what is accepted. */
const ACCEPT = 1;
const BASE = 2;
const CHECK = 3;
const DEFAULT = 4;
const CLASSES = 5;
const ACCEPT2 = 7;
const NEXT = 8;

/** Of an entry of BASE: the offset into NEXT and CHECK, and whether a state lists only what its default does not. */
const OFFSET_MASK = 0xffffff;
const DIFF_ENCODED = 0x80000000;

/** Reads an automaton out of its blob; undefined where it is none. */
export function automatonOf(blob: Uint8Array): Automaton | undefined {
  const start = startOf(blob);
  const tables = start === undefined ? undefined : unlessTooShort(() => readTables(viewOf(blob), start));
  const accept = tables?.get(ACCEPT);
  const base = tables?.get(BASE);
  const check = tables?.get(CHECK);
  const fallback = tables?.get(DEFAULT);
  const next = tables?.get(NEXT);
  if (!accept || !base || !check || !fallback || !next) return undefined;

  const classes = tables?.get(CLASSES);
  const accept2 = tables?.get(ACCEPT2);
  return {
    next: (state, byte) => step({ base, check, fallback, next }, state, classes?.[byte] ?? byte),
    accepts: (state) => ({ allow: accept[state] ?? 0, audit: accept2?.[state] ?? 0 }),
    hasSecondNumber: accept2 !== undefined,
  };
}

function startOf(blob: Uint8Array): number | undefined {
  for (let start = 0; start <= MAX_PADDING; start += 1) {
    if (MAGIC.every((byte, i) => blob[start + i] === byte)) return start;
  }
  return undefined;
}

/**
 * The tables by their ids. They begin after a header whose second and third number are its own size and that of all;
 * each is aligned to 8 bytes. Numbers are big-endian (match.c, unpack_table).
 * @returns undefined when a table has entries of an unknown width.
 */
function readTables(view: DataView, start: number): ReadonlyMap<number, Uint32Array> | undefined {
  const tables = new Map<number, Uint32Array>();
  const end = start + view.getUint32(start + 8);
  let at = start + view.getUint32(start + 4);
  while (at + TABLE_HEADER_BYTES <= end) {
    const id = view.getUint16(at);
    const width = view.getUint16(at + 2);
    const high = view.getUint32(at + 4);
    const low = view.getUint32(at + 8);
    const count = low * Math.max(high, 1);
    if (width !== 1 && width !== 2 && width !== 4) return undefined;

    const entries = at + TABLE_HEADER_BYTES;
    tables.set(
      id,
      Uint32Array.from({ length: count }, (_, i) => readEntry(view, entries + i * width, width)),
    );
    at = start + Math.ceil((entries - start + count * width) / 8) * 8;
  }
  return tables;
}

function readEntry(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}

interface StepTables {
  readonly base: Uint32Array;
  readonly check: Uint32Array;
  readonly fallback: Uint32Array;
  readonly next: Uint32Array;
}

/**
 * As match.c, match_char: a state without an entry for the byte moves to its default state. If it lists only what
 * differs from that, the entry of the default state counts.
 */
function step({ base, check, fallback, next }: StepTables, from: number, column: number): number {
  let state = from;
  // a chain of defaults longer than there are states would be a circle
  for (let turns = 0; turns < base.length; turns += 1) {
    const entry = base[state] ?? 0;
    const place = (entry & OFFSET_MASK) + column;
    if (check[place] === state) return next[place] ?? 0;
    state = fallback[state] ?? 0;
    if ((entry & DIFF_ENCODED) === 0) return state;
  }
  return 0;
}
