/**
 * Compiled policy taken apart, as the kernel does (security/apparmor/policy_unpack.c, match.c): a stream of typed fields,
 * and the automata in it. Pure.
 */

/** A field of the stream. Containers show as their opening and closing. */
export interface Field {
  readonly kind: 'number' | 'text' | 'blob' | 'open' | 'close';
  readonly name: string;
  readonly value: string;
  readonly blob?: Uint8Array;
}

/** Codes of the stream. */
const U8 = 0,
  U16 = 1,
  U32 = 2,
  U64 = 3,
  NAME = 4,
  STRING = 5,
  BLOB = 6,
  STRUCT = 7,
  STRUCT_END = 8,
  LIST = 9,
  LIST_END = 10,
  ARRAY = 11,
  ARRAY_END = 12;

/** Every field of a compiled policy, in order; undefined where the stream cannot be read to its end. */
export function fieldsOf(policy: Uint8Array): Field[] | undefined {
  const view = new DataView(policy.buffer, policy.byteOffset, policy.byteLength);
  const fields: Field[] = [];
  let at = 0;
  let name = '';
  const push = (kind: Field['kind'], value: string, blob?: Uint8Array): void => {
    fields.push({ kind, name, value, ...(blob === undefined ? {} : { blob }) });
    name = '';
  };
  const text = (length: number): string => String.fromCharCode(...policy.subarray(at, (at += length)));
  try {
    while (at < policy.length) {
      const code = view.getUint8(at++);
      switch (code) {
        case U8:
          push('number', String(view.getUint8(at)));
          at += 1;
          break;
        case U16:
          push('number', String(view.getUint16(at, true)));
          at += 2;
          break;
        case U32:
          push('number', String(view.getUint32(at, true)));
          at += 4;
          break;
        case U64:
          push('number', String(view.getBigUint64(at, true)));
          at += 8;
          break;
        case NAME: {
          const length = view.getUint16(at, true);
          at += 2;
          name = text(length).replace(/\0$/, '');
          break;
        }
        case STRING: {
          const length = view.getUint16(at, true);
          at += 2;
          push('text', text(length));
          break;
        }
        case BLOB: {
          const length = view.getUint32(at, true);
          at += 4;
          push('blob', '', policy.subarray(at, (at += length)));
          break;
        }
        case STRUCT:
        case LIST:
          push('open', String(code));
          break;
        case ARRAY:
          push('open', `array ${view.getUint16(at, true)}`);
          at += 2;
          break;
        case STRUCT_END:
        case LIST_END:
        case ARRAY_END:
          push('close', String(code));
          break;
        default:
          return undefined;
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return at === policy.length ? fields : undefined;
}

const MAGIC = [0x1b, 0x5e, 0x78, 0x3d];
/** Tables of an automaton; what is not listed (names, marks) says nothing of what it accepts. */
const ACCEPT = 1,
  BASE = 2,
  CHECK = 3,
  DEFAULT = 4,
  CLASSES = 5,
  ACCEPT2 = 7,
  NEXT = 8;
const DIFF_ENCODED = 0x80000000;

/** An automaton: from a state and a byte to the next state, and what a state accepts. State 0 is the end of all hope. */
export interface Automaton {
  next(state: number, byte: number): number;
  /** Permissions, and what of them is audited or quiet. */
  accepts(state: number): { readonly allow: number; readonly audit: number };
}

/** Reads an automaton out of its blob; undefined where it is none. */
export function automatonOf(blob: Uint8Array): Automaton | undefined {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const start = [0, 1, 2, 3, 4, 5, 6, 7].find((skip) => MAGIC.every((byte, i) => blob[skip + i] === byte));
  if (start === undefined) return undefined;
  const tables = new Map<number, Uint32Array>();
  try {
    let at = start + view.getUint32(start + 4);
    const end = start + view.getUint32(start + 8);
    while (at + 12 <= end) {
      const id = view.getUint16(at);
      const width = view.getUint16(at + 2);
      const high = view.getUint32(at + 4);
      const low = view.getUint32(at + 8);
      const count = low * Math.max(high, 1);
      if (![1, 2, 4].includes(width)) return undefined;
      at += 12;
      tables.set(
        id,
        Uint32Array.from({ length: count }, (_, i) =>
          width === 1 ? view.getUint8(at + i) : width === 2 ? view.getUint16(at + 2 * i) : view.getUint32(at + 4 * i),
        ),
      );
      at = start + Math.ceil((at - start + count * width) / 8) * 8;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const [accept, accept2, base, check, other, next, classes] = [
    ACCEPT,
    ACCEPT2,
    BASE,
    CHECK,
    DEFAULT,
    NEXT,
    CLASSES,
  ].map((id) => tables.get(id));
  if (accept === undefined || base === undefined || check === undefined || other === undefined || next === undefined)
    return undefined;
  const classOf = (byte: number): number => classes?.[byte] ?? byte;
  return {
    next(state, byte) {
      const column = classOf(byte);
      for (let now = state, turns = 0; turns < base.length; turns += 1) {
        const entry = base[now] ?? 0;
        const place = (entry & 0xffffff) + column;
        if (check[place] === now) return next[place] ?? 0;
        now = other[now] ?? 0;
        if ((entry & DIFF_ENCODED) === 0) return now;
      }
      return 0;
    },
    accepts: (state) => ({ allow: accept[state] ?? 0, audit: accept2?.[state] ?? 0 }),
  };
}
