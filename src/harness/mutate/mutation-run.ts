/** The steps of a mutation run, and what has become known of it when one of them fails. */
import { HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import type { Entry, Plan, Probe } from '#core/model/model.ts';
import { allMutantsOf } from '#core/mutation/all-mutants.ts';
import type { MutantResult, MutationReport } from '#core/mutation/results.ts';
import { changeText, isDeclared, mutatedText, type Mutant } from '#core/mutation/mutant.ts';
import type { MutationWorld } from '#core/mutation/mutation-world.ts';
import type { Operator } from '#core/mutation/operators.ts';
import { sampleOf } from '#core/mutation/sample.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { removes } from '#core/spec/operation-effects.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { abortable } from '../session/abortable.ts';
import type { Session, SessionEvents } from '../session/session.ts';
import { MutantClassifier } from './classify-mutants.ts';
import { CompileAhead } from './compile-ahead.ts';
import type { MutantBench } from './judge-mutant.ts';
import { LivePolicy } from './live-policy.ts';
import { suggestProbes } from './suggest-probes.ts';
import { worldOf } from './world-of-plan.ts';

/** A plan whose profile has a text that can be changed. */
export interface MutationPlan extends Plan {
  readonly profile: Extract<Plan['profile'], { from: 'file' }>;
}

export interface MutateEvents extends SessionEvents {
  /** Called when a mutant is classified. @param number counted from 1 */
  result(result: MutantResult, number: number, of: number): void;
}

interface MutationRunOptions {
  readonly plan: MutationPlan;
  /** Also change rules of included files. */
  readonly included: boolean;
  /** Only mutants whose line and change match. */
  readonly pattern: RegExp | undefined;
  readonly operators: readonly Operator[];
  /** Only so many mutants of each operator, chosen by the seed. */
  readonly sample: { readonly most: number; readonly seed: number } | undefined;
  /** Called with what goes wrong while the container is removed. */
  readonly note: (thrown: unknown) => void;
}

/** What a report has of a mutation run, however it ended. */
type MutationFindings = Pick<MutationReport, 'results' | 'notes' | 'restarts' | 'mutantsMs'>;

/** What is tried, once the spec is known to pass. */
interface MutationSubject {
  readonly session: Session<MutateEvents>;
  readonly livePolicy: LivePolicy;
  readonly text: ProfileText;
  readonly mutants: readonly Mutant[];
  /** How the spec ended under the unchanged profile. */
  readonly entries: readonly Entry[];
  /** Those of the spec's probes that passed. */
  readonly probes: readonly Probe[];
}

/** One mutation run. Its findings can be read at any time. */
export class MutationRun {
  readonly #options: MutationRunOptions;
  #results: MutantResult[] = [];
  #notes: string[] = [];
  #restarts = 0;
  #mutantsMs = 0;
  /** The compiled policies of the survivors, by their ids. */
  readonly #survivors = new Map<string, Buffer>();

  constructor(options: MutationRunOptions) {
    this.#options = options;
  }

  get findings(): MutationFindings {
    return {
      results: this.#results,
      notes: this.#notes,
      restarts: this.#restarts,
      mutantsMs: this.#mutantsMs,
    };
  }

  /** Tries the spec, each mutant, probes for the survivors, and the spec again. @throws HarnessError */
  async work(session: Session<MutateEvents>): Promise<void> {
    const { plan, note } = this.#options;
    const text = profileText(plan.profile.file, plan.profile.includes);
    const livePolicy = await LivePolicy.open(plan, session);
    try {
      const mutants = this.#mutantsOf(text, worldOf(plan, livePolicy.pid));
      const entries = await livePolicy.tryPlan();
      const probes = entries.filter(({ verdict }) => verdict.kind === 'pass').map(({ probe }) => probe);
      session.events.progress(`${plan.title}: all ${probes.length} probes pass; trying ${mutants.length} mutants`);

      const subject: MutationSubject = { session, livePolicy, text, mutants, entries, probes };
      await this.#classifyAll(subject);
      await this.#suggestProbes(subject);
      await checkStillPasses(livePolicy, probes);
      session.events.progress('all probes still pass under the unchanged profile');
    } finally {
      this.#restarts = livePolicy.renewals;
      await livePolicy.close(note);
    }
  }

  #mutantsOf(text: ProfileText, world: MutationWorld): Mutant[] {
    const { included, pattern, operators, sample } = this.#options;
    const all = allMutantsOf(text, { included, world, operators });
    const mutants = pattern === undefined ? all : all.filter((mutant) => pattern.test(lineOf(mutant)));
    return sample === undefined ? mutants : sampleOf(mutants, sample.most, sample.seed);
  }

  async #classifyAll(subject: MutationSubject): Promise<void> {
    const { livePolicy, mutants, entries, probes } = subject;
    const { untestable, open } = this.#options.plan;
    const classifier = new MutantClassifier({
      bench: livePolicy,
      probes,
      entries,
      probesByRule: await livePolicy.probesByRule(entries),
      untestable,
      open,
      attemptsFor: (change) => livePolicy.attemptsFor(change),
    });

    const startedAt = performance.now();
    try {
      await this.#classifyEach(subject, classifier);
      this.#notes.push(...outdatedNotes(untestable, this.#everyMutant(subject)));
    } finally {
      this.#mutantsMs = elapsedSince(startedAt);
      const untried = mutants.slice(this.#results.length);
      this.#results.push(...untried.map(untriedResult));
    }
  }

  async #classifyEach(
    { session, livePolicy, text, mutants }: MutationSubject,
    classifier: MutantClassifier,
  ): Promise<void> {
    const compiler = new CompileAhead(mutants, (mutant) => livePolicy.compile(mutatedText(text, mutant)));
    for (const mutant of mutants) {
      const startedAt = performance.now();
      const compiled = await abortable(session.signal, compiler.take(mutant));
      const classification = await classifier.classify(mutant, compiled);
      if (classification.state === 'survived' && 'policy' in compiled) this.#survivors.set(mutant.id, compiled.policy);
      const result: MutantResult = { ...identityOf(mutant), ...classification, ms: elapsedSince(startedAt) };
      this.#results.push(result);
      session.events.result(result, this.#results.length, mutants.length);
    }
  }

  /** Whatever the options leave out. */
  #everyMutant({ text, livePolicy }: MutationSubject): Mutant[] {
    const world = worldOf(this.#options.plan, livePolicy.pid);
    return allMutantsOf(text, { included: true, world });
  }

  /** Gives each survivor the probe that would kill it, where there is one. */
  async #suggestProbes({ session, livePolicy, text, mutants }: MutationSubject): Promise<void> {
    const survivedIds = new Set(this.#results.filter(({ state }) => state === 'survived').map(({ id }) => id));
    const survivors = mutants.filter(({ id }) => survivedIds.has(id));
    const { plan } = this.#options;
    const suggested = await suggestProbes(survivors, { text, plan, livePolicy, session, policies: this.#survivors });

    this.#notes.push(...suggested.notes);
    this.#results = this.#results.map((result) => {
      const probe = suggested.probes.get(result.sameAs ?? result.id);
      if (result.state !== 'survived') return result;
      const problem = suggested.problems.get(result.sameAs ?? result.id);
      return { ...result, ...defined({ probe, problem: probe === undefined ? problem : undefined }) };
    });
  }
}

