/**
 * The story of a mutation run: the spec passes, each mutant replaces the policy under the running container, and the
 * first probe that does not pass kills it. Whatever happens, it ends in a report and the host is put back.
 */
import { HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders, ProfileSource } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { OPERATORS, type Operator } from '#core/mutation/operators.ts';
import type { MutationReport } from '#core/mutation/results.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import { grepPattern } from '../session/grep-pattern.ts';
import { runId, SessionReport, withHostSession, type SessionOptions } from '../session/session.ts';
import { PreparationFailed } from '../suite/prepare-suite.ts';
import { MutationRun, type MutateEvents, type MutationPlan } from './mutation-run.ts';

export interface MutateOptions extends SessionOptions {
  readonly spec: string;
  readonly profile?: string;
  readonly image?: string;
  readonly includes?: IncludeFolders;
  /** Also change rules of included files. */
  readonly included: boolean;
  /** A regular expression: only mutants whose line and change match. */
  readonly grep?: string;
  /** Absent: every operator. */
  readonly operators?: readonly Operator[];
  /** Only so many mutants of each operator. */
  readonly sample?: number;
  /** Which they are. Default 1. */
  readonly seed?: number;
  /** The percentage that the mutation score has to reach. */
  readonly minScore?: number;
}

/**
 * Changes the profile of a spec rule by rule, and reports which changes its probes notice.
 * @returns the report; errors of the run are faults in it.
 * @throws HarnessError when the spec cannot be read, its profile has no text, or `--grep` is no pattern
 */
export async function mutateProfile(options: MutateOptions, events: MutateEvents): Promise<MutationReport> {
  const started = new Date();
  const run = runId();
  const plan = planOf(options);
  const report = new SessionReport(events);
  const note = (thrown: unknown): void => {
    report.note(thrown);
  };
  const { included, grep, minScore, operators, sample: most, seed = 1 } = options;
  const mutation = new MutationRun({
    plan,
    included,
    note,
    pattern: grepPattern(grep),
    operators: operators ?? OPERATORS,
    sample: most === undefined ? undefined : { most, seed },
  });
  try {
    await withHostSession({ run, options, events, reporter: report }, (session) => mutation.work(session));
  } catch (thrown) {
    if (thrown instanceof PreparationFailed) thrown.closeErrors.forEach(note);
    note(thrown);
  }
  return defined({
    schema: 1 as const,
    tool: toolVersion(),
    run,
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    host: report.facts,
    spec: plan.file,
    title: plan.title,
    profileFile: plan.profile.file,
    probes: plan.probes.length,
    options: defined({
      included,
      grep,
      minScore,
      operators,
      sample: most,
      seed: most === undefined ? undefined : seed,
    }),
    ...mutation.findings,
    faults: report.faults,
  });
}

/** The plan of the spec, with its profile as text. @throws HarnessError `no-probes`, `no-profile-text` */
function planOf({ spec, profile, image, includes }: MutateOptions): MutationPlan {
  const [plan] = loadPlans([spec], { ...defined({ profile, image, includes }) });
  if (plan === undefined) throw new HarnessError('no-probes', 'There is no spec.');

  const file = profileFileOf(plan.profile);
  if (file === undefined) throw noProfileText(spec, plan.profile);
  if (plan.profile.from === 'file') return { ...plan, profile: plan.profile };

  const { name, mode, includes: folders } = plan.profile;
  return { ...plan, profile: { from: 'file', file, mode, ...defined({ name, includes: folders }) } };
}

function noProfileText(spec: string, { name = 'a profile' }: ProfileSource): HarnessError {
  return new HarnessError('no-profile-text', `${spec} tests ${name}, which the engine loads, without its text.`);
}
