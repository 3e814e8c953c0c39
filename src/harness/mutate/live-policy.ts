/** A suite whose policy is swapped under its running container, so that probes are tried again on the same agents. */
import { HarnessError } from '#core/model/errors.ts';
import { compileVariant, swapPolicy } from '#adapters/kernel/load-profile.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { undoOf } from '#core/spec/operation-effects.ts';
import type { ClosedResult, Entry, Observation, Plan, Probe } from '#core/model/model.ts';
import { isNoticed, judgedForClass, notableEntries, tallyOf } from '#core/verdict/closed-class.ts';
import { abortable } from '../session/abortable.ts';
import type { Session } from '../session/session.ts';
import { attemptsForProfiles } from '../suite/closed-attempts.ts';
import { attemptsForPrograms, containerExecutables } from '../suite/closed-executables.ts';
import { measureCoverage } from '../suite/measure-coverage.ts';
import { PreparedSuite } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import type { ClosedFiles } from '../suite/closed-files.ts';
import { tryClosedClasses } from '../suite/try-closed-classes.ts';
import type { Failure, MutantBench } from './judge-mutant.ts';
import type { PolicyChange } from './noticing-probes.ts';

/** Rules that allow the agent to remove whatever it made. */
const PERMISSIVE_RULES = ['file', 'capability', 'network', 'signal', 'ptrace', 'umount'];

/**
 * Every container of a run has the same number, so the same profile name: mutants that were compiled under it can be
 * loaded under a renewed container, too. And probes that are suggested may name any peer of the spec.
 */
const OPTIONS = { number: 0, allPeers: true } as const;

/** How many probes are tried before the others. */
const FIRST = 16;

/** Whoever opens one closes it. */
export class LivePolicy implements MutantBench {
  readonly #plan: Plan;
  readonly #session: Session;
  readonly #controlSeen = new Map<string, Observation>();
  /** The closed class of files, of the first container: what it knows is true of all. */
  readonly #files: ClosedFiles | undefined;
  #suite: PreparedSuite;
  /** What the next attempt is to find, and what the kernel has; undefined for what the suite loaded. */
  #wanted: Buffer | undefined;
  #loaded: Buffer | undefined;
  #renewals = 0;
  /** Those of the container, once they are needed: no probe leaves others. */
  #executables: readonly string[] | undefined;
  /** Policy under the same name that allows everything; compiled when it is first needed. */
  #permissive: Buffer | undefined;

  /** Starts the containers of a plan, whose profile must be one from a file. @throws PreparationFailed */
  static async open(plan: Plan, session: Session): Promise<LivePolicy> {
    return new LivePolicy(plan, session, await PreparedSuite.prepare(plan, session, OPTIONS));
  }

  private constructor(plan: Plan, session: Session, suite: PreparedSuite) {
    this.#plan = plan;
    this.#session = session;
    this.#suite = suite;
    this.#files = suite.files;
  }

  /**
   * Tries the whole spec once, as `run` does, and removes the control: what it shows does not depend on the profile, so
   * that it is remembered from here on.
   * @returns the entries, all of them passed or skipped. @throws HarnessError `spec-not-green`
   */
  async tryPlan(): Promise<readonly Entry[]> {
    const entries = await this.#tryAll();
    for (const { probe, control } of entries) if (control !== undefined) this.#controlSeen.set(probe.id, control);
    await this.#suite.removeControl();
    return entries;
  }

