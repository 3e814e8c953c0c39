/** Failures that are no answer to the access: AppArmor was not asked about it, or refused for another reason. Pure. */
import type { AuditRecord, Observation, Probe, Witness } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { errnoName } from '../model/linux.ts';
import { denialText } from './denial-text.ts';
import type { Facts } from './facts.ts';

/** What follows the words of the spec that have a process ask under no_new_privs (ops_exec.c). */
const NO_NEW_PRIVS = 'no_new_privs';

const REFUSED_BY_NO_NEW_PRIVS = 'AppArmor does not change the profile under no_new_privs, whatever the rules say';

/** Changes of the own profile, which no_new_privs refuses without a record (aa_change_profile, aa_change_hat). */
const CHANGES: ReadonlySet<string> = new Set(['change_profile', 'stack', 'change_hat']);

/** What AppArmor's own denials end with, where a profile states no other errno (`flags=(error=…)`). */
const APPARMOR_ERRNOS: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** Whether AppArmor answers with it, where a profile states no other. */
export function isAppArmorErrno(errno: string | undefined): boolean {
  return errno !== undefined && APPARMOR_ERRNOS.has(errno);
}

/**
 * Records of refusals that no rule decides, by their `info` (security/apparmor/domain.c). Each says why it proves
 * nothing of the access that the probe names.
 */
const UNDECIDED: Readonly<Record<string, (probe: Probe) => string | undefined>> = {
  'label not found': () => 'the profile to change to is not loaded, so no rule was asked',
  'profile transition not found': () => 'the exec rule leads to a profile that is not loaded, which says nothing of it',
  'no new privs': ({ action }) =>
    action.kind === 'operation' && action.words.includes(NO_NEW_PRIVS) ? undefined : REFUSED_BY_NO_NEW_PRIVS,
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

/** @returns why the refusal proves nothing of the rules; undefined where they may have decided. */
export function undecidedDenial(facts: Facts): string | undefined {
  const { probe, witnesses } = facts;
  const byRecord = witnesses.map(({ record }) => undecidedReason(record, probe)).find((reason) => reason !== undefined);
  return byRecord ?? (isRefusedByNoNewPrivs(facts) ? REFUSED_BY_NO_NEW_PRIVS : undefined);
}

/** Whether the container's no_new_privs refused a change of profile in silence: by then the rules have allowed it. */
export function isRefusedByNoNewPrivs({ probe: { action }, observation, container }: Facts): boolean {
  if (action.kind !== 'operation' || !CHANGES.has(action.name) || action.words.includes(NO_NEW_PRIVS)) return false;
  const isOn = container?.securityOpt.includes('no-new-privileges') === true;
  return isOn && observation.errno === 'EPERM' && observation.stoppedAt === undefined;
}

/**
 * Why an operation that failed without a record was not AppArmor's to answer.
 * @returns a clause; undefined where AppArmor may have denied it in silence.
 */
export function unaskedReason({ action }: Probe, { errno, signal, stoppedAt }: Observation): string | undefined {
  if (action.kind !== 'operation' || errno === undefined || signal !== undefined) return undefined;
  if (stoppedAt !== undefined)
    return `it did not come to the access: without a record, it failed at the step ${stoppedAt} (${errno})`;
  if (isAppArmorErrno(errno)) return undefined;
  return `it failed with ${errno}, which is the kernel's answer and not AppArmor's, and no record shows a denial`;
}

/**
 * Why denials of an operation's access did not make it fail: it ended otherwise than by one. Nobody knows the number of
 * a child of the agent, so somebody else may have been denied the same under its name.
 * @returns a clause; undefined where one of them fits how it ended or is of the agent itself, or where the spec
 * declares the errno: a profile may state another one (`flags=(error=…)`).
 */
export function strangeEnd({ probe, observation }: Facts, denials: readonly Witness[]): string | undefined {
  const { action, expect } = probe;
  const { errno, signal, process } = observation;
  const [first] = denials;
  // what `by` names may be refused with an errno of its own, which decide.ts compares with the control's
  if (action.kind !== 'operation' || expect.by !== undefined || first === undefined) return undefined;
  if (process !== undefined && denials.some(({ record }) => record.fields['pid'] === String(process.pid)))
    return undefined;
  if (signal !== undefined)
    return denials.some(({ record }) => record.type === 'KILLED')
      ? undefined
      : `AppArmor denied ${denialText(first.record)}, but ${signal} ended the attempt`;

  if (errno === undefined || expect.errno === errno || APPARMOR_ERRNOS.has(errno)) return undefined;
  const isStated = denials.some(({ record }) => errnoName(-Number(record.fields['error'] ?? 0)) === errno);
  return isStated
    ? undefined
    : `AppArmor denied ${denialText(first.record)}, but the attempt failed with ${errno}, another answer of the kernel`;
}
