/** Compiled policies of tests, written byte by byte (security/apparmor/policy_unpack.c, match.h). */

/** Adds a name to the field after it. */
export function named(name: string, field: Buffer): Buffer {
  return Buffer.concat([Buffer.from([4]), u16(name.length + 1), Buffer.from(`${name}\0`), field]);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(2);
  bytes.writeUInt32LE(value, 1);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([5]), u16(value.length), Buffer.from(value)]);
}

export function blob(value: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(6);
  head.writeUInt32LE(value.length, 1);
  return Buffer.concat([head, value]);
}

export function struct(name: string, ...fields: readonly Buffer[]): Buffer {
  return Buffer.concat([named(name, Buffer.from([7])), ...fields, Buffer.from([8])]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** Permissions by the string that has them; state 1 is the start. */
export type Strings = Readonly<Record<string, { readonly allow: number; readonly audit?: number }>>;

/** An automaton that accepts these strings. Each state has room for all 256 bytes, so no two share an entry. */
export function automaton(strings: Strings): Buffer {
  const steps = [new Map<number, number>(), new Map<number, number>()];
  const accept: number[] = [];
  const audit: number[] = [];
  for (const [string, permissions] of Object.entries(strings)) {
    let state = 1;
    for (const byte of Buffer.from(string)) {
      let next = steps[state]!.get(byte);
      if (next === undefined) {
        next = steps.push(new Map<number, number>()) - 1;
        steps[state]!.set(byte, next);
      }
      state = next;
    }
    accept[state] = permissions.allow;
    audit[state] = permissions.audit ?? 0;
  }

  const base = steps.map((_, state) => state * 256);
  const next = new Array<number>(steps.length * 256).fill(0);
  const check = new Array<number>(steps.length * 256).fill(0);
  for (const [state, moves] of steps.entries()) {
    for (const [byte, to] of moves) {
      next[state * 256 + byte] = to;
      check[state * 256 + byte] = state;
    }
  }
  return tables({
    1: steps.map((_, state) => accept[state] ?? 0),
    2: base,
    3: check,
    4: steps.map(() => 0),
    7: steps.map((_, state) => audit[state] ?? 0),
    8: next,
  });
}

/** A header, and tables of 32-bit numbers by their ids. */
export function tables(byId: Readonly<Record<number, readonly number[]>>): Buffer {
  const parts = Object.entries(byId).map(([id, entries]) => {
    const table = Buffer.alloc(Math.ceil((12 + entries.length * 4) / 8) * 8);
    table.writeUInt16BE(Number(id), 0);
    table.writeUInt16BE(4, 2);
    table.writeUInt32BE(entries.length, 8);
    for (const [i, entry] of entries.entries()) table.writeUInt32BE(entry, 12 + i * 4);
    return table;
  });
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x1b5e783d, 0);
  header.writeUInt32BE(header.length, 4);
  header.writeUInt32BE(header.length + body.length, 8);
  return Buffer.concat([header, body]);
}
