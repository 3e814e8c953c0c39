/**
 * The profiles of a compiled file, each with its automata and what their states mean (security/apparmor:
 * policy_unpack.c unpack_profile and unpack_pdb, policy_compat.c, file.c aa_lookup_condperms). Pure.
 */
import { automatonOf, fieldsOf, type Field } from './compiled-policy.ts';

/** What a state says for those who own a file, and for others; outside of files the two are the same. */
export interface StatePermissions {
  readonly allow: number;
  /** The bits that the kernel records, and those that it keeps quiet. */
  readonly logging: string;
  /** How to execute, with the name of the target in place of its number. */
  readonly execution: string;
  /** What is executed keeps the profile, whatever else is loaded: `ix`. */
  readonly inherits: boolean;
  /** Whatever else a table of permissions says. */
  readonly further: string;
}

/** One automaton of a profile. */
export interface CompiledAutomaton {
  /** `files`, `rules` of all other classes, or `attachment`. */
  readonly kind: 'files' | 'rules' | 'attachment';
  readonly start: number;
  next(state: number, byte: number): number;
  permissions(state: number): readonly StatePermissions[];
  readonly bits: FileBits;
}

/** Bits of file permissions that mean something of their own (include/perms.h; policy_compat.c, map_old_perms). */
interface FileBits {
  readonly link: number;
  /** AA_LINK_SUBSET: a link must not have more permissions than its target. */
  readonly subset: number;
  readonly onexec: number;
  /** AA_MAY_GETATTR, which every state has as soon as there is a file rule. */
  readonly implied: number;
}

/** A profile of a compiled file. */
export interface CompiledProfile {
  readonly name: string;
  /** Its fields without its name and without what its automata are made of, each with the struct that it stands in. */
  readonly fields: readonly { readonly field: Field; readonly owner: string }[];
  readonly automata: readonly CompiledAutomaton[];
}

/** @returns the profiles by their names; undefined where the policy cannot be read. */
export function compiledProfiles(policy: Uint8Array): ReadonlyMap<string, CompiledProfile> | undefined {
  const all = fieldsOf(policy);
  if (all === undefined) return undefined;
  const profiles = new Map<string, CompiledProfile>();
  for (const fields of profileStructs(all)) {
    const profile = readProfile(fields);
    if (profile === undefined) return undefined;
    profiles.set(profile.name, profile);
  }
  return profiles;
}

/** The fields of each struct `profile`, its opening and closing left out. */
function profileStructs(fields: readonly Field[]): readonly (readonly Field[])[] {
  const structs: Field[][] = [];
  let depth = 0;
  for (const field of fields) {
    if (field.kind === 'close') depth -= 1;
    if (depth === 0 && field.kind === 'open' && field.name === 'profile') structs.push([]);
    else if (depth > 0) structs.at(-1)?.push(field);
    if (field.kind === 'open') depth += 1;
  }
  return structs;
}

function readProfile(fields: readonly Field[]): CompiledProfile | undefined {
  const [first] = fields;
  if (first?.kind !== 'text') return undefined;
  const owners = owningStructs(fields);
  const used = new Set<number>([0]);
  const targets = targetsOf(fields, owners, used);

  const automata: CompiledAutomaton[] = [];
  for (const [at, field] of fields.entries()) {
    if (field.kind !== 'blob' || field.name !== 'aadfa') continue;
    const automaton = readAutomaton({ fields, owners, used, targets }, at);
    if (automaton === undefined) return undefined;
    automata.push(automaton);
  }
  const rest = fields.flatMap((field, at) =>
    used.has(at) || isStart(field) ? [] : [{ field, owner: owners[at] ?? '' }],
  );
  return { name: first.value.replace(/\0$/, ''), fields: rest, automata };
}

