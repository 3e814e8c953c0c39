/** Families of sockets that the kernel does not have: each attempt on one makes it look for a module. */
import type { Observation, Probe } from '#core/model/model.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';

/** What the kernel answers where it has no such family, whatever the type (net/socket.c, __sock_create). */
const NO_FAMILY = 'EAFNOSUPPORT';

/**
 * Asks the control for one socket of each family.
 * @returns the same answer for every attempt on a family that is not there, by the id of the attempt.
 */
export async function missingFamilies(
  attempts: readonly Probe[],
  control: Pick<ProbeTarget, 'attempt'> | undefined,
): Promise<ReadonlyMap<string, Observation>> {
  const seen = new Map<string, Observation>();
  if (control === undefined) return seen;

  const sockets = attempts.filter(isSocket);
  for (const first of sockets.filter((probe, i) => i === sockets.findIndex((other) => isOfFamily(probe, other)))) {
    const observation = await control.attempt(first);
    if (observation.errno !== NO_FAMILY) continue;
    for (const { id } of sockets.filter((other) => isOfFamily(first, other))) seen.set(id, observation);
  }
  return seen;
}

function isSocket({ action }: Probe): boolean {
  return action.kind === 'operation' && action.name === 'socket';
}

function isOfFamily({ action: one }: Probe, { action: other }: Probe): boolean {
  return one.kind === 'operation' && other.kind === 'operation' && one.args[0] === other.args[0];
}
