/**
 * Which probe a record belongs to.
 *
 * The agent names its thread after the probe before it acts, and the kernel prints that name as comm: exact, and safe
 * while others run. What a command does behind exec carries the command's own name, so it belongs by the process id that
 * was seen before it executed anything, and what its children do by the window that two barriers cut out of the audit serials.
 */
import type { AuditRecord, Witness } from '../model/model.ts';
import type { Window } from './losses.ts';
import { envelopeOf } from './parse-record.ts';

export interface ProbeTrace {
  /** The thread name, carrying a nonce of the run. */
  readonly id: string;
  readonly kind: 'operation' | 'command';
  /** Serials of the barriers before and after a command. */
  readonly window?: Window;
  /** Host pid of a command. */
  readonly pid?: number;
  /** Host pids that belonged to other processes of the container before the window opened. They are never the probe's. */
  readonly foreignPids?: ReadonlySet<number>;
}

export interface Attribution {
  readonly witnesses: Map<string, Witness[]>;
  /** Records that are no probe's. */
  readonly others: AuditRecord[];
}

/** Types that tell of an access. STATUS tells of policy, HINT and ERROR of AppArmor itself. */
const ACCESSES = new Set(['DENIED', 'ALLOWED', 'AUDIT', 'KILLED']);
/** Masks that the target of a signal or trace is asked for: pid and comm are then the sender's, often runc's. */
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
    const found = canWitness(record, names, byId.has(record.fields['comm'] ?? ''))
      ? whose(record, byId, windows)
      : undefined;
    if (found === undefined) others.push(record);
    else witnesses.get(found.id)?.push({ record, by: found.by });
  }
  return { witnesses, others };
}

/** Whether a record is about one of the profiles: its own name, a child or learning profile, or part of a stack. */
export function concerns(record: AuditRecord, profileNames: Iterable<string>): boolean {
  return underProfile(labelOf(record), [...profileNames].map(normal));
}

function whose(
  record: AuditRecord,
  byId: ReadonlyMap<string, ProbeTrace>,
  windows: readonly ProbeTrace[],
): { id: string; by: Witness['by'] } | undefined {
  const named = byId.get(record.fields['comm'] ?? '');
  const pid = Number(record.fields['pid']);
  if (named !== undefined) return named.foreignPids?.has(pid) === true ? undefined : { id: named.id, by: 'comm' };
  // Windows that overlap leave the record to nobody: a guess would be a witness for the wrong probe.
  const open = windows.filter(
    ({ window }) => window !== undefined && record.serial > window.afterSerial && record.serial < window.beforeSerial,
  );
  const [only, another] = open;
  if (only === undefined || another !== undefined || only.foreignPids?.has(pid) === true) return undefined;
  return { id: only.id, by: pid === only.pid ? 'pid' : 'window' };
}

/** `named`: the sender carries the name of a probe, so that it is no noise of the runtime. */
function canWitness(record: AuditRecord, names: readonly string[], named: boolean): boolean {
  if (!ACCESSES.has(record.type) || !underProfile(labelOf(record), names)) return false;
  // CAP_AUDIT_WRITE, which Docker grants by default, is enough to send user-space records: they prove nothing.
  if (envelopeOf(record)?.origin !== 'kernel') return false;
  const masks = (record.fields['requested_mask'] ?? record.fields['denied_mask'] ?? '').split(' ');
  return named || !masks.some((mask) => PASSIVE.has(mask)) || underProfile(record.fields['peer'] ?? '', names);
}

/** The confinement that a record is about. `label=` stands in for `profile=` when it is a stack. */
function labelOf({ fields }: AuditRecord): string {
  const label = fields['profile'] ?? fields['label'] ?? '';
  const namespace = fields['namespace'];
  return namespace === undefined || label.startsWith(':') ? label : `:${namespace}:${label}`;
}

/** Whether a label is one of these profiles, a child of one, or a stack with one in it. */
export function underProfile(label: string, names: readonly string[]): boolean {
  return label
    .split('//&')
    .map(normal)
    .some((part) => names.some((name) => part === name || part.startsWith(`${name}//`)));
}

/** `:ns://name` and `:ns:name` are the same. */
function normal(name: string): string {
  return name.replace(/^(:[^:]+:)\/\//, '$1');
}