/** The name of the struct that each field stands in; empty for the profile itself. */
function owningStructs(fields: readonly Field[]): readonly string[] {
  const open: string[] = [];
  return fields.map(({ kind, name }) => {
    if (kind === 'close') open.pop();
    const owner = open.at(-1) ?? '';
    if (kind === 'open') open.push(name === '' ? owner : name);
    return owner;
  });
}

function isStart({ name }: Field): boolean {
  return name === 'start' || name === 'dfa_start';
}

/** The texts of the structs `xtable`: targets of executions, which states name by their index. */
function targetsOf(fields: readonly Field[], owners: readonly string[], used: Set<number>): readonly string[] {
  const targets: string[] = [];
  for (const [at, field] of fields.entries()) {
    if (field.name !== 'xtable' && owners[at] !== 'xtable') continue;
    used.add(at);
    if (field.kind === 'text') targets.push(field.value);
  }
  return targets;
}

interface Parts {
  readonly fields: readonly Field[];
  readonly owners: readonly string[];
  /** Indexes of the fields that automata are made of. */
  readonly used: Set<number>;
  readonly targets: readonly string[];
}

function readAutomaton(parts: Parts, at: number): CompiledAutomaton | undefined {
  const { fields, used, targets } = parts;
  const automaton = automatonOf(fields[at]?.blob ?? new Uint8Array());
  if (automaton === undefined) return undefined;
  used.add(at);
  const kind = kindOf(parts, at);
  const table = tableBefore(parts, at);
  // without flags every state of files has an entry for the owner, and one for others after it
  const always = kind === 'files' && !automaton.hasSecondNumber;
  const acceptedBy = (state: number): Accepted => {
    const { allow, audit } = automaton.accepts(state);
    return { allow, audit: always ? OWNER_FLAG : audit };
  };
  const permissions =
    table === undefined
      ? (state: number) => plainPermissions(automaton.accepts(state), kind, targets)
      : (state: number) => tablePermissions(acceptedBy(state), table, targets);
  return {
    kind,
    start: startOf(fields, at),
    next: (state, byte) => automaton.next(state, byte),
    permissions,
    bits: table === undefined ? PLAIN_BITS : TABLE_BITS,
  };
}

const PLAIN_BITS: FileBits = { link: 0x10, subset: 0x20, onexec: 0x40000000, implied: 0 };
const TABLE_BITS: FileBits = { link: 0x40000, subset: 0x8000, onexec: 0x20000000, implied: 0x200 };

/** The automaton for the attachment stands before the flags. */
function kindOf({ fields, owners }: Parts, at: number): CompiledAutomaton['kind'] {
  if (owners[at] === 'policydb') return 'rules';
  return fields.slice(0, at).some(({ kind, name }) => kind === 'open' && name === 'flags') ? 'files' : 'attachment';
}

/** The start of an automaton follows it in one of the next two fields; in older policy it stands before it. */
function startOf(fields: readonly Field[], at: number): number {
  for (const near of [at + 1, at + 2, at - 1]) {
    const field = fields[near];
    if (field?.kind === 'number' && isStart(field)) return Number(field.value);
  }
  return 1;
}

/** An entry of a table: its numbers, of which the first is reserved. */
type Entry = readonly number[];

/** Places in an entry (policy_unpack.c, unpack_perm). */
const ALLOW = 1;
const DENY = 2;
const AUDIT = 8;
const QUIET = 9;
const XINDEX = 11;

