/** Failures that are no answer to the access: AppArmor was not asked about it, or refused for another reason. Pure. */
import type { AuditRecord, Observation, Probe, Witness } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { Facts } from './facts.ts';

/** What follows the words of the spec that have a process ask under no_new_privs (ops_exec.c). */
const NO_NEW_PRIVS = 'no_new_privs';

/** What AppArmor's own denials end with, where a profile states no other errno (`flags=(error=…)`). */
const APPARMOR_ERRNOS: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/**
 * Records of refusals that no rule decides, by their `info` (security/apparmor/domain.c). Each says why it proves
 * nothing of the access that the probe names.
 */
const UNDECIDED: Readonly<Record<string, (probe: Probe) => string | undefined>> = {
  'label not found': () => 'the profile to change to is not loaded, so no rule was asked',
  'profile transition not found': () => 'the exec rule leads to a profile that is not loaded, which says nothing of it',
  'no new privs': ({ action }) =>
    action.kind === 'operation' && action.words.includes(NO_NEW_PRIVS)
      ? undefined
      : 'AppArmor does not change the profile under no_new_privs, whatever the rules say',
};

/** @returns why the record is of no rule's denial of the access, as a clause; undefined where it may be of one. */
export function undecidedReason({ fields }: AuditRecord, probe: Probe): string | undefined {
  const info = fields['info'] ?? '';
  return Object.hasOwn(UNDECIDED, info) ? UNDECIDED[info]?.(probe) : undefined;
}

/** @returns the same facts without records that are of no rule's denial, where the spec expects one. */
export function withoutUndecided(facts: Facts): Facts {
  if (facts.probe.expect.access !== 'denied') return facts;
  const decided = (witnesses: readonly Witness[] | undefined): readonly Witness[] | undefined =>
    witnesses?.filter(({ record }) => undecidedReason(record, facts.probe) === undefined);
  return { ...facts, ...defined({ witnesses: decided(facts.witnesses), evidence: decided(facts.evidence) }) };
}

/** @returns why the first such record proves nothing; undefined where there is none. */
export function undecidedDenial({ probe, witnesses }: Facts): string | undefined {
  return witnesses.map(({ record }) => undecidedReason(record, probe)).find((reason) => reason !== undefined);
}

/**
 * Why an operation that failed without a record was not AppArmor's to answer.
 * @returns a clause; undefined where AppArmor may have denied it in silence.
 */
export function unaskedReason({ action }: Probe, { errno, signal, stoppedAt }: Observation): string | undefined {
  if (action.kind !== 'operation' || errno === undefined || signal !== undefined) return undefined;
  if (stoppedAt !== undefined)
    return `it did not come to the access: without a record, it failed at the step ${stoppedAt} (${errno})`;
  if (APPARMOR_ERRNOS.has(errno)) return undefined;
  return `it failed with ${errno}, which is the kernel's answer and not AppArmor's, and no record shows a denial`;
}
