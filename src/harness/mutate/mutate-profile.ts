/** The story of a mutation run: the spec is green, each mutant replaces the policy under the container, and the first red probe ends it. */
import { createHash } from 'node:crypto';
import { HarnessError } from '#core/model/errors.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { Plan, Probe } from '#core/model/model.ts';
import { judgeMutant } from './judge-mutant.ts';
import type { MutantResult, MutationReport } from '#core/mutation/results.ts';
import { compiledDifference, type CompiledDifference } from '#core/profile/binary/compiled-difference.ts';
import { changeText, mutantsOf, mutatedText, type Mutant } from '#core/mutation/rule-mutants.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import {
  withHostSession,
  runId,
  SessionReport,
  type Session,
  type SessionEvents,
  type SessionOptions,
} from '../session/session.ts';
import { grepPattern } from '../session/grep-pattern.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { leavesTraces, removes } from '#core/spec/operation-effects.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { PreparationFailed } from '../suite/prepare-suite.ts';
import { suggestProbes } from './suggest-probes.ts';
import { LivePolicy } from './live-policy.ts';

export interface MutateOptions extends SessionOptions {
  readonly spec: string;
  readonly profile?: string;
  readonly image?: string;
  /** Also change rules of included files. */
  readonly included: boolean;
  /** Only mutants whose line and change match. */
  readonly grep?: string;
  readonly minScore?: number;
}

interface MutateEvents extends SessionEvents {
  result(result: MutantResult, number: number, of: number): void;
}

/** How many mutants are compiled before their turn, and at once. */
const AHEAD = 8;

export async function mutateProfile(options: MutateOptions, events: MutateEvents): Promise<MutationReport> {
  const started = new Date();
  const run = runId();
  const plan = planOf(options, run);
  const pattern = grepPattern(options.grep);
  const report = new SessionReport(events);
  const draft: Draft = { results: [], notes: [], restarts: 0, mutantsMs: 0 };
  const note = (thrown: unknown): void => {
    report.note(thrown);
  };
  try {
    await withHostSession({ run, options, events, reporter: report }, (session) =>
      work(plan, { ...options, pattern }, session, draft, note),
    );
  } catch (thrown) {
    if (thrown instanceof PreparationFailed) thrown.closeErrors.forEach(note);
    note(thrown);
  }
  return {
    schema: 1,
    tool: toolVersion(),
    run,
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    ...(report.facts === undefined ? {} : { host: report.facts }),
    spec: plan.file,
    title: plan.title,
    ...(plan.profile.from === 'file' ? { profileFile: plan.profile.file } : {}),
    probes: plan.probes.length,
    options: {
      included: options.included,
      ...(options.grep === undefined ? {} : { grep: options.grep }),
      ...(options.minScore === undefined ? {} : { minScore: options.minScore }),
    },
    ...draft,
    faults: report.faults,
  };
}

/** What becomes known of a mutation run step by step. */
interface Draft {
  results: MutantResult[];
  notes: string[];
  restarts: number;
  mutantsMs: number;
}

/** The plan of the spec, with its profile as text. @throws HarnessError `no-profile-text` */
function planOf({ spec, profile, image }: MutateOptions, run: string): Plan {
  const [plan] = loadPlans([spec], {
    nonce: run.slice(0, 5),
    ...(profile === undefined ? {} : { profile }),
    ...(image === undefined ? {} : { image }),
  });
  if (plan === undefined) throw new HarnessError('no-probes', 'There is no spec.');
  const file = profileFileOf(plan.profile);
  if (file === undefined)
    throw new HarnessError(
      'no-profile-text',
      `${spec} tests ${plan.profile.from === 'engine' ? plan.profile.name : ''} as the engine loads it.`,
    );
  const { mode } = plan.profile;
  return {
    ...plan,
    profile: { from: 'file', file, mode, ...(plan.profile.name === undefined ? {} : { name: plan.profile.name }) },
  };
}

