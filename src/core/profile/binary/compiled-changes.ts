/**
 * How two compiled profiles differ, by class: whether more is allowed, less, or something else is not the same. Walks
 * the automata of both together, whatever the numbers of their states and the order of their tables. Pure.
 */
import type { CompiledAutomaton, CompiledProfile, StatePermissions } from './compiled-profiles.ts';
import type { Field } from './compiled-policy.ts';

/** `more`, `less`: a permission that only one side has. `other`: targets of executions, records, flags and the like. */
type Kind = 'more' | 'less' | 'other';

/** One kind of difference in one class. */
export interface CompiledChange {
  /** As rules begin; `flags`, `rlimit`, `attachment`; `policy` for what belongs to none. */
  readonly area: string;
  readonly kind: Kind;
  /** The shortest bytes that lead there, or the field that differs. */
  readonly what: string;
}

/** The class that a first byte of rules stands for (include/apparmor.h, AA_CLASS_FILE and others). */
const CLASSES: Readonly<Record<number, string>> = {
  2: 'file',
  3: 'capability',
  4: 'network',
  5: 'rlimit',
  7: 'mount',
  9: 'ptrace',
  10: 'signal',
  14: 'network',
  15: 'network',
  17: 'mqueue',
  18: 'mqueue',
  21: 'userns',
  22: 'io_uring',
  32: 'dbus',
};

/** @returns each kind of difference in each class once; nothing where the kernel decides and records all alike. */
export function compiledChanges(base: CompiledProfile, head: CompiledProfile): CompiledChange[] {
  const changes = new Map<string, CompiledChange>();
  const add = (change: CompiledChange): void => {
    const key = `${change.area} ${change.kind}`;
    if (!changes.has(key)) changes.set(key, change);
  };
  compareFields(base, head, add);
  for (const kind of ['attachment', 'rules', 'files'] as const) {
    const one = base.automata.find((automaton) => automaton.kind === kind);
    const other = head.automata.find((automaton) => automaton.kind === kind);
    if (one !== undefined || other !== undefined) walk(one ?? NONE, other ?? NONE, kind, add);
  }
  return [...changes.values()];
}

type Add = (change: CompiledChange) => void;

/** An automaton that matches nothing. */
const NONE: CompiledAutomaton = {
  kind: 'rules',
  start: 0,
  next: () => 0,
  permissions: () => [],
  bits: { link: 0, subset: 0, onexec: 0, implied: 0 },
};

const AREAS_OF_STRUCTS: Readonly<Record<string, string>> = {
  flags: 'flags',
  rlimits: 'rlimit',
  xattrs: 'attachment',
  caps64: 'capability',
  net_allowed_af: 'network',
};

const AREAS_OF_FIELDS: Readonly<Record<string, string>> = {
  path_flags: 'flags',
  disconnected: 'flags',
  attach: 'attachment',
  net_allowed_af: 'network',
};

/**
 * Fields of both sides, grouped by what they are about: a group that is not the same differs. Numbers without a name
 * outside of structs are the capabilities, but for the first, which is the length of the attachment.
 */
function compareFields(base: CompiledProfile, head: CompiledProfile, add: Add): void {
  const before = fieldGroups(base);
  const after = fieldGroups(head);
  for (const area of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(area) ?? [];
    const is = after.get(area) ?? [];
    if (was.join() === is.join()) continue;
    if (area === 'capability') compareCapabilities(was, is, add);
    else add({ area, kind: 'other', what: `${was.join(' ')} and ${is.join(' ')}` });
  }
}

function fieldGroups({ fields }: CompiledProfile): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  let hasFlags = false;
  for (const { field, owner } of fields) {
    hasFlags ||= field.name === 'flags';
    if (field.kind === 'open' || field.kind === 'close') continue;
    const area = areaOf(field, owner, hasFlags);
    const bytes = Buffer.from(field.blob ?? []).toString('hex');
    const text = `${field.name}=${field.value}${bytes}`;
    groups.set(area, [...(groups.get(area) ?? []), text]);
  }
  return groups;
}

