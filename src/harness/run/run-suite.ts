/** One suite of a run: its profile, its containers, its probes; and all of it put away again. */
import { HarnessError, type ErrorCode } from '#core/model/errors.ts';
import type { Role } from '#adapters/container/container-config.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import { layersOf } from '#core/verdict/other-layers.ts';
import type {
  ClosedClass,
  ClosedResult,
  Confinement,
  Coverage,
  Entry,
  Fault,
  Plan,
  Probe,
  Suite,
  Verdict,
} from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { CLOSED_CLASS_NAMES } from '#core/spec/closed/classes.ts';
import { isAnswer, judgedForClass } from '#core/verdict/closed-class.ts';
import { isNotGreen } from '#core/report/summary.ts';
import { verdict, verdictOfError } from '#core/verdict/verdicts.ts';
import { abortable } from '../session/abortable.ts';
import { asFault } from '../session/session.ts';
import { measureCoverage } from '../suite/measure-coverage.ts';
import { PreparationFailed, PreparedSuite, type SuiteFacts } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import { ProfileHints } from './profile-hints.ts';
import { runProbesInMocha } from './mocha.ts';
import { tryClosedClasses } from '../suite/try-closed-classes.ts';
import type { RunContext } from './run-options.ts';

/** How many lines of a container's output a fault quotes. */
const LOG_LINES = 10;

const NOTHING_KNOWN: SuiteFacts = { labels: [], placeholders: [], earlyDenials: [] };

/**
 * Runs the probes of one spec.
 * @param number distinguishes the suites of one run.
 * @returns the suite with an entry for every probe of the plan, whatever happened.
 */
export async function runOneSuite(plan: Plan, number: number, context: RunContext): Promise<Suite> {
  const run = new SuiteRun(plan, context);
  try {
    const suite = await PreparedSuite.prepare(plan, context, { number, inPlace: context.options.inPlace });
    await run.probe(suite);
  } catch (thrown) {
    run.fail(thrown);
  }
  return run.suite(run.entries());
}

/** @returns a suite that --bail left out, with every probe skipped. */
export function suiteLeftOut(plan: Plan): Suite {
  const entries = plan.probes.map((probe) => withoutAttempt(probe, verdict('bail')));
  const closed = plan.closed.map((one) => untriedClass(one, 'the run stops at the first failure (--bail)'));
  return assembleSuite(plan, NOTHING_KNOWN, { started: new Date(), entries, closed, otherRecords: [], faults: [] });
}

/** What becomes known of a suite while it runs. */
class SuiteRun {
  readonly #plan: Plan;
  readonly #context: RunContext;
  readonly #started = new Date();
  readonly #entries = new Map<string, Entry>();
  readonly #faults: Fault[] = [];
  #facts: SuiteFacts = NOTHING_KNOWN;
  readonly #trials: Trial[] = [];
  readonly #closed = new Map<string, ClosedResult>();
  #hints: ProfileHints | undefined;
  #coverage: Coverage | undefined;

  constructor(plan: Plan, context: RunContext) {
    this.#plan = plan;
    this.#context = context;
  }

