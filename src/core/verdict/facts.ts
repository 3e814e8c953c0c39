/** Everything that is known of a probe when it is judged, and what its records show. Pure. */
import { withWrittenNames } from '../audit/written-names.ts';
import type { Names } from '../model/labels.ts';
import type { AuditRecord, ContainerSpec, Observation, Probe, RecordMatch, Ruling, Witness } from '../model/model.ts';
import { matchRecord } from './match.ts';
import { isCommand } from './outcome.ts';
import { isTelling } from './telling.ts';

export interface Facts {
  readonly probe: Probe;
  readonly observation: Observation;
  /** What the same probe did in the control container; undefined without one. */
  readonly control?: Observation;
  readonly witnesses: readonly Witness[];
  /** Names under which the run loaded profiles; absent where it loaded none. */
  readonly names?: Names;
  /** Records of a second attempt under `noquiet`, where the first one was denied without a record. */
  readonly evidence?: readonly Witness[];
  /** What the containers were made of: it tells which other layers were on. */
  readonly container?: ContainerSpec;
  /** What an earlier probe left in one of the containers alone. */
  readonly leftover?: Leftover;
  /** A path of the operation that leads to another file in the control. */
  readonly elsewhere?: Elsewhere;
  /** The kernel's own answer about the loaded policy, where one file rule decides. */
  readonly ruling?: Ruling;
  /** {@link recordKey} of what other processes were refused at other times: it shows nothing of this probe. */
  readonly background?: ReadonlySet<string>;
  /** The kernel's audit mode has it record every denial, also by explicit deny rules. */
  readonly isRecorded?: boolean;
  /** Why records of this probe may be missing; undefined when nothing was lost. */
  readonly loss?: string;
}

/** A difference between the two containers that an earlier probe made. */
export interface Leftover {
  /** A path, or words. */
  readonly what: string;
  /** Name of the probe. */
  readonly by: string;
}

/** @returns the first condition of `audit` that a record does not meet; undefined when it meets all. */
export function unmetBy(audit: RecordMatch, record: AuditRecord, { names }: Pick<Facts, 'names'>): string | undefined {
  return matchRecord(audit, names === undefined ? record : withWrittenNames(record, names));
}

/** Where a path leads in the two containers. */
export interface Elsewhere {
  readonly path: string;
  readonly here: string;
  readonly there: string;
}

/** @returns the same for records of the same denial of programs of the same name, whenever that was. */
export function recordKey({ fields }: AuditRecord): string {
  const { comm, operation, name, capname, family, signal } = fields;
  return JSON.stringify([comm, operation, name, capname, family, signal, fields['denied_mask'] ?? fields['denied']]);
}

/** Whether the record is of an access that the profile stopped. */
export function isDenial({ record: { type } }: Witness): boolean {
  return type === 'DENIED' || type === 'KILLED';
}

/** Whether the record is of an access that the profile would have stopped in enforce mode. */
export function isComplaint({ record: { type } }: Witness): boolean {
  return type === 'ALLOWED';
}

/** Whether a record is of what the probe is about: the access itself, or what the spec names in its place. */
export function isOfAccess({ expect }: Probe, { before }: Witness): boolean {
  return before === expect.by;
}

/**
 * The evidence as records of the denials that it stands for. Under `noquiet`, what is denied silently otherwise is let
 * through by complain mode, and ends the process in kill mode: only the type of its record is other than it was.
 */
export function silentDenials(evidence: readonly Witness[] = []): readonly Witness[] {
  return evidence
    .filter((witness) => isDenial(witness) || isComplaint(witness))
    .map((witness) => ({ ...witness, record: { ...witness.record, type: 'DENIED' } }));
}

/**
 * Whether a record tells by itself why the probe ended as it did. One that only fell into the time of a command may
 * belong to another process. And programs are refused much that they can do without, so for a command it has to be the
 * refusal to start it, its death, or the record that the spec names. Otherwise only the control can show the cause.
 */
export function isProof(facts: Facts, { by, record }: Witness): boolean {
  const { probe, observation } = facts;
  if (by === 'window') return false;
  if (!isCommand(probe)) return true;

  const { audit } = probe.expect;
  if (isTelling(audit)) return unmetBy(audit, record, facts) === undefined;
  if (record.type === 'KILLED') return observation.signal === 'SIGKILL';

  const isStart = record.type === 'ALLOWED' && record.fields['operation'] === 'exec';
  return by === 'comm' && (observation.stage === 'exec' || isStart);
}
