/** The closed classes of a plan, with their attempts: enumerated once the policy is loaded. */
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { asWritten } from '#core/model/labels.ts';
import type { Plan, Probe } from '#core/model/model.ts';
import { expandClass, peersOfClasses } from '#core/spec/closed/expand.ts';
import type { Inventory } from '#core/spec/closed/member.ts';
import type { Host } from '../session/host.ts';

/** Profiles of the harness itself: barriers, and placeholders of runs. */
const HARNESS = /^apparmor-probe[.-]/;

/** What of a loaded policy the attempts depend on. */
type PolicyNames = Pick<LoadedPolicy, 'name' | 'written'>;

type HostFacts = Pick<Host, 'kernelInventory' | 'loadedProfiles'>;

/**
 * @param run the id of this run: profiles of its other suites may still be loaded, and are no members.
 * @returns the plan in which each closed class has an attempt for each of its members.
 */
export function withAttempts(plan: Plan, policy: PolicyNames, host: HostFacts, run: string): Plan {
  if (plan.closed.length === 0) return plan;
  const labels = asInSpec([...host.loadedProfiles().keys()], policy);
  const inventory = {
    ...inventoryOf(policy, host),
    labels: labels.filter((label) => !HARNESS.test(label) && !label.includes(`.${run}x`)),
    peers: peersOfClasses(plan.peers),
  };
  return { ...plan, closed: plan.closed.map((closed) => expandClass(closed, inventory, OPTIONS)) };
}

/** @returns what closed classes would also try if these profiles were loaded. */
export function attemptsForProfiles(
  classes: Plan['closed'],
  profiles: readonly string[],
  policy: PolicyNames,
  host: HostFacts,
): readonly Probe[] {
  const closed = classes.find(({ class: name }) => name === OF_LABELS);
  if (closed === undefined || profiles.length === 0) return [];
  const inventory = inventoryOf(policy, host);
  const known = new Set(membersOf(expandClass(closed, inventory, OPTIONS)));
  const { attempts } = expandClass(closed, { ...inventory, labels: asInSpec(profiles, policy) }, OPTIONS);
  return attempts.filter((attempt) => !known.has(attempt.closed?.member ?? ''));
}

/** The class whose members are profiles. */
const OF_LABELS = 'change_profile';

const OPTIONS = { newId: newProbeId, user: undefined };

function inventoryOf({ name }: PolicyNames, host: HostFacts): Inventory {
  return { ...host.kernelInventory(), labels: [], profile: name, peers: [] };
}

function asInSpec(labels: readonly string[], { written }: PolicyNames): readonly string[] {
  return labels.map((label) => asWritten(label, written));
}

function membersOf({ attempts }: Plan['closed'][number]): readonly string[] {
  return attempts.map(({ closed }) => closed?.member ?? '');
}
