/**
 * Which probe a record belongs to.
 *
 * The agent names its thread after the probe before it acts, and the kernel prints that name as comm: this tells probes
 * apart that run at once. Any process may take the name, so a record of an operation also has to fit what the operation
 * asks for (`fitOf`). The refusal to start a command bears the name too. After exec a command carries its own
 * name: its records, and those of its children, have to lie in the window between two barriers. Where such a record
 * also has the process id that the command had before it executed anything, it is known to be the command's own.
 */
import type { AuditRecord, RecordFit, Witness } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { Window } from './losses.ts';
import { envelopeOf } from './parse-record.ts';

export interface ProbeTrace {
  /** The thread name. */
  readonly id: string;
  readonly kind: 'operation' | 'command';
  /** Serials of the barriers before and after a command. */
  readonly window?: Window;
  /** Host pid of a command. */
  readonly pid?: number;
  /** Host pids of other processes, from before the window opened: their records are never the probe's. */
  readonly otherPids?: ReadonlySet<number>;
  /** Labels that the service has, and the command itself has not: what is denied under one may be anybody's. */
  readonly otherLabels?: ReadonlySet<string>;
  /** How a record with the name of an operation relates to it: a name alone can be anybody's. */
  readonly fitOf?: (record: AuditRecord) => RecordFit;
}

export interface Attribution {
  readonly witnesses: Map<string, Witness[]>;
  /** Records that belong to no probe. */
  readonly others: AuditRecord[];
}

/** Types of records about an access. STATUS is about policy, HINT and ERROR are about AppArmor itself. */
const ACCESSES = new Set(['DENIED', 'ALLOWED', 'AUDIT', 'KILLED']);
/** Masks of the target of a signal or trace: pid and comm are then the sender's, often runc's. */
const PASSIVE = new Set(['receive', 'readby', 'tracedby']);

/** `profileNames`: names of the profiles under test as loaded; `:ns:name` for one in a policy namespace. */
export function attribute(
  profileNames: Iterable<string>,
  probes: readonly ProbeTrace[],
  records: readonly AuditRecord[],
): Attribution {
  const names = [...profileNames].map(normal);
  const byId = new Map(probes.map((probe) => [probe.id, probe]));
  const windows = probes.filter((probe) => probe.kind === 'command' && probe.window !== undefined);
  const witnesses = new Map<string, Witness[]>(probes.map((probe) => [probe.id, []]));
  const others: AuditRecord[] = [];
  for (const record of records) {
    const isNamed = byId.has(record.fields['comm'] ?? '');
    const owner = canWitness(record, names, isNamed) ? ownerOf(record, byId, windows) : undefined;
    if (owner === undefined) others.push(record);
    else witnesses.get(owner.id)?.push(defined({ record, by: owner.by, before: owner.before }));
  }
  return { witnesses, others };
}

/** Whether a record is about one of the profiles: its own name, a child or learning profile, or part of a stack. */
export function concerns(record: AuditRecord, profileNames: Iterable<string>): boolean {
  return underProfile(labelOfRecord(record), [...profileNames].map(normal));
}

/** A probe, and what shows that a record is its own. */
interface Owner extends Pick<Witness, 'by' | 'before'> {
  readonly id: string;
}

/** The probe that a record belongs to. */
function ownerOf(
  record: AuditRecord,
  byId: ReadonlyMap<string, ProbeTrace>,
  windows: readonly ProbeTrace[],
): Owner | undefined {
  const named = byId.get(record.fields['comm'] ?? '');
  const pid = Number(record.fields['pid']);
  if (named !== undefined) return isNamesake(named, pid) ? undefined : ownedByName(record, named);
  // Where windows overlap the record is not attributed: a guess would be a witness for the wrong probe.
  const open = windows.filter(
    ({ window }) => window !== undefined && record.serial > window.afterSerial && record.serial < window.beforeSerial,
  );
  const [only, another] = open;
  if (only === undefined || another !== undefined || only.otherPids?.has(pid) === true) return undefined;
  if (pid === only.pid) return { id: only.id, by: 'pid' };
  return only.otherLabels?.has(labelOfRecord(record)) === true ? undefined : { id: only.id, by: 'window' };
}

/** Whether somebody else took the name: a process that is to become a command bears it until it executes something. */
function isNamesake({ kind, pid: own, otherPids }: ProbeTrace, pid: number): boolean {
  return otherPids?.has(pid) === true || (kind === 'command' && own !== undefined && own !== pid);
}

function ownedByName(record: AuditRecord, { id, fitOf }: ProbeTrace): Owner | undefined {
  const fit = fitOf?.(record) ?? 'access';
  if (fit === 'foreign') return undefined;
  return { id, by: 'comm', ...(fit === 'access' ? {} : fit) };
}

/** @param isNamed the sender has the name of a probe, so it is not the container runtime. */
function canWitness(record: AuditRecord, names: readonly string[], isNamed: boolean): boolean {
  if (!ACCESSES.has(record.type) || !underProfile(labelOfRecord(record), names)) return false;
  // CAP_AUDIT_WRITE, which Docker grants by default, is enough to send user-space records: they prove nothing.
  if (envelopeOf(record)?.origin !== 'kernel') return false;
  const masks = (record.fields['requested_mask'] ?? record.fields['denied_mask'] ?? '').split(' ');
  return isNamed || !masks.some((mask) => PASSIVE.has(mask)) || underProfile(record.fields['peer'] ?? '', names);
}

/** The confinement that a record is about. A stack has `label=` instead of `profile=`. */
export function labelOfRecord({ fields }: AuditRecord): string {
  const label = fields['profile'] ?? fields['label'] ?? '';
  const namespace = fields['namespace'];
  return namespace === undefined || label.startsWith(':') ? label : `:${namespace}:${label}`;
}

/** Whether a label is one of these profiles, a child of one, or a stack with one in it. */
export function underProfile(label: string, names: readonly string[]): boolean {
  return partsOf(label).some((part) => names.some((name) => part === name || part.startsWith(`${name}//`)));
}

/** @returns the profiles of a label: one, or those of a stack. */
export function partsOf(label: string): readonly string[] {
  return label.split('//&').map(normal);
}

/** `:ns://name` and `:ns:name` are the same. */
function normal(name: string): string {
  return name.replace(/^(:[^:]+:)\/\//, '$1');
}
