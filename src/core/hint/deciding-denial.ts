/** Which of several denials made a probe fail. Pure. */
import type { AuditRecord, Entry, Witness } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { likelyDenial } from '../verdict/decisive-denial.ts';
import { isDenial, silentDenials } from '../verdict/facts.ts';
import { isCommand } from '../verdict/outcome.ts';

/**
 * An operation ends with the denial that it fails by. A program is refused much that it can do without: of its denials
 * it is the one that its verdict rests on, or would.
 * @returns undefined when nothing was denied.
 */
export function decidingDenial(entry: Entry): AuditRecord | undefined {
  const { probe, observation, control } = entry;
  if (!isCommand(probe) || observation === undefined) return lastActive(denialsOf(entry));
  return likelyDenial(defined({ probe, observation, control, witnesses: denyingWitnesses(entry) }))?.record;
}

/** @returns what the probe was denied; of silent denials, what a second attempt showed. */
export function denialsOf(entry: Entry): readonly AuditRecord[] {
  return denyingWitnesses(entry).map(({ record }) => record);
}

function denyingWitnesses({ witnesses, evidence }: Entry): readonly Witness[] {
  const recorded = witnesses.filter(isDenial);
  return recorded.length > 0 ? recorded : silentDenials(evidence?.witnesses);
}

/** Of the two records of a signal or trace, that of who asked. */
function lastActive(denials: readonly AuditRecord[]): AuditRecord | undefined {
  return denials.findLast((record) => !isPassive(record)) ?? denials.at(-1);
}

/** Whether the record is of the other end's profile. */
export function isPassive({ fields }: AuditRecord): boolean {
  return /^(?:receive|readby|tracedby)$/.test(fields['denied_mask'] ?? '');
}