/** The table of permissions in the struct `perms` that ends just before an automaton. */
function tableBefore({ fields, used }: Parts, at: number): readonly Entry[] | undefined {
  // parsers since 4.1.8 write the version of the table between the two
  const end = fields[at - 1]?.name === 'permsv' ? at - 1 : at;
  const isClosed = fields[end - 1]?.kind === 'close';
  const opening = fields.slice(0, at).findLastIndex(({ kind, name }) => kind === 'open' && name === 'perms');
  const blob = fields.slice(0, at).findLastIndex(({ kind }) => kind === 'blob');
  if (!isClosed || opening < 0 || opening < blob) return undefined;

  const table = fields.slice(opening, at);
  for (let place = opening; place < at; place += 1) used.add(place);
  const count = Number(table.find(({ value }) => value.startsWith('array '))?.value.slice('array '.length) ?? 0);
  const numbers = table.filter(({ kind, name }) => kind === 'number' && name === '').map(({ value }) => Number(value));
  const width = numbers.length / Math.max(count, 1);
  return Array.from({ length: count }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}

interface Accepted {
  readonly allow: number;
  readonly audit: number;
}

/** ACCEPT_FLAG_OWNER (include/match.h). */
const OWNER_FLAG = 1;

/** The state names an entry; where the owner's is another, that of others follows it. */
function tablePermissions(
  { allow: index, audit: flags }: Accepted,
  table: readonly Entry[],
  targets: readonly string[],
): readonly StatePermissions[] {
  const hasOwner = (flags & OWNER_FLAG) !== 0;
  const entries = hasOwner ? [table[index], table[index + 1]] : [table[index], table[index]];
  return entries.map((entry = []) => {
    const number = (place: number): number => entry[place] ?? 0;
    const allow = number(ALLOW) & ~number(DENY);
    const further = entry.filter((_, place) => ![ALLOW, DENY, AUDIT, QUIET, XINDEX].includes(place));
    return {
      allow,
      logging: `${number(AUDIT)} ${number(QUIET)} ${number(DENY)}`,
      execution: executionText(number(XINDEX), targets),
      inherits: (number(XINDEX) & X_KINDS) === X_INHERIT,
      further: further.join(' '),
    };
  });
}

/** AA_X_TABLE: the lower bits are an index; other bits say how (include/file.h). */
const X_TABLE = 0x08000000;
const X_INDEX = 0x00ffffff;
/** AA_X_INHERIT alone, of it and AA_X_NAME, AA_X_TABLE, AA_X_UNCONFINED: the others leave the profile first. */
const X_INHERIT = 0x40000000;
const X_KINDS = 0xcc000000 | 0;

function executionText(xindex: number, targets: readonly string[]): string {
  const how = (xindex & ~X_INDEX) >>> 0;
  return (xindex & X_TABLE) === 0 ? `${xindex}` : `${how} ${targets[xindex & X_INDEX] ?? ''}`;
}

const USER_BITS = 0x7f;
const OTHER_SHIFT = 14;
/** change_profile and onexec, which are no matter of owners. */
const CHANGE_BITS = 0xc0000000;

/**
 * The older form: of files 7 bits for the owner, 7 for how to execute, and the same for others; of rules all bits
 * (policy_compat.c).
 */
function plainPermissions(
  { allow, audit }: Accepted,
  kind: CompiledAutomaton['kind'],
  targets: readonly string[],
): readonly StatePermissions[] {
  if (kind !== 'files') return [{ allow, logging: `${audit}`, execution: '', inherits: false, further: '' }];
  return [0, OTHER_SHIFT].map((shift) => {
    const bits = allow >>> shift;
    return {
      allow: (bits & USER_BITS) | (allow & CHANGE_BITS),
      logging: `${(audit >>> shift) & 0x3fff}`,
      execution: plainExecution((bits >>> 7) & USER_BITS, targets),
      inherits: ((bits >>> 7) & PLAIN_KINDS) === PLAIN_INHERIT,
      further: '',
    };
  });
}

/** The first indexes mean other things than a text (policy_compat.c, dfa_map_xindex). */
const FIRST_TEXT = 4;

/** The same of the older form: the index, and the bits for the fallbacks; one bit more is for the environment. */
const PLAIN_INHERIT = 4;
const PLAIN_KINDS = 0x7d;

function plainExecution(bits: number, targets: readonly string[]): string {
  const index = bits >>> 3;
  return index < FIRST_TEXT ? `${bits}` : `${bits & 7} ${targets[index - FIRST_TEXT] ?? ''}`;
}
