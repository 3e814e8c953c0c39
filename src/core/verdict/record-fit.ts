/** Which records that bear a probe's name are of its access: any process may take a name. Pure. */
import { labelOfRecord, partsOf } from '../audit/attribute.ts';
import { sameLabel } from '../model/labels.ts';
import type { AuditRecord, Observation, Probe, RecordFit } from '../model/model.ts';
import { MOUNT_WORDS, withoutSlash, type ExpectedRecord } from '../spec/operation-records.ts';

/** Who made an attempt, as far as records tell. */
export interface Asker {
  /** Host process id of the agent; undefined where a child of its makes every call, whose number nobody knows. */
  readonly agentPid?: number;
  /** Its user for files, as the host numbers users; undefined where it is not known. */
  readonly fsuid?: string;
  /** Labels of the two ends, without modes; undefined where one of them is a process that is not ours. */
  readonly ends?: readonly string[];
  /** Labels of the processes of the attempt, without modes; undefined where none was read. */
  readonly labels?: readonly string[];
  /** Label of the end that is under test, without its mode; undefined where there is no peer. */
  readonly tested?: string;
}

/** @returns how a record with the probe's name relates to what the probe tried. */
export function fitOf(record: AuditRecord, expected: readonly ExpectedRecord[], asker: Asker): RecordFit {
  const fitting = expected.filter((one) => fits(record, one, asker));
  if (fitting.length === 0) return 'foreign';
  const { by } = fitting.find((one) => one.by === undefined) ?? fitting[0] ?? {};
  return by === undefined ? 'access' : { before: by };
}

/** @returns the labels of the two ends of an attempt; undefined where the other one is not known. */
export function endsOf({ process, other }: Observation, isOtherKnown: boolean): readonly string[] | undefined {
  if (process === undefined || !isOtherKnown) return undefined;
  return [process, other].flatMap((proof) => (proof === undefined ? [] : [withoutMode(proof.label)]));
}

/** @returns the labels of the processes of an attempt, without modes; undefined where none was read. */
export function labelsOf({ process, other }: Observation): readonly string[] | undefined {
  const labels = [process, other].flatMap((proof) => (proof === undefined ? [] : [withoutMode(proof.label)]));
  return labels.length === 0 ? undefined : labels;
}

/** @returns the label of the end under test, without its mode; undefined where the attempt has no peer. */
export function testedEnd({ from }: Pick<Probe, 'from'>, { process, other }: Observation): string | undefined {
  if (other === undefined) return undefined;
  const tested = from === undefined ? process : other;
  return tested && withoutMode(tested.label);
}

/** @returns the label of a process without its mode: `x` of `x (enforce)`. */
export function withoutMode(label: string): string {
  return label.replace(/ \([a-z]+\)$/, '');
}

function fits(record: AuditRecord, expected: ExpectedRecord, asker: Asker): boolean {
  return (
    expected.operations.includes(record.fields['operation'] ?? '') &&
    hasClass(record, expected) &&
    hasNames(record, expected, asker) &&
    hasFields(record, expected) &&
    (expected.isOfSelf !== true || record.fields['peer'] === undefined) &&
    hasMask(record, expected) &&
    hasMountWords(record, expected) &&
    isOfAsker(record, expected, asker)
  );
}

/** Linux before 6.2 prints no class. */
function hasClass({ fields }: AuditRecord, expected: ExpectedRecord): boolean {
  const given = fields['class'];
  return given === undefined || expected.classes.includes(given);
}

function hasNames({ fields }: AuditRecord, { names, byAgent }: ExpectedRecord, { agentPid }: Asker): boolean {
  if (names === undefined) return true;
  const { name, info = '', pid } = fields;
  // what has no way to the root keeps only its end: anybody may hold such a file, so it has to be the agent itself
  if (info.startsWith('Failed name lookup') && byAgent === true && pid === String(agentPid))
    return name === undefined || names.some((one) => one.endsWith(name));
  return name !== undefined && names.some((one) => isSameName(one, withoutSlash(name)));
}

/** The numbers of processes and threads in /proc are those of who asks: they stand for `self`. */
function isSameName(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  return expected.startsWith('/proc/self') && expected === actual.replace(/^\/proc\/\d+(\/task\/\d+)?/, '/proc/self');
}

function hasFields({ fields }: AuditRecord, { fields: conditions = {} }: ExpectedRecord): boolean {
  return Object.entries(conditions).every(([key, values]) => {
    const value = fields[key];
    return value === undefined || values.includes(value) || values.includes(withoutSlash(value));
  });
}

/** A record of more letters than were asked for is of another call. */
function hasMask({ fields }: AuditRecord, { mask }: ExpectedRecord): boolean {
  const asked = fields['requested_mask'] ?? fields['requested'] ?? fields['denied_mask'] ?? fields['denied'];
  if (mask === undefined || asked === undefined) return true;
  if ('letters' in mask) return [...asked].every((letter) => mask.letters.includes(letter));
  const refused = fields['denied_mask'] ?? fields['denied'] ?? asked;
  return refused.split(/[ ,]+/).some((word) => mask.words.includes(word));
}

/** The kernel prints no flags where there are none. */
function hasMountWords({ fields }: AuditRecord, { mountWords }: ExpectedRecord): boolean {
  if (mountWords === undefined) return true;
  const printed = new Set(fields['flags']?.split(', '));
  return MOUNT_WORDS.every((word) => printed.has(word) === mountWords.includes(word));
}

function isOfAsker(record: AuditRecord, expected: ExpectedRecord, asker: Asker): boolean {
  const { fields } = record;
  const { agentPid, fsuid, ends } = asker;
  const isAgent = expected.byAgent !== true || agentPid === undefined || fields['pid'] === String(agentPid);
  const isUser = fsuid === undefined || fields['fsuid'] === undefined || fields['fsuid'] === fsuid;
  const areEnds = expected.isBetweenEnds !== true || isBetween(fields['peer'], ends);
  return isAgent && isUser && areEnds && hasLabel(record, expected, asker) && isOfEnd(record, expected, asker);
}

/** A record is of the profile that decided, and names the other end as its peer. */
function isOfEnd(record: AuditRecord, { end }: ExpectedRecord, { tested }: Asker): boolean {
  if (end === undefined || tested === undefined) return true;
  const known = new Set(partsOf(tested));
  const isTested = partsOf(labelOfRecord(record)).every((part) => part === '' || known.has(part));
  return isTested === (end === 'tested');
}

/** Another process of the container may run under a child of the profile, with rules of its own. */
function hasLabel(record: AuditRecord, expected: ExpectedRecord, { ends, labels }: Asker): boolean {
  const isOtherUnknown = expected.isOfEitherEnd === true || (expected.isBetweenEnds === true && ends === undefined);
  if (labels === undefined || isOtherUnknown) return true;
  const known = new Set(labels.flatMap((label) => partsOf(label)));
  return partsOf(labelOfRecord(record)).every((part) => part === '' || known.has(part));
}

function isBetween(peer: string | undefined, ends: readonly string[] | undefined): boolean {
  return peer === undefined || ends === undefined || ends.some((end) => sameLabel(end, peer));
}
