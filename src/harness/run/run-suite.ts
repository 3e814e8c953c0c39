/** One suite of a run: its profile, its containers, its probes; and all of it put away again. */
import type { Container } from '#adapters/container/container.ts';
import { HarnessError } from '#core/model/errors.ts';
import { measureCoverage } from '../suite/measure-coverage.ts';
import { addSymlinkHint } from './symlink-hint.ts';
import { checkStillLoaded } from '#adapters/kernel/load-profile.ts';
import { layersOf } from '#core/verdict/other-layers.ts';
import type { Entry, Plan, Probe, Suite, Verdict } from '#core/model/model.ts';
import { abortable, newDraft, prepare, tearDown, type Draft } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import type { RunContext } from './run-specs.ts';
import { addKernelRuling } from './kernel-ruling.ts';
import { asFault } from '../session/session.ts';
import type { SuiteContainers } from '../suite/start-containers.ts';
import { runProbesInMocha } from './mocha.ts';

const BAILED = 'Not tried: the run stops at the first failure (--bail).';

export async function runOneSuite(plan: Plan, number: number, context: RunContext): Promise<Suite> {
  const { events, options } = context;
  const draft = newDraft();
  const containers: Container[] = [];
  const note = (thrown: unknown): void => {
    const fault = asFault(thrown);
    draft.faults.push(fault);
    events.fault(fault);
  };
  try {
    const preparing = prepare(plan, number, context, draft, containers, options.inPlace);
    draft.preparing = preparing.catch(() => undefined);
    await abortable(options.signal, preparing);
    const { stage, trial } = draft;
    if (stage === undefined || trial === undefined) throw new HarnessError('internal', 'The suite was not prepared.');
    events.suite(assemble(plan, draft, []));
    await runProbesInMocha(
      plan.title,
      plan.probes,
      async (probe) => {
        const settled = addSymlinkHint(
          await settle(trial, probe, options.signal),
          stage.confined.pid,
          draft.policy?.source ?? '',
        );
        const entry = addKernelRuling(settled, stage.confined.pid, draft.policy?.loadedAs ?? '');
        draft.entries.set(probe.id, entry);
        events.entry(entry);
        return entry;
      },
      { bail: options.bail },
    );
    const dead = await deathOf(stage);
    if (dead !== undefined) note(dead);
    if (draft.policy !== undefined) checkStillLoaded(draft.policy);
  } catch (thrown) {
    note(thrown);
  } finally {
    const { policy, stage } = draft;
    if (policy !== undefined && stage !== undefined && options.withoutCoverage !== true)
      draft.coverage = await measureCoverage(plan.profile, policy, [...draft.entries.values()], stage.confined.pid);
    await tearDown(draft, containers, note);
  }
  const why = draft.faults[0];
  const bailed = options.bail && [...draft.entries.values()].some(({ verdict }) => verdict.kind !== 'pass');
  const entries = plan.probes.map(
    (probe) =>
      draft.entries.get(probe.id) ??
      (bailed
        ? untried(probe, 'bail', BAILED, 'skipped')
        : untried(probe, 'not-tried', `Not tried: ${why?.message.split('\n')[0] ?? 'the suite ended early.'}`)),
  );
  return assemble(plan, draft, entries);
}

/** A suite that --bail left out. */
export function suiteLeftOut(plan: Plan): Suite {
  const draft = newDraft();
  return assemble(
    plan,
    draft,
    plan.probes.map((probe) => untried(probe, 'bail', BAILED, 'skipped')),
  );
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
async function deathOf(stage: SuiteContainers): Promise<HarnessError | undefined> {
  for (const [role, place] of [
    ['confined', stage.confined],
    ['control', stage.control],
  ] as const) {
    if (place === undefined) continue;
    const { running, exit } = await place.container.state();
    if (!running)
      return new HarnessError(
        role === 'confined' ? 'container-exited' : 'control-failed',
        `The ${role} container exited with status ${exit} while it was probed.`,
        { details: (await place.container.logs(10)).split('\n').filter(Boolean) },
      );
  }
  return undefined;
}

function assemble(plan: Plan, draft: Draft, entries: readonly Entry[]): Suite {
  const { policy, stage, trial } = draft;
  return {
    file: plan.file,
    title: plan.title,
    ...(plan.profile.from === 'file' ? { profileFile: plan.profile.file } : {}),
    image: plan.container.image,
    ...(draft.imageId === undefined ? {} : { imageId: draft.imageId }),
    startedAt: draft.started.toISOString(),
    durationMs: Date.now() - draft.started.getTime(),
    ...(policy === undefined
      ? {}
      : {
          confinement: {
            profile: policy.name,
            loadedAs: policy.loadedAs,
            mode: policy.mode,
            labels: stage?.labels ?? [],
            parserWarnings: policy.warnings,
            ...(policy.sourceSha256 === undefined ? {} : { sourceSha256: policy.sourceSha256 }),
            ...(policy.policySha256 === undefined ? {} : { policySha256: policy.policySha256 }),
            ...(policy.policyMatchesKernel === undefined ? {} : { policyMatchesKernel: policy.policyMatchesKernel }),
            ...(policy.kernelHash === undefined ? {} : { kernelHash: policy.kernelHash }),
          },
        }),
    layers: [...layersOf(plan.container), ...draft.standIns],
    entries,
    otherRecords: [...draft.early, ...(trial?.others ?? [])],
    faults: draft.faults,
    ...(draft.coverage === undefined ? {} : { coverage: draft.coverage }),
  };
}

function untried(probe: Probe, code: string, reason: string, kind: Verdict['kind'] = 'inconclusive'): Entry {
  return { probe, verdict: { kind, code, reason, notes: [] }, witnesses: [] };
}
