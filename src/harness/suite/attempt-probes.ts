/** Tries a batch of probes in one container, or in two that must not meet at the same file. */
import type { Pace } from '#adapters/kernel/log/pace.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { Observation, Probe } from '#core/model/model.ts';

/** What probes showed, by their ids. */
export type Observations = ReadonlyMap<string, Observation>;

/**
 * Tries them in order, as one user after the other: an attempt must not meet another at the same file.
 * @param pace of the records that come of them; absent where none do.
 * @throws HarnessError `no-records` when the pace cannot be kept, and nothing is under way any more.
 */
export async function attemptInOrder(
  target: Pick<ProbeTarget, 'attempt'>,
  probes: readonly Probe[],
  pace?: Pick<Pace, 'begin' | 'end'>,
): Promise<Observations> {
  const observations = new Map<string, Observation>();
  const attempt = async (probe: Probe): Promise<void> => {
    observations.set(probe.id, await target.attempt(probe));
    pace?.end(probe.id);
  };
  for (const group of byUser(probes)) {
    const attempts: Promise<void>[] = [];
    try {
      for (const probe of group) {
        await pace?.begin(probe.id);
        attempts.push(attempt(probe));
      }
    } finally {
      await Promise.all(attempts);
    }
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

/** Whether it takes an agent in each of two containers. */
export function hasTwoProcesses({ from, action }: Probe): boolean {
  return from !== undefined || (action.kind === 'operation' && action.other !== undefined);
}

function byUser(probes: readonly Probe[]): Probe[][] {
  const users = new Set(probes.map(({ user }) => user));
  return [...users].map((user) => probes.filter((probe) => probe.user === user));
}
