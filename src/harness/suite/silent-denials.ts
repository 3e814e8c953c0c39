/** Which denials without a record are tried a second time, under `noquiet`, to see the record. Pure. */
import { LABEL_CHANGING } from '#core/spec/operation-effects.ts';
import type { Entry, ProfileMode } from '#core/model/model.ts';
import { isComplaint, isDenial } from '#core/verdict/facts.ts';
import { probeOutcome } from '#core/verdict/outcome.ts';

/**
 * A second attempt may get through where complain mode decides. So it is made only where that does no harm: where the
 * control has been let do the same, or where an operation is denied in any case.
 * @param mode of the profile under test.
 */
export function deservesEvidence(
  { probe, observation, control, witnesses, verdict }: Entry,
  mode?: ProfileMode,
): boolean {
  if (observation === undefined || verdict.code === 'records-lost' || probe.action.kind === 'http') return false;
  if (probeOutcome(probe, observation).kind !== 'failed') return false;
  if (witnesses.some((witness) => isDenial(witness) || isComplaint(witness))) return false;

  const controlSucceeded = control !== undefined && probeOutcome(probe, control).kind === 'succeeded';
  return controlSucceeded || isDeniedAnyway(probe, mode);
}

/** Whether the same process under the same profile is denied the same, whatever the audit mode. */
function isDeniedAnyway({ action, from }: Entry['probe'], mode: ProfileMode | undefined): boolean {
  const isOneProcess = action.kind === 'operation' && action.other === undefined && from === undefined;
  return isOneProcess && !LABEL_CHANGING.includes(action.name) && (mode === 'enforce' || mode === 'kill');
}