  /** The ids of the probes that exercise each rule, by the rule's id. Empty where that is not known. */
  async probesByRule(entries: readonly Entry[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const coverage = await measureCoverage(this.#plan.profile, this.#suite.policy, entries, this.pid);
    return new Map('unknown' in coverage ? [] : coverage.rules.map(({ id, probes }) => [id, probes]));
  }

  /** The policy compiled from the unchanged profile. */
  get original(): Buffer {
    const { policy } = this.#suite.policy;
    if (policy === undefined) throw new HarnessError('internal', 'The profile was not compiled here.');
    return policy;
  }

  /** The first process of the confined container, on the host. */
  get pid(): number {
    return this.#suite.confined.pid;
  }

  /** How many times the container was replaced, because a mutant left it spoilt. */
  get renewals(): number {
    return this.#renewals;
  }

  /**
   * Compiles another text of the profile, under the name that the container carries.
   * @throws HarnessError `profile-invalid`, `profile-not-isolated`
   */
  compile(text: string): Promise<Buffer> {
    return compileVariant(this.#file, text, this.#suite.policy);
  }

  /** Swaps the policy ahead of the next attempt: one that is replaced before costs nothing. */
  load(policy: Buffer): void {
    this.#wanted = policy;
  }

  /** A new trial of these probes, in this order. @throws HarnessError `load-failed`, `not-loaded` */
  trial(probes: readonly Probe[]): Trial {
    this.#swap();
    return this.#suite.trialOf(probes, this.#controlSeen);
  }

  /** @returns what `run` would also try of the closed classes if this were the profile from the start. */
  attemptsFor({ newProfiles, areas, movesExec }: PolicyChange): readonly Probe[] {
    const { closed } = this.#plan;
    const { policy } = this.#suite;
    const ofProfiles = attemptsForProfiles(closed, newProfiles, policy, this.#session.host);
    if (!areas.has('file')) return ofProfiles;
    this.#executables ??= containerExecutables(this.pid);
    const programs = this.#executables.filter(movesExec);
    return [...ofProfiles, ...attemptsForPrograms(this.#suite.closed, programs, policy.name)];
  }

  /** A few first: those that are likeliest to fail would have to wait for all that share a round with them. */
  async firstFailure(probes: readonly Probe[]): Promise<Failure | undefined> {
    const tried: Entry[] = [];
    for (const some of [probes.slice(0, FIRST), probes.slice(FIRST)]) {
      const trial = this.trial(some);
      for (const probe of some) {
        const entry = await this.#untilAborted(trial.settle(probe));
        const failed = failureOf(entry);
        if (failed !== undefined) return { failed, tried: [...tried, ...trial.settled] };
      }
      tried.push(...trial.settled);
    }
    return undefined;
  }

  answerUnder(policy: Buffer): Entry | undefined {
    return this.#files?.differenceUnder(policy);
  }

  /** Loads a permissive policy for the removals, and leaves it loaded. */
  async undo(entries: readonly Entry[]): Promise<boolean> {
    const notUndone = entries.filter(({ observation }) => observation?.undoErrno !== undefined);
    if (notUndone.length === 0) return true;

    const removals = notUndone.map(({ probe }) => undoOf(probe)).filter((removal) => removal !== undefined);
    if (removals.length < notUndone.length) return false;

    this.#permissive ??= await this.#compilePermissive();
    this.load(this.#permissive);
    this.#swap();
    let isAllRemoved = true;
    for (const removal of removals) {
      const { errno } = await this.#untilAborted(this.#suite.confined.attempt(removal));
      if (errno !== undefined) isAllRemoved = false;
    }
    return isAllRemoved;
  }

  /** @throws HarnessError `spec-not-green` when the service no longer starts; PreparationFailed */
  async renew(): Promise<void> {
    this.#renewals += 1;
    this.load(this.original);
    this.#swap();
    await this.#suite.close();
    const plan = { ...this.#plan, control: false };
    this.#suite = await PreparedSuite.prepare(plan, this.#session, OPTIONS);
    this.#loaded = this.original;
    this.#wanted = this.#loaded;
    const { serviceFault } = this.#suite.facts;
    if (serviceFault !== undefined)
      throw new HarnessError(
        'spec-not-green',
        `The service no longer starts under the unchanged profile: ${serviceFault.message}`,
      );
  }

  /** Puts the original back and removes the containers. @param note called with what goes wrong */
  async close(note: (thrown: unknown) => void): Promise<void> {
    try {
      this.load(this.original);
      this.#swap();
    } catch (thrown) {
      note(thrown);
    }
    for (const error of await this.#suite.close()) note(error);
  }

  /** What runs in the container follows at once. */
  #swap(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || wanted === this.#loaded) return;
    this.#loaded = undefined; // nobody knows what is loaded when this fails
    swapPolicy(this.#suite.policy.loadedAs, wanted);
    this.#loaded = wanted;
  }

  get #file(): string {
    const { profile } = this.#plan;
    if (profile.from !== 'file') throw new HarnessError('no-profile-text', 'The text of the profile is not available.');
    return profile.file;
  }

  #untilAborted<T>(work: Promise<T>): Promise<T> {
    return abortable(this.#session.signal, work);
  }

  async #compilePermissive(): Promise<Buffer> {
    const lines = [
      'abi <abi/3.0>,',
      '#include <tunables/global>',
      `profile "${this.#suite.policy.loadedAs}" flags=(attach_disconnected,mediate_deleted) {`,
      ...PERMISSIVE_RULES.map((rule) => `  ${rule},`),
      '}',
    ];
    return (await compile(this.#file, `${lines.join('\n')}\n`, this.#suite.policy.includes)).policy;
  }

  /** The whole spec, in the order of the file. @throws HarnessError `spec-not-green` */
  async #tryAll(): Promise<readonly Entry[]> {
    const entries = await this.#suite.trialOfPlan().settleAll(this.#plan.probes, this.#session.signal);
    const failed = entries.filter(({ verdict: { kind } }) => kind !== 'pass' && kind !== 'skipped');
    const [breach] = await this.#suite.breaches();
    if (breach !== undefined)
      throw new HarnessError('spec-not-green', breach.message, { details: breach.details, cause: breach });
    const { serviceFault } = this.#suite.facts;
    const closed = failed.length === 0 && serviceFault === undefined ? await this.#tryClosed() : [];
    if (failed.length === 0 && serviceFault === undefined) return [...entries, ...closed];

    const serviceLines = serviceFault === undefined ? [] : [serviceFault.message];
    throw new HarnessError(
      'spec-not-green',
      `${failed.length} of ${entries.length} probes do not pass with the unchanged profile.`,
      { details: [...serviceLines, ...failed.map(entryLine)] },
    );
  }

  /** @returns the attempts of closed classes that pass. @throws HarnessError `spec-not-green` where a class is red */
  async #tryClosed(): Promise<readonly Entry[]> {
    const attempt = async (trial: Trial, probe: Probe): Promise<Entry> =>
      judgedForClass(await this.#untilAborted(trial.settle(probe)));
    const results: ClosedResult[] = [];
    for await (const { result } of tryClosedClasses(this.#suite, attempt)) results.push(result);

    const notGreen = results.filter((result) => ['fail', 'inconclusive'].includes(tallyOf(result).kind));
    // of files every mutant is asked, which tells more than the attempts
    const repeated = results.filter(({ files }) => files === undefined);
    if (notGreen.length === 0)
      return repeated.flatMap(({ entries }) => entries).filter(({ verdict }) => verdict.kind === 'pass');
    throw new HarnessError('spec-not-green', 'Closed classes are not green with the unchanged profile.', {
      details: notGreen.flatMap((result) => [result.class, ...notableEntries(result).map(entryLine)]),
    });
  }
}

/** What does not pass any more, as it is to be judged; undefined where it passes. */
function failureOf(entry: Entry): Entry | undefined {
  if (entry.verdict.kind === 'pass') return undefined;
  if (entry.probe.closed === undefined) return entry;
  const judged = judgedForClass(entry);
  return isNoticed(judged) ? judged : undefined;
}

function entryLine({ probe: { at, name }, verdict: { kind, reason } }: Entry): string {
  return `${at.file}:${at.line}: ${name}: ${kind}: ${reason}`;
}
