/** Processes that are no agents: what AppArmor records of them is no probe's, whatever their threads are called. */
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { Probe } from '#core/model/model.ts';

/** Host process ids that were there at one moment. */
export interface OtherProcesses {
  /** Of the container itself: its service, and what earlier commands left. */
  readonly inside: ReadonlySet<number>;
  /** Of other containers under the same profile. */
  readonly outside: ReadonlySet<number>;
}

/** @param sharedProfiles names that other containers of this host may carry too; none for names of the run's own. */
export async function findOtherProcesses(
  target: Pick<ProbeTarget, 'agentPids' | 'pids' | 'pidsOutside'>,
  sharedProfiles: readonly string[],
): Promise<OtherProcesses> {
  const agents = await target.agentPids();
  return {
    inside: new Set([...target.pids()].filter((pid) => !agents.has(pid))),
    outside: sharedProfiles.length === 0 ? new Set() : target.pidsOutside(sharedProfiles),
  };
}

/**
 * The processes whose records cannot be those of a probe.
 * @param before found before the attempt. @param after found after it.
 */
export function otherPidsOf({ action }: Probe, before: OtherProcesses, after: OtherProcesses): ReadonlySet<number> {
  const outside = [...before.outside, ...after.outside];
  switch (action.kind) {
    case 'http':
      return new Set(outside); // it is the service that answers
    case 'run':
    case 'shell':
      return new Set([...before.inside, ...outside]); // what came later may be the command
    case 'operation':
      return new Set([...before.inside, ...after.inside, ...outside]); // only the agent makes the call
  }
}