async function work(
  plan: Plan,
  options: MutateOptions & { readonly pattern: RegExp | undefined },
  session: Session<MutateEvents>,
  draft: Draft,
  note: (thrown: unknown) => void,
): Promise<void> {
  const { events } = session;
  const text = profileText(plan.profile.from === 'file' ? plan.profile.file : '');
  const mutants = mutantsOf(text, { included: options.included }).filter(
    (mutant) => options.pattern?.test(`line ${mutant.line}: ${changeText(mutant)}`) ?? true,
  );
  const bench = await LivePolicy.open(plan, session);
  try {
    const baseline = await bench.tryPlan();
    const usable = baseline.filter(({ verdict }) => verdict.kind === 'pass').map(({ probe }) => probe);
    events.progress(`${plan.title}: all ${usable.length} probes pass; now ${mutants.length} mutants`);
    const covering = await bench.covering(baseline);
    const began = performance.now();
    try {
      await judgeAll({ bench, text, mutants, probes: usable, covering, plan, session, draft, signal: options.signal });
      draft.notes.push(...unused(plan, mutantsOf(text, { included: true })));
    } finally {
      draft.mutantsMs = Math.round(performance.now() - began);
      for (const mutant of mutants.slice(draft.results.length))
        draft.results.push({ ...told(mutant), state: 'untried', reason: 'The run ended before.', ms: 0 });
    }
    const survivors = mutants.filter(({ id }) =>
      draft.results.some((one) => one.id === id && one.state === 'survived'),
    );
    const suggested = await suggestProbes(survivors, { text, plan, bench, session, signal: options.signal }, () => {
      draft.restarts += 1;
    });
    draft.notes.push(...suggested.notes);
    draft.results = draft.results.map((one) => {
      const probe = suggested.probes.get(one.sameAs ?? one.id);
      return probe === undefined || one.state !== 'survived' ? one : { ...one, probe };
    });
    // a container that a mutant left spoilt would have made later kills worthless
    const after = await bench.firstRed(usable.filter((probe) => !removes(probe.action)));
    if (after !== undefined)
      throw new HarnessError(
        'spec-not-green',
        `After the mutants, with the profile unchanged, ${after.red.probe.name} no longer passes: ${after.red.verdict.reason}`,
      );
    events.progress('with the profile unchanged, all probes pass as before');
  } finally {
    await bench.close(note);
  }
}

interface Work {
  readonly bench: LivePolicy;
  readonly text: ProfileText;
  readonly mutants: readonly Mutant[];
  readonly probes: readonly Probe[];
  /** Ids of probes by the id of the rule that they exercise. */
  readonly covering: ReadonlyMap<string, readonly string[]>;
  readonly plan: Plan;
  readonly session: Session<MutateEvents>;
  readonly draft: Draft;
  readonly signal: AbortSignal;
}

async function judgeAll({
  bench,
  text,
  mutants,
  probes,
  covering,
  plan: { untestable },
  session: { events },
  draft,
  signal,
}: Work): Promise<void> {
  const compiled = ahead(mutants, (mutant) => bench.compile(mutatedText(text, mutant)));
  const byPolicy = new Map<string, MutantResult>();
  /** Probes that killed mutants of a rule: they are tried first on the next of it. */
  const killers = new Map<string, Probe[]>();
  for (const mutant of mutants) {
    if (isAborted(signal)) throw new HarnessError('interrupted', 'The run was interrupted.');
    const started = performance.now();
    const policy = await compiled(mutant);
    if (isAborted(signal)) throw new HarnessError('interrupted', 'The run was interrupted.'); // it may have ended the parser
    const hash = Buffer.isBuffer(policy) ? createHash('sha256').update(policy).digest('hex') : '';
    const twin = byPolicy.get(hash);
    const found = await resultOf();
    const result: MutantResult = { ...told(mutant), ...found, ms: Math.round(performance.now() - started) };
    if (Buffer.isBuffer(policy) && twin === undefined) byPolicy.set(hash, result);
    draft.results.push(result);
    events.result(result, draft.results.length, mutants.length);

    async function resultOf(): Promise<Pick<MutantResult, 'state' | 'killedBy' | 'reason' | 'sameAs'>> {
      if (!Buffer.isBuffer(policy)) return { state: 'invalid', reason: policy.message };
      if (policy.equals(bench.original))
        return { state: 'equivalent', reason: 'It compiles to the same policy, byte for byte.' };
      if (twin !== undefined)
        return {
          state: twin.state,
          sameAs: twin.id,
          ...(twin.killedBy === undefined ? {} : { killedBy: twin.killedBy }),
          ...(twin.reason === undefined ? {} : { reason: twin.reason }),
        };
      const difference = compiledDifference(bench.original, policy);
      if (difference === undefined) return { state: 'equivalent', reason: ALIKE };
      const key = mutant.rule ?? mutant.id;
      const first =
        killers.get(key) ??
        probes
          .filter(({ id }) => covering.get(key)?.includes(id) === true)
          .sort((a, b) => Number(leavesTraces(a.action)) - Number(leavesTraces(b.action)));
      const judgement = await judgeMutant(bench, policy, inOrder(probes, first), () => {
        draft.restarts += 1;
      });
      if (judgement.state === 'survived') {
        const declared = untestable.find(({ rule, becomes }) => rule === mutant.before && becomes === mutant.after);
        return declared === undefined
          ? { state: 'survived', reason: exampleText(difference) }
          : { state: 'untestable', reason: declared.because };
      }
      if (judgement.state === 'undecided') return judgement;
      killers.set(key, [judgement.probe, ...first.filter((probe) => probe !== judgement.probe)]);
      return { state: 'killed', killedBy: judgement.probe.name, reason: judgement.reason };
    }
  }
}

