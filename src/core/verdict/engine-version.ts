/** Promises that an engine's own profile makes only from some version on: an older engine is not asked for them. Pure. */
import type { Plan, Probe, Verdict } from '../model/model.ts';
import { verdict } from '../model/verdicts.ts';

/**
 * @param engine as the engine names itself: `Docker 20.10.24+dfsg1`.
 * @returns the verdict on a probe that this engine is too old for; undefined where it is to be tried, as it always is
 * when the profile under test comes from a file.
 */
export function skippedForEngineVersion(plan: Plan, probe: Probe, engine: string): Verdict | undefined {
  if (plan.profile.from !== 'engine' || probe.since === undefined) return undefined;
  const version = /\d+(?:\.\d+)*/.exec(engine)?.[0];
  if (version === undefined || !older(version, probe.since)) return undefined;
  return verdict('engine-older', { since: probe.since, engine });
}

/** By numbers, part by part. */
function older(version: string, than: string): boolean {
  const [have, want] = [version, than].map((text) => text.split('.').map(Number));
  for (let i = 0; i < (want?.length ?? 0); i += 1) {
    const difference = (have?.[i] ?? 0) - (want?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