  /** Tries every probe, measures what they exercised, and closes the suite. */
  async probe(suite: PreparedSuite): Promise<void> {
    const { title, probes, profile } = this.#plan;
    const { events, host, options } = this.#context;
    this.#learn(suite.facts);
    const trial = suite.trialOfPlan();
    this.#trials.push(trial);
    try {
      events.suite(this.suite([]));
      await runProbesInMocha(title, probes, (probe) => this.#settle(suite, trial, probe), { bail: options.bail });
      if (!this.#hasBailed) await this.#tryClosed(suite);
      const exited = await exitDuringProbes(suite);
      if (exited !== undefined) this.#note(exited);
      for (const breach of await suite.breaches()) this.#note(breach);
      const policyChanges = this.#trials.flatMap((one) => one.policyChanges);
      if (policyChanges.length > 0) this.#note(policyChanged(suite.policy, policyChanges));
      host.checkStillLoaded(suite.policy);
    } catch (thrown) {
      this.#note(thrown);
    } finally {
      if (options.withoutCoverage !== true)
        this.#coverage = await measureCoverage(profile, suite.policy, this.#allEntries, suite.confined.pid);
      for (const error of await suite.close()) this.#note(error);
    }
  }

  /** Records why the suite could not be run, and what was known of it by then. */
  fail(thrown: unknown): void {
    if (thrown instanceof PreparationFailed) this.#learn(thrown.facts);
    this.#note(thrown);
    if (thrown instanceof PreparationFailed) for (const error of thrown.closeErrors) this.#note(error);
  }

  /** @returns an entry for every probe of the plan, in its order. */
  entries(): Entry[] {
    const untried = this.#hasBailed ? verdict('bail') : verdict('not-tried', { why: this.#cause });
    return this.#plan.probes.map((probe) => this.#entries.get(probe.id) ?? withoutAttempt(probe, untried));
  }

  get #allEntries(): readonly Entry[] {
    return [...this.#entries.values(), ...[...this.#closed.values()].flatMap(({ entries }) => entries)];
  }

  /** Why there is no more to see. */
  get #cause(): string {
    const [cause = 'the suite ended early.'] = this.#faults[0]?.message.split('\n') ?? [];
    return cause;
  }

  get #hasBailed(): boolean {
    const { bail } = this.#context.options;
    return bail && [...this.#entries.values()].some((entry) => isNotGreen(entry.verdict));
  }

  /** A result for every class that the plan closes, in its order. */
  #closedResults(): readonly ClosedResult[] {
    const why = this.#hasBailed ? 'the run stops at the first failure (--bail)' : this.#cause;
    return this.#plan.closed.map((closed) => this.#closed.get(closed.class) ?? untriedClass(closed, why));
  }

  /** @returns the suite as it goes into the ledger. */
  suite(entries: readonly Entry[]): Suite {
    return assembleSuite(this.#plan, this.#facts, {
      started: this.#started,
      entries,
      closed: this.#closedResults(),
      otherRecords: [...this.#facts.earlyDenials, ...this.#trials.flatMap(({ others }) => others)],
      faults: this.#faults,
      coverage: this.#coverage,
    });
  }

  async #settle(suite: PreparedSuite, trial: Trial, probe: Probe): Promise<Entry> {
    const { signal, events } = this.#context;
    const tried = await settleUnlessAborted(trial, probe, signal);
    const entry = await this.#hintsFor(suite).add(tried);
    this.#entries.set(probe.id, entry);
    events.entry(entry);
    return entry;
  }

  #hintsFor({ policy, confined }: PreparedSuite): ProfileHints {
    this.#hints ??= new ProfileHints(this.#plan.profile, policy, confined.pid);
    return this.#hints;
  }

  /** Tries every member of the closed classes. */
  async #tryClosed(suite: PreparedSuite): Promise<void> {
    const { signal, events } = this.#context;
    const hints = this.#hintsFor(suite);
    const attempt = async (trial: Trial, probe: Probe): Promise<Entry> => {
      const entry = judgedForClass(await settleUnlessAborted(trial, probe, signal));
      return await hints.add(entry);
    };
    for await (const { result: tried, trials } of tryClosedClasses(suite, attempt)) {
      const result = await withHints(tried, hints);
      this.#trials.push(...trials);
      this.#closed.set(result.class, result);
      events.closed?.(result);
    }
  }

  #learn(facts: SuiteFacts): void {
    this.#facts = facts;
    if (facts.serviceFault !== undefined) this.#faults.push(facts.serviceFault); // reported when it was found
  }

  #note(thrown: unknown): void {
    const fault = asFault(thrown);
    this.#faults.push(fault);
    this.#context.events.fault(fault);
  }
}

/** What the kernel was only asked about is explained by the rules as well. */
async function withHints(result: ClosedResult, hints: ProfileHints): Promise<ClosedResult> {
  if (result.files === undefined) return result;
  const entries: Entry[] = [];
  for (const entry of result.entries) entries.push(isAnswer(entry) ? await hints.add(entry) : entry);
  return { ...result, entries };
}

