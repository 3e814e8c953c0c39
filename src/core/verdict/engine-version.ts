/** Guarantees that only newer engines give in a profile of their own: an older engine is not tested for them. Pure. */
import type { Plan, Probe, Verdict } from '../model/model.ts';
import { verdict } from './verdicts.ts';

/**
 * @param engine as the engine names itself: `Docker 20.10.24+dfsg1`.
 * @returns the verdict on a probe that this engine is too old for. Undefined where the probe is to be tried: always
 * when the profile under test comes from a file, or when the engine tells no version.
 */
export function skippedForEngineVersion(plan: Plan, probe: Probe, engine: string): Verdict | undefined {
  const { since } = probe;
  const version = /\d+(?:\.\d+)*/.exec(engine)?.[0];

  if (plan.profile.from !== 'engine' || since === undefined || version === undefined) return undefined;
  return isOlder(version, since) ? verdict('engine-older', { since, engine }) : undefined;
}

/** Compares number by number: 9.1 is older than 26, and 26.0.9 than 26.1. */
function isOlder(version: string, than: string): boolean {
  const numbers = version.split('.').map(Number);
  const minimum = than.split('.').map(Number);

  for (const [i, least] of minimum.entries()) {
    const number = numbers[i] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
