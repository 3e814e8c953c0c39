/**
 * Whether two compiled policies decide every access alike. The automata of both are walked together, so the answer
 * rests on what the kernel is given and not on how rules are written. Whether a denial is recorded makes no difference;
 * whether an allowed access is recorded does. Pure.
 */
import { automatonOf, fieldsOf, type Automaton, type Field } from './compiled-policy.ts';

/** What tells two policies apart. */
export interface CompiledDifference {
  /**
   * `path`: a file rule; `rule`: a rule of another class, with the bytes that lead there; `capability`; `form`: the
   * policies are built in different ways.
   */
  readonly kind: 'path' | 'rule' | 'capability' | 'form';
  /** The shortest path, or what else is known. */
  readonly what: string;
}

/** More pairs of states than this are not walked. */
const MAX_PAIRS = 2_000_000;

/** @returns the first difference found; undefined when there is none. */
export function compiledDifference(one: Uint8Array, other: Uint8Array): CompiledDifference | undefined {
  const a = fieldsOf(one);
  const b = fieldsOf(other);
  if (a === undefined || b === undefined) return form('a policy could not be read');
  if (a.length !== b.length) return form('the policies have different parts');

  const policies = { a, b, allowFields: new Set(capabilityFields(a)) };
  for (const at of a.keys()) {
    const difference = fieldDifference(policies, at);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

interface Policies {
  readonly a: readonly Field[];
  readonly b: readonly Field[];
  /** Indexes of the fields with allowed capabilities; those that are audited and kept quiet follow each. */
  readonly allowFields: ReadonlySet<number>;
}

function fieldDifference({ a, b, allowFields }: Policies, at: number): CompiledDifference | undefined {
  const field = a[at];
  const other = b[at];
  if (!field || !other || !isSameKind(field, other)) return form('the policies have different parts');
  if (field.blob !== undefined && other.blob !== undefined) {
    if (field.name === 'aadfa') return automataDifference(a, b, at);
    return isSame(field.blob, other.blob) ? undefined : form(`${field.name} differs`);
  }

  const isQuiet = allowFields.has(at - 2);
  if (field.value === other.value || isStart(field) || isQuiet) return undefined;
  if (allowFields.has(at - 1) && auditedAndAllowed(a, at) === auditedAndAllowed(b, at)) return undefined;
  if (allowFields.has(at)) return { kind: 'capability', what: capabilityText(field.value, other.value) };
  return form(formText(field));
}

function isSameKind(one: Field, other: Field): boolean {
  return one.kind === other.kind && one.name === other.name;
}

function formText({ name }: Field): string {
  if (name === 'perms') return 'the tables of permissions differ';
  return `${name === '' ? 'a field' : name} differs`;
}

/** The start of an automaton, which is compared with the automaton. */
function isStart({ name }: Field): boolean {
  return name === 'start' || name === 'dfa_start';
}

function form(what: string): CompiledDifference {
  return { kind: 'form', what };
}

/**
 * Capabilities are four fields: allowed, audited, quiet, and one more. They follow the struct `flags`, after a field
 * `path_flags` if there is one, and fill the struct `caps64` (policy_unpack.c, unpack_profile).
 * @returns the index of the first of each four.
 */
export function capabilityFields(fields: readonly Field[]): number[] {
  return fields.flatMap((field, at) => {
    if (field.kind === 'open' && field.name === 'caps64') return [at + 1];
    if (field.kind !== 'close') return [];
    const opening = fields.slice(0, at).findLastIndex(({ kind }) => kind === 'open');
    if (fields[opening]?.name !== 'flags') return [];
    return [fields[at + 1]?.name === 'path_flags' ? at + 2 : at + 1];
  });
}

/** Of the audited capabilities, those that are allowed: for the others it only changes the record of a denial. */
function auditedAndAllowed(fields: readonly Field[], at: number): number {
  return Number(fields[at]?.value ?? 0) & Number(fields[at - 1]?.value ?? 0);
}

function capabilityText(one: string, other: string): string {
  const bits = Array.from({ length: 32 }, (_, bit) => bit);
  const changed = bits.filter((bit) => (((Number(one) ^ Number(other)) >>> bit) & 1) === 1);
  return `capabilities with the numbers ${changed.join(', ')} of their word`;
}

function automataDifference(a: readonly Field[], b: readonly Field[], at: number): CompiledDifference | undefined {
  const one = sideOf(a, at);
  const other = sideOf(b, at);
  if (one === undefined || other === undefined) return form('an automaton could not be read');

  if (hasPermissionTable(a) || hasPermissionTable(b)) {
    // states refer to a table whose numbering has no meaning: only equal bytes are equal
    return isSame(one.blob, other.blob) ? undefined : form('the automata differ');
  }
  return walk(one, other, { areFiles: !isInPolicydb(a, at) });
}

/** An automaton of one policy, and where it begins. */
interface Side {
  readonly automaton: Automaton;
  readonly start: number;
  readonly blob: Uint8Array;
}

function sideOf(fields: readonly Field[], at: number): Side | undefined {
  const blob = fields[at]?.blob ?? new Uint8Array();
  const automaton = automatonOf(blob);
  return automaton && { automaton, start: startOf(fields, at), blob };
}

/** The start of an automaton follows it in one of the next two fields; in older policy it stands before it. */
function startOf(fields: readonly Field[], at: number): number {
  for (const near of [at + 1, at + 2, at - 1]) {
    const field = fields[near];
    if (field?.kind === 'number' && isStart(field)) return Number(field.value);
  }
  return 1;
}

function hasPermissionTable(fields: readonly Field[]): boolean {
  return fields.some(({ name }) => name === 'perms');
}

/** The automaton in the struct `policydb` has all rules but those for files, which have one of their own. */
function isInPolicydb(fields: readonly Field[], at: number): boolean {
  let depth = 0;
  for (let i = at - 1; i >= 0; i -= 1) {
    const field = fields[i];
    if (field?.kind === 'close') depth += 1;
    if (field?.kind !== 'open') continue;
    depth -= 1;
    if (depth < 0) return field.name === 'policydb';
  }
  return false;
}

const SLASH = 0x2f;

/** A state of each automaton, reached by the same bytes. */
interface Pair {
  readonly x: number;
  readonly y: number;
  /** Only of paths: the last byte was a slash. */
  readonly slashed: boolean;
}

/** By its key, the pair before each pair and the byte that leads to it. */
type Steps = Map<number, { readonly from: number; readonly byte: number }>;

const NO_KEY = -1;

/** A number for each pair; states fit into 21 bits. */
function keyOf(x: number, y: number, slashed: boolean): number {
  return (x * 0x200000 + y) * 2 + (slashed ? 1 : 0);
}

/**
 * Breadth first, so that the difference found is the shortest.
 * @param areFiles the strings are paths, which never have two slashes in a row.
 */
function walk(one: Side, other: Side, { areFiles }: { readonly areFiles: boolean }): CompiledDifference | undefined {
  const start: Pair = { x: one.start, y: other.start, slashed: false };
  const steps: Steps = new Map([[keyOf(start.x, start.y, start.slashed), { from: NO_KEY, byte: 0 }]]);
  let row: readonly Pair[] = [start];
  while (row.length > 0) {
    const nextRow: Pair[] = [];
    for (const pair of row) {
      const from = keyOf(pair.x, pair.y, pair.slashed);
      if (!isAlike(one.automaton.accepts(pair.x), other.automaton.accepts(pair.y))) {
        return { kind: areFiles ? 'path' : 'rule', what: spell(steps, from) };
      }
      for (const byte of BYTES) {
        if (pair.slashed && byte === SLASH) continue;
        const x = one.automaton.next(pair.x, byte);
        const y = other.automaton.next(pair.y, byte);
        if (x === 0 && y === 0) continue;
        const slashed = areFiles && byte === SLASH;
        const key = keyOf(x, y, slashed);
        if (steps.has(key)) continue;
        if (steps.size > MAX_PAIRS) return form('the automata are too large to compare');
        steps.set(key, { from, byte });
        nextRow.push({ x, y, slashed });
      }
    }
    row = nextRow;
  }
  return undefined;
}

/** Every byte: letters first, then the slash and other signs, so that an example can be read. */
const BYTES: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte).sort(
  (a, b) => rankOf(a) - rankOf(b) || a - b,
);

function rankOf(byte: number): number {
  if (byte >= 0x61 && byte <= 0x7a) return 0;
  if (byte === SLASH) return 1;
  return isPrintable(byte) ? 2 : 3;
}

function isPrintable(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

interface Permissions {
  readonly allow: number;
  readonly audit: number;
}

/**
 * Permissions of the owner and of others in 7 bits each, after each how to execute, and change_profile as the highest
 * bit (security/apparmor/include/perms.h, dfa_user_allow and others).
 */
function isAlike(a: Permissions, b: Permissions): boolean {
  return a.allow === b.allow && auditedOf(a) === auditedOf(b);
}

/** The audited permissions that are allowed too, owner's and others' together. */
function auditedOf({ allow, audit }: Permissions): number {
  const owner = audit & allow & 0x7f;
  const others = (audit >>> 14) & (allow >>> 14) & 0x7f;
  return owner | (others << 7);
}

/** The bytes on the way to a pair; those that cannot be printed as `\x00`. */
function spell(steps: Steps, key: number): string {
  const bytes: number[] = [];
  for (let step = steps.get(key); step !== undefined && step.from !== NO_KEY; step = steps.get(step.from)) {
    bytes.unshift(step.byte);
  }
  return bytes
    .map((byte) => (isPrintable(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`))
    .join('');
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
