/** The closed classes of a plan, with their attempts: enumerated once the policy is loaded. */
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { asWritten } from '#core/model/labels.ts';
import type { Plan } from '#core/model/model.ts';
import { expandClass, peersOfClasses } from '#core/spec/closed/expand.ts';
import type { Host } from '../session/host.ts';

/** Profiles of the harness itself: barriers, and placeholders of runs. */
const HARNESS = /^apparmor-probe[.-]/;

/** @returns the plan in which each closed class has an attempt for each of its members. */
export function withAttempts(
  plan: Plan,
  { name, written }: LoadedPolicy,
  host: Pick<Host, 'kernelInventory' | 'loadedProfiles'>,
): Plan {
  if (plan.closed.length === 0) return plan;
  const inventory = {
    ...host.kernelInventory(),
    labels: [...host.loadedProfiles().keys()]
      .filter((label) => !HARNESS.test(label))
      .map((label) => asWritten(label, written)),
    profile: name,
    peers: peersOfClasses(plan.peers),
  };
  const options = { newId: newProbeId, user: undefined };
  return { ...plan, closed: plan.closed.map((closed) => expandClass(closed, inventory, options)) };
}