async function settleUnlessAborted(trial: Trial, probe: Probe, signal: AbortSignal): Promise<Entry> {
  try {
    return await abortable(signal, trial.settle(probe));
  } catch (thrown) {
    const { code, message } = asFault(thrown);
    return withoutAttempt(probe, verdictOfError(code, message));
  }
}

/** The kernel writes a record of each change, also of one that was taken back. */
function policyChanged({ name }: LoadedPolicy, policyChanges: Trial['policyChanges']): HarnessError {
  return new HarnessError('not-loaded', `Something changed the policy of ${name} while its probes ran:`, {
    details: policyChanges.slice(0, LOG_LINES).map(({ raw }) => raw),
  });
}

/** A container that exits while it is probed takes the meaning of later verdicts with it. */
async function exitDuringProbes({ confined, control }: PreparedSuite): Promise<HarnessError | undefined> {
  return (
    (await exitOf(confined, 'confined', 'container-exited')) ??
    (control === undefined ? undefined : await exitOf(control, 'control', 'control-failed'))
  );
}

async function exitOf({ container }: ProbeTarget, role: Role, code: ErrorCode): Promise<HarnessError | undefined> {
  const { running, exit } = await container.state();
  if (running) return undefined;
  const lines = await container.logs(LOG_LINES);
  return new HarnessError(code, `The ${role} container exited with status ${exit} during its probes.`, {
    details: lines.split('\n').filter((line) => line !== ''),
  });
}

interface SuiteResults {
  readonly started: Date;
  readonly entries: readonly Entry[];
  readonly closed: readonly ClosedResult[];
  readonly otherRecords: Suite['otherRecords'];
  readonly faults: readonly Fault[];
  readonly coverage?: Coverage | undefined;
}

/** What a suite's preparation and its probes showed, as the ledger has it. */
function assembleSuite(plan: Plan, facts: SuiteFacts, results: SuiteResults): Suite {
  return defined({
    file: plan.file,
    title: plan.title,
    profileFile: plan.profile.from === 'file' ? plan.profile.file : undefined,
    image: plan.container.image,
    imageId: facts.imageId,
    startedAt: results.started.toISOString(),
    durationMs: Date.now() - results.started.getTime(),
    confinement: facts.policy === undefined ? undefined : confinementOf(facts.policy, facts),
    layers: [...layersOf(plan.container), ...facts.placeholders],
    entries: results.entries,
    ...closedOf(plan, results.closed),
    otherRecords: results.otherRecords,
    faults: results.faults,
    coverage: results.coverage,
  });
}

/** What a report tells of classes: nothing where the spec closes none. */
function closedOf(
  { closed, open, unselected = [] }: Plan,
  results: readonly ClosedResult[],
): Pick<Suite, 'closed' | 'notClosed'> {
  if (closed.length === 0) return {};
  const known = new Set([...closed.map((one) => one.class), ...unselected, ...open]);
  return { closed: results, notClosed: { open, unknown: CLOSED_CLASS_NAMES.filter((name) => !known.has(name)) } };
}

function untriedClass({ class: name, allow, except, open }: ClosedClass, why: string): ClosedResult {
  return defined({ class: name, allow, except, open, entries: [], untried: [{ member: '*', why }], durationMs: 0 });
}

function confinementOf(policy: LoadedPolicy, { labels, observedUnder }: SuiteFacts): Confinement {
  const { name, loadedAs, mode, warnings, sourceSha256, policySha256, policyMatchesKernel, kernelHash } = policy;
  return defined({
    profile: name,
    loadedAs,
    mode,
    observedUnder,
    labels,
    parserWarnings: warnings,
    sourceSha256,
    policySha256,
    policyMatchesKernel,
    kernelHash,
  });
}

function withoutAttempt(probe: Probe, decision: Verdict): Entry {
  return { probe, verdict: decision, witnesses: [] };
}