function areaOf({ kind, name }: Field, owner: string, hasFlags: boolean): string {
  if (owner !== '') return AREAS_OF_STRUCTS[owner] ?? 'policy';
  if (name !== '') return AREAS_OF_FIELDS[name] ?? 'policy';
  if (kind !== 'number') return 'policy';
  return hasFlags ? 'capability' : 'attachment';
}

/** Four numbers of 32 capabilities each, and four of the next: allowed, audited, quiet, and one more. */
function compareCapabilities(was: readonly string[], is: readonly string[], add: Add): void {
  for (let at = 0; at < Math.max(was.length, is.length); at += 1) {
    const before = numberOf(was[at]);
    const after = numberOf(is[at]);
    const what = `capabilities 0x${before.toString(16)} and 0x${after.toString(16)}`;
    if (before === after) continue;
    if (at % 4 !== 0) add({ area: 'capability', kind: 'other', what });
    else
      addBits(before, after, (kind) => {
        add({ area: 'capability', kind, what });
      });
  }
}

function numberOf(text = ''): number {
  return Number(text.split('=')[1] ?? 0);
}

function addBits(before: number, after: number, add: (kind: Kind) => void): void {
  if ((after & ~before) !== 0) add('more');
  if ((before & ~after) !== 0) add('less');
}

/** More pairs of states than this are not walked. */
const MAX_PAIRS = 2_000_000;
const SLASH = 0x2f;

/** A state of each automaton, reached by the same bytes. */
interface Pair {
  readonly x: number;
  readonly y: number;
  /** How far the string is: see {@link stepPath} and {@link stepRule}. */
  readonly place: number;
  readonly from?: Pair;
  readonly byte: number;
  /** By the first byte, of rules. */
  readonly area: string;
}

/** Places in a path: before it, its name, after a slash; after a NUL the target of a link, or a label. */
const START = 0;
const NAME = 1;
const SLASHED = 2;
const TARGET = 3;
const LINKED = 4;
const LABEL = 5;

/** @returns undefined for a path that the kernel never asks about: with two slashes in a row. */
function stepPath(place: number, byte: number): number | undefined {
  if (place === TARGET) return byte === SLASH ? LINKED : LABEL;
  if (place > TARGET) return place;
  if (byte === 0) return TARGET;
  if (byte !== SLASH) return NAME;
  return place === SLASHED ? undefined : SLASHED;
}

/** Places in a rule of another class: before its class, after it, after that of a label; then in the parts of a key. */
const CLASS = 1;
const LABELLED = 2;
const KEY = 3;
const MOUNT = 7;
/** What labels of peers must match stands under a class of its own, then that of the rule. */
const LABEL_CLASS = 16;
/** Of mounts: the mount point, the source, the type, the flags, the data. */
const MOUNT_POINT = 10;
/** Before the mount point, which is never empty: nothing is asked of that state. */
const NO_MOUNT_POINT = MOUNT_POINT - 1;
const MOUNT_FLAGS = 13;
const MOST_FLAGS = 32;
/**
 * The bits that the kernel asks for at each of them (security/apparmor/mount.c; include/mount.h): of a mount point that
 * it may be unmounted, of the second path that it may be the old root, and of flags and data that they may be mounted.
 */
const ASKED_OF_MOUNTS: readonly number[] = [0x4, 0x1, 0, 0x42, 0x42];

/** @returns undefined for a mount that the kernel never asks about: mount points are paths, flags are up to 32. */
function stepRule(place: number, byte: number): number | undefined {
  if (place === START) {
    if (byte === MOUNT) return NO_MOUNT_POINT;
    return byte === LABEL_CLASS ? LABELLED : CLASS;
  }
  if (place === NO_MOUNT_POINT) return byte === SLASH ? MOUNT_POINT : undefined;
  if (place === MOUNT_FLAGS && byte > MOST_FLAGS) return undefined;
  if (place >= MOUNT_POINT) return byte === 0 ? place + 1 : place;
  return place === LABELLED ? CLASS : KEY;
}

