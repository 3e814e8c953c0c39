/** Verdicts without an attempt: on what cannot be tried on this host, and on requests to a service that is down. */
import { isUnmediated } from '#core/spec/operation-effects.ts';
import { skippedForEngineVersion } from '#core/verdict/engine-version.ts';
import type { AuditRecord, Fault, Plan, Probe, Verdict } from '#core/model/model.ts';
import { unloadedLabel } from '#core/verdict/unloaded-label.ts';
import { denialText } from '#core/verdict/denial-text.ts';
import { verdict } from '#core/verdict/verdicts.ts';

/** What is known once the containers run, before any probe is tried. */
export interface Circumstances {
  /** As the engine names itself: `Docker 20.10.24`. */
  readonly engineVersion: string;
  /** AppArmor's classes of rules that have no effect on this host, each with the reason. */
  readonly unmediatedClasses: ReadonlyMap<string, string>;
  /** Names of all profiles that are loaded, those of the spec's own file as their author wrote them. */
  readonly loadedNames: ReadonlySet<string>;
  /** The service does not run under the profile. */
  readonly serviceFault: Fault | undefined;
  /** Denials under the profile while the service started. */
  readonly earlyDenials: readonly AuditRecord[];
}

const NEEDS_A_BUS =
  'D-Bus is checked by the bus daemon, not by the kernel. ' +
  'Test it with a command on a mediated bus, for example `run: dbus-send …`';

/** How many different denials a message quotes. */
const QUOTED_DENIALS = 5;

/** @returns the verdict on a probe that is not to be tried; undefined for all others. */
export function decideInAdvance(plan: Plan, probe: Probe, circumstances: Circumstances): Verdict | undefined {
  const { action } = probe;
  const tooOld = skippedForEngineVersion(plan, probe, circumstances.engineVersion);
  if (tooOld !== undefined) return tooOld;

  const unmediated = unmediatedReason(probe, circumstances.unmediatedClasses);
  if (unmediated !== undefined) return verdict('not-mediated', { why: unmediated });

  if (action.kind === 'operation' && action.class === 'dbus') return verdict('not-asked', { why: NEEDS_A_BUS });

  const unloaded = unloadedLabel(probe, circumstances.loadedNames);
  if (unloaded !== undefined) return verdict('not-asked', { why: unloaded });

  if (action.kind !== 'http' || circumstances.serviceFault === undefined) return undefined;
  return serviceDown(probe, circumstances.serviceFault, circumstances.earlyDenials);
}

function unmediatedReason({ action }: Probe, classes: ReadonlyMap<string, string>): string | undefined {
  if (action.kind !== 'operation') return undefined;
  const reason = classes.get(action.class);
  if (reason !== undefined || !isUnmediated(action)) return reason;
  return `AppArmor does not mediate ${action.words.join(' ')}, so no rule applies to it.`;
}

/** The service does not live under the profile, so that a request to it has its answer. */
function serviceDown(probe: Probe, fault: Fault, denials: readonly AuditRecord[]): Verdict {
  return verdict('service-down', {
    expected: probe.expect.access,
    message: fault.message,
    denial: denialLines(denials)[0],
    advice: fault.hint,
  });
}

/** @returns the first different denials, each as `denied open /etc/x (r)`. */
export function denialLines(denials: readonly AuditRecord[]): string[] {
  return [...new Set(denials.map((denial) => `denied ${denialText(denial)}`))].slice(0, QUOTED_DENIALS);
}
