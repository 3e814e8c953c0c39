/** One suite of a run: its profile, its containers, its probes; and all of it put away again. */
import type { Container } from './container/container.ts';
import { HarnessError } from './errors.ts';
import { explainAlias } from './explain.ts';
import { agentFile } from './host/package.ts';
import { notMediated } from './kernel/features.ts';
import { loadProfile, type LoadedPolicy } from './kernel/load.ts';
import { removeProfile } from './kernel/policy.ts';
import type { AuditRecord, Entry, Fault, Plan, Probe, Suite, Verdict } from './model.ts';
import { Trial } from './probe/trial.ts';
import { asFault, type RunContext } from './run.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { layersOf } from './layers.ts';
import { withRuling } from './ruling.ts';
import { setUp, type Stage } from './setup.ts';
import { runSuite } from './suite.ts';

/** How long an interrupted preparation is waited for. */
const PREPARING_MS = 5000;
const BAILED = 'Not tried: the run stops at the first failure (--bail).';

/** What becomes known of a suite step by step; a fault may end it at any of them. */
interface Draft {
  policy?: LoadedPolicy;
  imageId?: string;
  stage?: Stage;
  trial?: Trial;
  /** Settles when preparation has ended, also when nobody waits for it any more. */
  preparing?: Promise<void>;
  readonly started: Date;
  readonly early: AuditRecord[];
  readonly entries: Map<string, Entry>;
  readonly faults: Fault[];
}

export async function runOneSuite(plan: Plan, number: number, context: RunContext): Promise<Suite> {
  const { events, options } = context;
  const draft: Draft = { started: new Date(), early: [], entries: new Map(), faults: [] };
  const containers: Container[] = [];
  const note = (thrown: unknown): void => { const fault = asFault(thrown); draft.faults.push(fault); events.fault(fault); };
  try {
    const preparing = prepare(plan, number, context, draft, containers);
    draft.preparing = preparing.catch(() => undefined);
    await abortable(options.signal, preparing);
    const { stage, trial } = draft;
    if (stage === undefined || trial === undefined) throw new HarnessError('internal', 'The suite was not prepared.');
    events.suite(assemble(plan, draft, []));
    await runSuite(plan.title, plan.probes, async (probe) => {
      const settled = explainAlias(await settle(trial, probe, options.signal), stage.confined.pid, draft.policy?.source ?? '');
      const entry = withRuling(settled, stage.confined.pid, draft.policy?.loadedAs ?? '');
      draft.entries.set(probe.id, entry);
      events.entry(entry);
      return entry;
    }, { bail: options.bail });
    const dead = await deathOf(stage);
    if (dead !== undefined) note(dead);
  } catch (thrown) {
    note(thrown);
  } finally {
    await tearDown(draft, containers, note);
  }
  const why = draft.faults[0];
  const bailed = options.bail && [...draft.entries.values()].some(({ verdict }) => verdict.kind !== 'pass');
  const entries = plan.probes.map((probe) => draft.entries.get(probe.id) ?? (bailed ? untried(probe, 'bail', BAILED, 'skipped')
    : untried(probe, 'not-tried', `Not tried: ${why?.message.split('\n')[0] ?? 'the suite ended early.'}`)));
  return assemble(plan, draft, entries);
}

/** A suite that --bail left out. */
export function leftOut(plan: Plan): Suite {
  const draft: Draft = { started: new Date(), early: [], entries: new Map(), faults: [] };
  return assemble(plan, draft, plan.probes.map((probe) => untried(probe, 'bail', BAILED, 'skipped')));
}

async function prepare(plan: Plan, number: number, context: RunContext, draft: Draft, containers: Container[]): Promise<void> {
  const { run, options, events, engine, changes, log, barrier } = context;
  events.progress(`${plan.title}: loading the profile`);
  const policy = draft.policy = await loadProfile(plan.profile, { suffix: options.inPlace ? undefined : run, changes });
  for (const warning of policy.warnings) events.progress(`${plan.title}: ${warning}`);
  const image = await engine.image(plan.container, (line) => { events.progress(line); });
  draft.imageId = image.id;
  events.progress(`${plan.title}: starting ${plan.container.image} under ${policy.name}${plan.control ? ', and its unconfined twin' : ''}`);
  const stage = draft.stage = await setUp({ plan, policy, image, engine, run, number, agent: agentFile(), onContainer: (container) => containers.push(container) });
  await barrier.cross();
  const denials = log.take().records.filter(({ type, fields }) => type === 'DENIED' && policy.names.includes(fields['profile'] ?? ''));
  draft.early.push(...denials);
  const serviceFault = stage.serviceFault === undefined ? undefined : { ...stage.serviceFault, message: [stage.serviceFault.message, ...denialLines(denials)].join('\n') };
  if (serviceFault !== undefined) { draft.faults.push(serviceFault); events.fault(serviceFault); }
  draft.trial = new Trial({
    probes: plan.probes, confined: stage.confined, ...(stage.control === undefined ? {} : { control: stage.control }),
    log, barrier, profiles: policy.names, container: plan.container,
    foregone: (probe) => foregone(probe, serviceFault, denials),
  });
}