/** Breadth first, so that the first difference of each kind is the shortest. */
function walk(one: CompiledAutomaton, other: CompiledAutomaton, kind: CompiledAutomaton['kind'], add: Add): void {
  const start: Pair = { x: one.start, y: other.start, place: START, byte: -1, area: areaOfWalk(kind) };
  const seen = new Set([keyOf(start)]);
  let row: readonly Pair[] = [start];
  while (row.length > 0) {
    const nextRow: Pair[] = [];
    for (const pair of row) {
      if (pair.place !== START && pair.place !== NO_MOUNT_POINT) comparePair(one, other, pair, add);
      for (const next of stepsOf(one, other, pair, kind)) {
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        nextRow.push(next);
      }
    }
    if (seen.size > MAX_PAIRS) {
      add({ area: 'policy', kind: 'more', what: 'the automata are too large to compare' });
      return;
    }
    row = nextRow;
  }
}

function areaOfWalk(kind: CompiledAutomaton['kind']): string {
  if (kind === 'attachment') return kind;
  return kind === 'files' ? 'file' : 'policy';
}

/** A text for a pair that is the same for all strings which lead there. */
function keyOf({ x, y, place, area }: Pair): string {
  return `${x} ${y} ${place} ${area}`;
}

function* stepsOf(
  one: CompiledAutomaton,
  other: CompiledAutomaton,
  from: Pair,
  kind: CompiledAutomaton['kind'],
): Iterable<Pair> {
  for (let byte = 0; byte < 256; byte += 1) {
    const place = kind === 'rules' ? stepRule(from.place, byte) : stepPath(from.place, byte);
    if (place === undefined) continue;
    const x = one.next(from.x, byte);
    const y = other.next(from.y, byte);
    if (x === 0 && y === 0) continue;
    yield { x, y, place, from, byte, area: kind === 'rules' ? areaAfter(from, byte) : from.area };
  }
}

function areaAfter({ byte: before, area }: Pair, byte: number): string {
  if (before < 0) return byte === LABEL_CLASS ? 'label' : (CLASSES[byte] ?? 'policy');
  return area === 'label' ? (CLASSES[byte] ?? 'policy') : area;
}

/** The state from which nothing matches allows nothing. */
const NOTHING: StatePermissions = { allow: 0, logging: '0 0 0', execution: '0', inherits: false, further: '' };

function comparePair(one: CompiledAutomaton, other: CompiledAutomaton, pair: Pair, add: Add): void {
  const isBeginning = one.kind === 'rules' && (pair.place === CLASS || pair.place === LABELLED);
  const before = one.permissions(pair.x);
  const after = other.permissions(pair.y);
  for (let who = 0; who < Math.max(before.length, after.length); who += 1) {
    const was = before[who] ?? NOTHING;
    const is = after[who] ?? NOTHING;
    const addKind = (kind: Kind): void => {
      add({ area: pair.area, kind, what: spell(pair) });
    };
    addBits(leewayOf(was, one, pair), leewayOf(is, other, pair), addKind);
    const isSame = was.logging === is.logging && was.execution === is.execution && was.further === is.further;
    // what a class begins with says only whether it is mediated
    if (!isSame && !isBeginning) addKind('other');
  }
}

/** The bit of a class that the policy mediates, which is no permission (the parser's AA_VALID_PERM). */
const MEDIATED = 0x8000;

/**
 * The bits that allow something which the kernel asks about. That a link must not have more permissions than its target
 * is the one bit that allows less.
 */
function leewayOf({ allow }: StatePermissions, { kind, bits }: CompiledAutomaton, { place }: Pair): number {
  if (kind === 'rules' && place >= MOUNT_POINT) return allow & (ASKED_OF_MOUNTS[place - MOUNT_POINT] ?? 0);
  if (kind === 'rules') return place <= LABELLED ? allow & ~MEDIATED : allow;
  if (place < TARGET) return allow & ~bits.implied;
  const isLink = place === LINKED && (allow & bits.link) !== 0;
  return (allow & bits.onexec) | (isLink ? bits.link | (~allow & bits.subset) : 0);
}

/** The bytes on the way to a pair; those that cannot be printed as `\x00`. */
function spell(last: Pair): string {
  const bytes: number[] = [];
  for (let pair: Pair | undefined = last; pair !== undefined && pair.byte >= 0; pair = pair.from)
    bytes.unshift(pair.byte);
  return bytes
    .map((byte) =>
      byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
