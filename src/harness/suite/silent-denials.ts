/** Which denials without a record are tried a second time, under `noquiet`, to see the record. Pure. */
import { removes } from '#core/spec/operation-effects.ts';
import type { Entry } from '#core/model/model.ts';
import { isDenial } from '#core/verdict/facts.ts';
import { probeOutcome } from '#core/verdict/outcome.ts';

/**
 * A second attempt may get through where complain mode decides. So it is made only where that does no harm: where the
 * control has been let do the same, or of an operation that has no effect, or undoes it.
 */
export function deservesEvidence({ probe, observation, control, witnesses, verdict }: Entry): boolean {
  if (observation === undefined || verdict.code === 'records-lost' || probe.action.kind === 'http') return false;
  if (probeOutcome(probe, observation).kind !== 'failed' || witnesses.some(isDenial)) return false;

  const isHarmless = probe.action.kind === 'operation' && !removes(probe.action);
  return isHarmless || (control !== undefined && probeOutcome(probe, control).kind === 'succeeded');
}
