/** Readies a suite for its probes: the profile loaded, the containers started and proved confined; and puts it away again. */
import type { Container } from '#adapters/container/container.ts';
import { HarnessError } from '#core/model/errors.ts';
import { agentFile } from '#adapters/host/package-files.ts';
import { loadProfile, type LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import type { AuditRecord, Coverage, Entry, Fault, Plan, Probe, Verdict } from '#core/model/model.ts';
import { Trial } from './trial.ts';
import type { Session } from '../session/session.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { skippedForEngineVersion } from '#core/verdict/engine-version.ts';
import { isUnmediated } from '#core/spec/operation-effects.ts';
import { startContainers, type SuiteContainers } from './start-containers.ts';

/** How long an interrupted preparation is waited for. */
const PREPARING_MS = 5000;

/** The kernel only answers a bus daemon; no system call of a probe makes it ask. */
const ASKED_BY_A_BUS =
  'A bus daemon asks AppArmor for D-Bus, the kernel does not by itself: try it with a command on a bus that mediates, for example `run: dbus-send …`.';

/** What becomes known of a suite step by step; a fault may end it at any of them. */
export interface Draft {
  policy?: LoadedPolicy;
  imageId?: string;
  stage?: SuiteContainers;
  trial?: Trial;
  /** Settles when preparation has ended, also when nobody waits for it any more. */
  preparing?: Promise<void>;
  /** Found out before the container goes. */
  coverage?: Coverage;
  readonly started: Date;
  readonly early: AuditRecord[];
  readonly entries: Map<string, Entry>;
  readonly faults: Fault[];
  /** What was said of profiles that stand in for labels of peers. */
  readonly standIns: string[];
}

/** A suite of which nothing is known yet. */
export function newDraft(): Draft {
  return { started: new Date(), early: [], entries: new Map(), faults: [], standIns: [] };
}

/** Fills the draft step by step; every container is in the list as soon as it exists. */
export async function prepare(
  plan: Plan,
  number: number,
  context: Session,
  draft: Draft,
  containers: Container[],
  inPlace = false,
): Promise<void> {
  const { run, events, engine, changes, log, barrier } = context;
  events.progress(`${plan.title}: loading the profile`);
  const policy = (draft.policy = await loadProfile(plan.profile, {
    suffix: inPlace ? undefined : `${run}x${number}`,
    changes,
  }));
  for (const warning of policy.warnings) events.progress(`${plan.title}: ${warning}`);
  draft.standIns.push(...(await standIns(plan, policy, changes)));
  for (const line of draft.standIns) events.progress(`${plan.title}: ${line}`);
  const image = await engine.image(plan.container, (line) => {
    events.progress(line);
  });
  draft.imageId = image.id;
  events.progress(
    `${plan.title}: starting ${plan.container.image} under ${policy.name}${plan.control ? `, and its twin ${plan.baseline === undefined ? 'unconfined' : `under ${plan.baseline}`}` : ''}`,
  );
  const stage = (draft.stage = await startContainers({
    plan,
    policy,
    image,
    engine,
    run,
    number,
    agent: agentFile(),
    onContainer: (container) => containers.push(container),
  }));
  const { version } = await engine.facts();
  await barrier.cross();
  const denials = log
    .take()
    .records.filter(({ type, fields }) => type === 'DENIED' && policy.names.includes(fields['profile'] ?? ''));
  draft.early.push(...denials);
  const serviceFault =
    stage.serviceFault === undefined
      ? undefined
      : { ...stage.serviceFault, message: [stage.serviceFault.message, ...denialLines(denials)].join('\n') };
  if (serviceFault !== undefined) {
    draft.faults.push(serviceFault);
    events.fault(serviceFault);
  }
  const notRuled = await unmediatedClasses(
    plan.probes.flatMap(({ action }) => (action.kind === 'operation' ? [action.class] : [])),
  );
  draft.trial = new Trial({
    // denials under the twin's baseline are no probe's
    probes: plan.probes,
    confined: stage.confined,
    ...(stage.control === undefined ? {} : { control: stage.control }),
    log,
    barrier,
    profiles: policy.names.filter((name) => name !== stage.baseline),
    sharedNames: inPlace || policy.written.size === 0,
    container: plan.container,
    decidedInAdvance: (probe) =>
      skippedForEngineVersion(plan, probe, version) ?? foregone(probe, notRuled, serviceFault, denials),
  });
}

/** Peers may carry the label of a program that this host has no profile for: what rules say of the label can be tried all the same. */
async function standIns(plan: Plan, policy: LoadedPolicy, changes: Session['changes']): Promise<string[]> {
  const written = new Set(policy.written.values());
  const lines: string[] = [];
  for (const name of new Set(plan.peers.map(({ profile }) => profile))) {
    if (name === 'unconfined' || !/^[\w.-]+$/.test(name) || written.has(name)) continue;
    // what is executed into a profile must not find one that only stands in
    if (new RegExp(`->\\s*&?"?${name.replaceAll('.', '\\.')}\\b`).test(policy.source ?? '')) continue;
    const { policy: standIn } = await compile(
      '/stand-in',
      `abi <abi/3.0>,\nprofile "${name}" flags=(attach_disconnected,mediate_deleted) {\n  file,\n  capability,\n  network,\n  signal,\n  ptrace,\n}\n`,
    );
    if (
      await changes.share(name, () => {
        replacePolicy(standIn);
      })
    )
      lines.push(`no profile ${name} is loaded here: an open one stands in for it`);
  }
  return lines;
}

/** What can be said of a probe without trying it. */
function foregone(
  probe: Probe,
  notRuled: ReadonlyMap<string, string>,
  serviceFault: Fault | undefined,
  denials: readonly AuditRecord[],
): Verdict | undefined {
  const { action } = probe;
  const unmediated =
    action.kind !== 'operation'
      ? undefined
      : (notRuled.get(action.class) ??
        (isUnmediated(action)
          ? `AppArmor does not mediate ${action.words.join(' ')}: no profile can rule it.`
          : undefined));
  if (unmediated !== undefined) return { kind: 'skipped', code: 'not-mediated', reason: unmediated, notes: [] };
  if (action.kind === 'operation' && action.class === 'dbus')
    return { kind: 'inconclusive', code: 'not-asked', reason: ASKED_BY_A_BUS, notes: [] };
  return serviceFault === undefined || action.kind !== 'http' ? undefined : serviceDown(probe, serviceFault, denials);
}

/** The service does not live under the profile, so what asks it for something has its answer. */
function serviceDown(probe: Probe, fault: Fault, denials: readonly AuditRecord[]): Verdict {
  if (probe.expect.access !== 'allowed')
    return {
      kind: 'inconclusive',
      code: 'service-down',
      reason: 'The service does not run under the profile, so nothing can be asked of it.',
      notes: [],
    };
  const [first] = denialLines(denials);
  const what = first === undefined ? '' : `, after AppArmor ${first}`;
  return {
    kind: 'fail',
    code: 'service-down',
    reason: `The service does not run under the profile: ${fault.message.split('\n')[0]?.replace(/\.$/, '') ?? ''}${what}.`,
    notes: fault.message.split('\n').slice(1),
    hint: fault.hint,
  };
}

/** The first different denials, each as `denied open /etc/x (r)`. */
function denialLines(denials: readonly AuditRecord[]): string[] {
  const lines = denials.map(({ fields }) => {
    const what =
      fields['name'] ?? fields['capname'] ?? [fields['family'], fields['sock_type']].filter(Boolean).join(' ');
    const mask =
      fields['denied_mask'] === undefined || fields['denied_mask'] === fields['operation']
        ? ''
        : ` (${fields['denied_mask']})`;
    return `denied ${fields['operation'] ?? 'an access'} ${what}${mask}`;
  });
  return [...new Set(lines)].slice(0, 5);
}

/** Ends the agents and removes the containers. The profile stays until the host is put back. */
export async function tearDown(
  draft: Draft,
  containers: readonly Container[],
  note: (thrown: unknown) => void,
): Promise<void> {
  // after an interruption a container may still be on its way into the list
  await Promise.race([draft.preparing, sleep(PREPARING_MS)]);
  const { stage, policy } = draft;
  for (const place of [stage?.confined, stage?.control]) await place?.close();
  const results = await Promise.allSettled(
    containers.map((container) =>
      container.remove(() => {
        if (policy?.policySha256 !== undefined) for (const name of policy.names) removeProfile(name); // an engine's own profile is not ours to remove
      }),
    ),
  );
  for (const result of results) if (result.status === 'rejected') note(result.reason);
}

/** Gives up waiting when the run is interrupted; what was begun is removed by its label. */
export function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new HarnessError('interrupted', 'The run was interrupted.'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
