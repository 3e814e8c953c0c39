/**
 * Whether two compiled policies decide every access alike: the automata of both are walked together, so the answer rests
 * on what the kernel gets and not on how a rule is written. What is only logged otherwise, or less quietly, is no
 * difference in what is allowed. Pure.
 */
import { automatonOf, fieldsOf, type Automaton, type Field } from './compiled-policy.ts';

/** What tells two policies apart. */
export interface CompiledDifference {
  /** `path`: a file rule; `rule`: another class, with the bytes that lead there; `capability`; `form`: the policies are built otherwise. */
  readonly kind: 'path' | 'rule' | 'capability' | 'form';
  /** The shortest path, or what else is known. */
  readonly what: string;
}

/** More pairs of states than this are not walked. */
const MOST_PAIRS = 2_000_000;

/** @returns the first difference found; undefined when there is none. */
export function compiledDifference(one: Uint8Array, other: Uint8Array): CompiledDifference | undefined {
  const a = fieldsOf(one);
  const b = fieldsOf(other);
  if (a === undefined || b === undefined) return form('a policy could not be read');
  if (a.length !== b.length) return form('the policies have different parts');
  const quiet = quietFields(a);
  const audits = auditFields(a);
  for (const [i, field] of a.entries()) {
    const its = b[i];
    if (its?.kind !== field.kind || its.name !== field.name) return form('the policies have different parts');
    if (field.blob !== undefined && its.blob !== undefined) {
      const found =
        field.name === 'aadfa' ? walk(a, b, i) : same(field.blob, its.blob) ? undefined : form(`${field.name} differs`);
      if (found !== undefined) return found;
      continue;
    }
    if (field.value === its.value || quiet.has(i) || field.name === 'start' || field.name === 'dfa_start') continue;
    if (audits.has(i) && audited(a, i) === audited(b, i)) continue;
    if (field.name === 'perms') return form('the tables of permissions differ');
    return quiet.has(i + 2) || audits.has(i + 1)
      ? { kind: 'capability', what: capabilityText(field.value, its.value) }
      : form(`${field.name === '' ? 'a field' : field.name} differs`);
  }
  return undefined;
}

function form(what: string): CompiledDifference {
  return { kind: 'form', what };
}

/** Capabilities stand as allow, audit, quiet, and one more, behind the struct `flags` and in the struct `caps64`. */
function capabilityStarts(fields: readonly Field[]): number[] {
  return fields.flatMap((field, i) => {
    if (field.kind === 'open' && field.name === 'caps64') return [i + 1];
    if (field.kind !== 'close') return [];
    const opening = fields.slice(0, i).findLastIndex(({ kind }) => kind === 'open');
    if (fields[opening]?.name !== 'flags') return [];
    return [fields[i + 1]?.name === 'path_flags' ? i + 2 : i + 1];
  });
}

function auditFields(fields: readonly Field[]): Set<number> {
  return new Set(capabilityStarts(fields).map((start) => start + 1));
}

function quietFields(fields: readonly Field[]): Set<number> {
  return new Set(capabilityStarts(fields).map((start) => start + 2));
}

/** Of the audited capabilities, those that are allowed: for the others it only says how loudly they are denied. */
function audited(fields: readonly Field[], at: number): number {
  return Number(fields[at]?.value ?? 0) & Number(fields[at - 1]?.value ?? 0);
}

function capabilityText(one: string, other: string): string {
  return `capabilities with the numbers ${Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => (((Number(one) ^ Number(other)) >>> bit) & 1) === 1)
    .join(', ')} of their word`;
}

/** Where an automaton begins: its field stands behind it, or before it in older policy. */
function startOf(fields: readonly Field[], at: number): number {
  for (const near of [at + 1, at + 2, at - 1]) {
    const field = fields[near];
    if (field?.kind === 'number' && (field.name === 'start' || field.name === 'dfa_start')) return Number(field.value);
  }
  return 1;
}