/** What can be said of a probe without trying it. */
function foregone(probe: Probe, serviceFault: Fault | undefined, denials: readonly AuditRecord[]): Verdict | undefined {
  const unmediated = probe.action.kind === 'operation' ? notMediated(probe.action.class) : undefined;
  if (unmediated !== undefined) return { kind: 'skipped', code: 'not-mediated', reason: unmediated, notes: [] };
  return serviceFault === undefined || probe.action.kind !== 'http' ? undefined : serviceDown(probe, serviceFault, denials);
}

/** The service does not live under the profile, so what asks it for something has its answer. */
function serviceDown(probe: Probe, fault: Fault, denials: readonly AuditRecord[]): Verdict {
  if (probe.expect.access !== 'allowed') return { kind: 'inconclusive', code: 'service-down', reason: 'The service does not run under the profile, so nothing can be asked of it.', notes: [] };
  const [first] = denialLines(denials);
  const what = first === undefined ? '' : `, after AppArmor ${first}`;
  return { kind: 'fail', code: 'service-down', reason: `The service does not run under the profile: ${fault.message.split('\n')[0]?.replace(/\.$/, '') ?? ''}${what}.`, notes: fault.message.split('\n').slice(1), hint: fault.hint };
}

/** The first different denials, each as `denied open /etc/x (r)`. */
function denialLines(denials: readonly AuditRecord[]): string[] {
  const lines = denials.map(({ fields }) => {
    const what = fields['name'] ?? fields['capname'] ?? [fields['family'], fields['sock_type']].filter(Boolean).join(' ');
    const mask = fields['denied_mask'] === undefined || fields['denied_mask'] === fields['operation'] ? '' : ` (${fields['denied_mask']})`;
    return `denied ${fields['operation'] ?? 'an access'} ${what}${mask}`;
  });
  return [...new Set(lines)].slice(0, 5);
}

async function settle(trial: Trial, probe: Probe, signal: AbortSignal): Promise<Entry> {
  try {
    return await abortable(signal, trial.settle(probe));
  } catch (thrown) {
    const { code, message } = asFault(thrown);
    return untried(probe, code, message);
  }
}

/** A container that dies while it is probed takes the meaning of later verdicts with it. */
async function deathOf(stage: Stage): Promise<HarnessError | undefined> {
  for (const [role, place] of [['confined', stage.confined], ['control', stage.control]] as const) {
    if (place === undefined) continue;
    const { running, exit } = await place.container.state();
    if (!running) return new HarnessError(role === 'confined' ? 'container-exited' : 'control-failed', `The ${role} container exited with status ${String(exit)} while it was probed.`, { details: (await place.container.logs(10)).split('\n').filter(Boolean) });
  }
  return undefined;
}

async function tearDown(draft: Draft, containers: readonly Container[], note: (thrown: unknown) => void): Promise<void> {
  // after an interruption a container may still be on its way into the list
  await Promise.race([draft.preparing, sleep(PREPARING_MS)]);
  const { stage, policy } = draft;
  for (const place of [stage?.confined, stage?.control]) await place?.close();
  const results = await Promise.allSettled(containers.map((container) => container.remove(() => {
    if (policy?.policySha256 !== undefined) for (const name of policy.names) removeProfile(name); // an engine's own profile is not ours to remove
  })));
  for (const result of results) if (result.status === 'rejected') note(result.reason);
}

function assemble(plan: Plan, draft: Draft, entries: readonly Entry[]): Suite {
  const { policy, stage, trial } = draft;
  return {
    file: plan.file, title: plan.title,
    ...(plan.profile.from === 'file' ? { profileFile: plan.profile.file } : {}),
    image: plan.container.image, ...(draft.imageId === undefined ? {} : { imageId: draft.imageId }),
    startedAt: draft.started.toISOString(), durationMs: Date.now() - draft.started.getTime(),
    ...(policy === undefined ? {} : { confinement: {
      profile: policy.name, loadedAs: policy.loadedAs, mode: policy.mode, labels: stage?.labels ?? [], parserWarnings: policy.warnings,
      ...(policy.sourceSha256 === undefined ? {} : { sourceSha256: policy.sourceSha256 }),
      ...(policy.policySha256 === undefined ? {} : { policySha256: policy.policySha256 }),
      ...(policy.policyMatchesKernel === undefined ? {} : { policyMatchesKernel: policy.policyMatchesKernel }),
    } }),
    layers: layersOf(plan.container), entries, otherRecords: [...draft.early, ...(trial?.others ?? [])], faults: draft.faults,
  };
}

function untried(probe: Probe, code: string, reason: string, kind: Verdict['kind'] = 'inconclusive'): Entry {
  return { probe, verdict: { kind, code, reason, notes: [] }, witnesses: [] };
}

/** Gives up waiting when the run is interrupted; what was begun is removed by its label. */
function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => { reject(new HarnessError('interrupted', 'The run was interrupted.')); };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => { signal.removeEventListener('abort', stop); });
  });
}
