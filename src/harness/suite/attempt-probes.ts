/** Tries a batch of probes in one container, or in two that must not meet at the same file. */
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { Observation, Probe } from '#core/model/model.ts';

/** What probes showed, by their ids. */
export type Observations = ReadonlyMap<string, Observation>;

/** Tries them in order, as one user after the other: an attempt must not meet another at the same file. */
export async function attemptInOrder(
  target: Pick<ProbeTarget, 'attempt'>,
  probes: readonly Probe[],
): Promise<Observations> {
  const observations = new Map<string, Observation>();
  for (const group of byUser(probes)) {
    const attempts = group.map(async (probe) => {
      observations.set(probe.id, await target.attempt(probe));
    });
    await Promise.all(attempts);
  }
  return observations;
}

/**
 * The order in which one agent after the other tries them.
 * @returns nothing where several agents act at a time, so that there is no order.
 */
export function orderOfAttempts(probes: readonly Probe[]): readonly Probe[] {
  return probes.some(hasTwoProcesses) ? [] : byUser(probes).flat();
}

function hasTwoProcesses({ from, action }: Probe): boolean {
  return from !== undefined || (action.kind === 'operation' && action.other !== undefined);
}

function byUser(probes: readonly Probe[]): Probe[][] {
  const users = new Set(probes.map(({ user }) => user));
  return [...users].map((user) => probes.filter((probe) => probe.user === user));
}
