/** A suite whose policy is exchanged live under its container: the spec's probes are tried again and again on one agent. */
import { measureCoverage } from '../suite/measure-coverage.ts';
import { HarnessError } from '#core/model/errors.ts';
import { compileVariant, swapPolicy } from '#adapters/kernel/load-profile.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { undoOf } from '#core/spec/operation-effects.ts';
import type { Entry, Observation, Plan, Probe } from '#core/model/model.ts';
import { abortable } from '../session/abortable.ts';
import { PreparedSuite } from '../suite/prepare-suite.ts';
import type { Trial } from '../suite/trial.ts';
import type { Session } from '../session/session.ts';

const OPEN_RULES = ['file', 'capability', 'network', 'signal', 'ptrace', 'umount'];

export class LivePolicy {
  readonly #plan: Plan;
  readonly #session: Session;
  readonly #controlSeen = new Map<string, Observation>();
  #suite: PreparedSuite;
  /** How many suites have been prepared: each has names of its own. */
  #prepared = 1;
  /** Policy under the same name that allows what it takes to tidy up. */
  #open: Buffer | undefined;

  /** Starts the containers of a plan, whose profile must be one from a file. @throws PreparationFailed */
  static async open(plan: Plan, session: Session): Promise<LivePolicy> {
    return new LivePolicy(plan, session, await PreparedSuite.prepare(plan, session, { number: 0 }));
  }

  private constructor(plan: Plan, session: Session, suite: PreparedSuite) {
    this.#plan = plan;
    this.#session = session;
    this.#suite = suite;
  }

  /**
   * Tries the whole spec once, as `run` does, and removes the control: what it shows does not depend on the profile, so
   * that it is remembered from here on.
   * @returns the entries, all of them passed. @throws HarnessError `spec-not-green`
   */
  async tryPlan(): Promise<readonly Entry[]> {
    const entries = await this.#tryAll();
    for (const { probe, control } of entries) if (control !== undefined) this.#controlSeen.set(probe.id, control);
    await this.#suite.removeControl();
    return entries;
  }

  /** The ids of the probes that exercise each rule, by the rule's id. Empty where that is not known. */
  async covering(entries: readonly Entry[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const coverage = await measureCoverage(this.#plan.profile, this.#suite.policy, entries, this.pid);
    return new Map('unknown' in coverage ? [] : coverage.rules.map(({ id, probes }) => [id, probes]));
  }

  /** The policy as it was compiled from the profile unchanged. */
  get original(): Buffer {
    const { policy } = this.#suite.policy;
    if (policy === undefined) throw new HarnessError('internal', 'The profile was not compiled here.');
    return policy;
  }

  /** The first process of the confined container, on the host. */
  get pid(): number {
    return this.#suite.confined.pid;
  }

  /** Compiles another text of the profile, under the name that the container carries. */
  compile(text: string): Promise<Buffer> {
    return compileVariant(this.#file, text, this.#suite.policy);
  }

  /** Exchanges the policy; what runs in the container follows at once. */
  load(policy: Buffer): void {
    swapPolicy(this.#suite.policy.loadedAs, policy);
  }

  /** A new trial of these probes, in this order. */
  trial(probes: readonly Probe[]): Trial {
    return this.#suite.trialOf(probes, this.#controlSeen);
  }

  /** The first of the probes that does not pass, and what others of its batch did; undefined when all pass. */
  async firstRed(probes: readonly Probe[]): Promise<{ red: Entry; settled: readonly Entry[] } | undefined> {
    const trial = this.trial(probes);
    for (const probe of probes) {
      const entry = await abortable(this.#session.signal, trial.settle(probe));
      if (entry.verdict.kind !== 'pass') return { red: entry, settled: trial.settled };
    }
    return undefined;
  }

  /**
   * Takes back what operations made while a mutant let them and did not let them undo it.
   * @returns whether nothing is left of these.
   */
  async undo(entries: readonly Entry[]): Promise<boolean> {
    const left = entries.flatMap(({ probe, observation }) =>
      observation?.undoErrno !== undefined ? [undoOf(probe)] : [],
    );
    if (left.length === 0) return true;
    if (left.includes(undefined)) return false;
    this.#open ??= (
      await compile(
        this.#file,
        `abi <abi/3.0>,\n#include <tunables/global>\nprofile "${this.#suite.policy.loadedAs}" flags=(attach_disconnected,mediate_deleted) {\n  ${OPEN_RULES.join(',\n  ')},\n}\n`,
      )
    ).policy;
    this.load(this.#open);
    let all = true;
    for (const probe of left)
      if (probe !== undefined)
        all = (await abortable(this.#session.signal, this.#suite.confined.attempt(probe))).errno === undefined && all;
    return all;
  }

  /** Another container under the profile unchanged, in place of one that is spoilt. */
  async renew(): Promise<void> {
    this.load(this.original);
    await this.#suite.close();
    this.#suite = await PreparedSuite.prepare({ ...this.#plan, control: false }, this.#session, {
      number: this.#prepared++,
    });
    const fault = this.#suite.facts.serviceFault;
    if (fault !== undefined)
      throw new HarnessError(
        'spec-not-green',
        `The service no longer starts under the profile unchanged: ${fault.message}`,
      );
  }

  /** Puts the original back and the containers away. */
  async close(note: (thrown: unknown) => void): Promise<void> {
    try {
      this.load(this.original);
    } catch (thrown) {
      note(thrown);
    }
    for (const error of await this.#suite.close()) note(error);
  }

  get #file(): string {
    const { profile } = this.#plan;
    if (profile.from !== 'file') throw new HarnessError('no-profile-text', 'The profile has no text here.');
    return profile.file;
  }

  /** The whole spec, in the order of the file. */
  async #tryAll(): Promise<readonly Entry[]> {
    const trial = this.#suite.trialOfPlan();
    const { serviceFault } = this.#suite.facts;
    const entries = await trial.settleAll(this.#plan.probes, this.#session.signal);
    const red = entries.filter(({ verdict: { kind } }) => kind !== 'pass' && kind !== 'skipped');
    if (red.length === 0 && serviceFault === undefined) return entries;
    throw new HarnessError(
      'spec-not-green',
      `${red.length} of ${entries.length} probes do not pass with the profile unchanged.`,
      { details: [...(serviceFault === undefined ? [] : [serviceFault.message]), ...red.map(redLine)] },
    );
  }
}

function redLine({ probe: { at, name }, verdict: { kind, reason } }: Entry): string {
  return `${at.file}:${at.line}: ${name}: ${kind}: ${reason}`;
}