function walk(a: readonly Field[], b: readonly Field[], at: number): CompiledDifference | undefined {
  const one = automatonOf(a[at]?.blob ?? new Uint8Array());
  const other = automatonOf(b[at]?.blob ?? new Uint8Array());
  if (one === undefined || other === undefined) return form('an automaton could not be read');
  if (a.some(({ name }) => name === 'perms') || b.some(({ name }) => name === 'perms')) {
    // permissions stand in a table of their own, whose numbering is no meaning: only equal bytes are equal
    return same(a[at]?.blob ?? new Uint8Array(), b[at]?.blob ?? new Uint8Array())
      ? undefined
      : form('the automata differ');
  }
  const inPolicydb = isPolicydb(a, at);
  return walkFrom(one, other, startOf(a, at), startOf(b, at), inPolicydb);
}

/** The first automaton stands in the struct `policydb` where there is one; the other is that of file rules. */
function isPolicydb(fields: readonly Field[], at: number): boolean {
  let depth = 0;
  for (let i = at - 1; i >= 0; i -= 1) {
    const field = fields[i];
    if (field?.kind === 'close') depth += 1;
    else if (field?.kind === 'open' && (depth -= 1) < 0) return field.name === 'policydb';
  }
  return false;
}

/** Breadth first, so what is found is the shortest. A path has no two slashes in a row: what lies behind them never comes. */
function walkFrom(
  one: Automaton,
  other: Automaton,
  startOne: number,
  startOther: number,
  policydb: boolean,
): CompiledDifference | undefined {
  const key = (x: number, y: number, slash: number): number => (x * 0x200000 + y) * 2 + slash;
  const seen = new Map<number, { from: number; byte: number }>([[key(startOne, startOther, 0), { from: -1, byte: 0 }]]);
  let row: { x: number; y: number; slash: number }[] = [{ x: startOne, y: startOther, slash: 0 }];
  while (row.length > 0) {
    const following: typeof row = [];
    for (const { x, y, slash } of row) {
      if (!alike(one.accepts(x), other.accepts(y)))
        return { kind: policydb ? 'rule' : 'path', what: spelled(seen, key(x, y, slash)) };
      for (const byte of BYTES) {
        if (!policydb && slash === 1 && byte === 0x2f) continue;
        const nextX = one.next(x, byte);
        const nextY = other.next(y, byte);
        if (nextX === 0 && nextY === 0) continue;
        const nextSlash = !policydb && byte === 0x2f ? 1 : 0;
        const id = key(nextX, nextY, nextSlash);
        if (seen.has(id)) continue;
        if (seen.size > MOST_PAIRS) return form('the automata are too large to compare');
        seen.set(id, { from: key(x, y, slash), byte });
        following.push({ x: nextX, y: nextY, slash: nextSlash });
      }
    }
    row = following;
  }
  return undefined;
}

/** Every byte, letters first, so that an example can be read. */
const BYTES = ((): readonly number[] => {
  const rank = (byte: number): number =>
    byte >= 0x61 && byte <= 0x7a ? 0 : byte === 0x2f ? 1 : byte > 0x20 && byte < 0x7f ? 2 : 3;
  return Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) => rank(a) - rank(b) || a - b);
})();

/**
 * Permissions of the owner and of others in 7 bits each, how to execute behind each, and change_profile as the highest
 * bit; of what is audited only what is allowed counts (security/apparmor/include/perms.h, dfa_user_allow and others).
 */
function alike(a: { allow: number; audit: number }, b: { allow: number; audit: number }): boolean {
  const loud = ({ allow, audit }: { allow: number; audit: number }): number =>
    (audit & allow & 0x7f) | (((audit >>> 14) & (allow >>> 14) & 0x7f) << 7);
  return a.allow === b.allow && loud(a) === loud(b);
}

function spelled(seen: ReadonlyMap<number, { from: number; byte: number }>, at: number): string {
  const bytes: number[] = [];
  for (let step = seen.get(at); step !== undefined && step.from >= 0; step = seen.get(step.from))
    bytes.unshift(step.byte);
  return bytes
    .map((byte) =>
      byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