/** As `--grep` matches it. */
function lineOf(mutant: Mutant): string {
  return `line ${mutant.line}: ${changeText(mutant)}`;
}

/** Kills in a container that a mutant left spoilt would prove nothing. @throws HarnessError `spec-not-green` */
async function checkStillPasses(bench: MutantBench, probes: readonly Probe[]): Promise<void> {
  const repeatable = probes.filter(({ action }) => !removes(action));
  const failure = await bench.firstFailure(repeatable);
  if (failure === undefined) return;

  const { probe, verdict } = failure.failed;
  throw new HarnessError(
    'spec-not-green',
    `After the mutants, ${probe.name} no longer passes with the unchanged profile: ${verdict.reason}`,
  );
}

/** A note for each mutant that the spec lists and the profile no longer has. */
function outdatedNotes(untestable: Plan['untestable'], mutants: readonly Mutant[]): string[] {
  return untestable
    .filter(({ rule, becomes }) => !mutants.some((mutant) => isDeclared(mutant, rule, becomes)))
    .map(
      ({ rule, becomes }) =>
        `\`untestable\` lists \`${rule}\` → \`${becomes}\`, but the profile has no such mutant any more.`,
    );
}

type MutantIdentity = Pick<MutantResult, 'id' | 'kind' | 'file' | 'line' | 'before' | 'after'>;

function identityOf({ id, kind, file, line, before, after }: Mutant): MutantIdentity {
  return { id, kind, file, line, before, after };
}

function untriedResult(mutant: Mutant): MutantResult {
  return { ...identityOf(mutant), state: 'untried', reason: 'The run ended before its turn.', ms: 0 };
}

/** In whole milliseconds. */
function elapsedSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