const ALIKE =
  'No access is decided otherwise: walked together, the automata of both policies answer alike everywhere. Only how loudly is denied may differ, and a run makes every denial speak.';

/** The shortest access that tells the policies apart. */
function exampleText({ kind, what }: CompiledDifference): string {
  return kind === 'path'
    ? `For example, ${what} is decided otherwise.`
    : kind === 'form'
      ? `The compiled policies differ: ${what}.`
      : `Another ${kind} is decided otherwise: ${what}.`;
}

/** What the spec says of mutants that there are not: the profile has changed since. */
function unused({ untestable }: Plan, mutants: readonly Mutant[]): string[] {
  return untestable
    .filter(({ rule, becomes }) => !mutants.some(({ before, after }) => before === rule && after === becomes))
    .map(({ rule, becomes }) => `The spec calls \`${rule}\` → \`${becomes}\` untestable, but there is no such mutant.`);
}

/** First the likeliest; then what costs least: operations, which share a round, then commands, then the service. */
function inOrder(probes: readonly Probe[], first: readonly Probe[]): Probe[] {
  const cost = (probe: Probe): number =>
    first.includes(probe)
      ? first.indexOf(probe) - first.length
      : !leavesTraces(probe.action)
        ? 0
        : probe.action.kind === 'operation'
          ? 1
          : probe.action.kind === 'http'
            ? 3
            : 2;
  return [...probes].sort((a, b) => cost(a) - cost(b));
}

/** Compiles in the background, a few mutants before their turn. */
function ahead(
  mutants: readonly Mutant[],
  compile: (mutant: Mutant) => Promise<Buffer>,
): (mutant: Mutant) => Promise<Buffer | HarnessError> {
  const under = new Map<Mutant, Promise<Buffer | HarnessError>>();
  let chain: Promise<unknown> = Promise.resolve();
  const begin = (mutant: Mutant): void => {
    if (under.has(mutant)) return;
    // one at a time: the other processor has the container and the kernel
    const work = chain.then(() => compile(mutant)).catch((thrown: unknown) => invalid(thrown));
    chain = work.catch(() => undefined);
    work.catch(() => undefined); // whoever takes it hears of it
    under.set(mutant, work);
  };
  return (mutant) => {
    const at = mutants.indexOf(mutant);
    for (const next of mutants.slice(at, at + AHEAD)) begin(next);
    const work = under.get(mutant);
    under.delete(mutant);
    return work ?? Promise.reject(new HarnessError('internal', 'The mutant was not compiled.'));
  };
}

/** A text that the parser rejects is a result; all else is a failure. */
function invalid(thrown: unknown): HarnessError {
  if (
    !(thrown instanceof HarnessError) ||
    (thrown.code !== 'profile-invalid' && thrown.code !== 'profile-not-isolated')
  )
    throw thrown;
  return new HarnessError(thrown.code, thrown.details[0] ?? thrown.message);
}

/** As a function: what it was before an await says nothing of after. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function told({
  id,
  kind,
  file,
  line,
  before,
  after,
}: Mutant): Pick<MutantResult, 'id' | 'kind' | 'file' | 'line' | 'before' | 'after'> {
  return { id, kind, file, line, before, after };
}
