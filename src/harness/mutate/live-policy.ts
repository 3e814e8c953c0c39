/** A suite whose policy is exchanged live under its container: the spec's probes are tried again and again on one agent. */
import type { Container } from '#adapters/container/container.ts';
import { measureCoverage } from '../suite/measure-coverage.ts';
import { HarnessError } from '#core/model/errors.ts';
import { compileVariant, swapPolicy, type LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { undoOf } from '#core/spec/operation-effects.ts';
import type { Entry, Observation, Plan, Probe } from '#core/model/model.ts';
import { abortable, newDraft, prepare, tearDown, type Draft } from '../suite/prepare-suite.ts';
import { Trial } from '../suite/trial.ts';
import type { Session } from '../session/session.ts';
import type { SuiteContainers } from '../suite/start-containers.ts';

const OPEN_RULES = ['file', 'capability', 'network', 'signal', 'ptrace', 'umount'];

export class LivePolicy {
  readonly #plan: Plan;
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #controlSeen = new Map<string, Observation>();
  #draft: Draft = newDraft();
  #containers: Container[] = [];
  #opened = 0;
  /** Policy under the same name that allows what it takes to tidy up. */
  #open: Buffer | undefined;

  /** The plan's profile must be one from a file. */
  constructor(plan: Plan, session: Session, signal: AbortSignal) {
    this.#plan = plan;
    this.#session = session;
    this.#signal = signal;
  }

  /**
   * Starts the containers and tries the whole spec once, as `run` does.
   * @returns the entries, all of them passed. @throws HarnessError `spec-not-green`
   */
  async open(): Promise<readonly Entry[]> {
    await this.#prepare(this.#plan);
    const entries = await this.#all();
    const { stage } = this.#draft;
    for (const { probe, control } of entries) if (control !== undefined) this.#controlSeen.set(probe.id, control);
    // what the control shows does not depend on the profile: from here on it is remembered
    await stage?.control?.close();
    await stage?.control?.container.remove(() => undefined);
    this.#containers = this.#containers.filter((container) => container !== stage?.control?.container);
    return entries;
  }

  /** The ids of the probes that exercise each rule, by the rule's id. Empty where that is not known. */
  async covering(entries: readonly Entry[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const coverage = await measureCoverage(this.#plan.profile, this.#policy, entries, this.pid);
    return new Map('unknown' in coverage ? [] : coverage.rules.map(({ id, probes }) => [id, probes]));
  }

  /** The policy as it was compiled from the profile unchanged. */
  get original(): Buffer {
    const { policy } = this.#policy;
    if (policy === undefined) throw new HarnessError('internal', 'The profile was not compiled here.');
    return policy;
  }

  /** The first process of the confined container, on the host. */
  get pid(): number {
    return this.#stage.confined.pid;
  }

  /** Compiles another text of the profile, under the name that the container carries. */
  compile(text: string): Promise<Buffer> {
    return compileVariant(this.#file, text, this.#policy);
  }

  /** Exchanges the policy; what runs in the container follows at once. */
  load(policy: Buffer): void {
    swapPolicy(this.#policy.loadedAs, policy);
  }

  /** A new trial of these probes, in this order. */
  trial(probes: readonly Probe[]): Trial {
    const { log, barrier } = this.#session;
    return new Trial({
      probes,
      confined: this.#stage.confined,
      controlSeen: this.#controlSeen,
      log,
      barrier,
      profiles: this.#policy.names,
      container: this.#plan.container,
      decidedInAdvance: () => undefined,
    });
  }

  /** The first of the probes that does not pass, and what others of its batch did; undefined when all pass. */
  async firstRed(probes: readonly Probe[]): Promise<{ red: Entry; settled: readonly Entry[] } | undefined> {
    const trial = this.trial(probes);
    for (const probe of probes) {
      const entry = await abortable(this.#signal, trial.settle(probe));
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
        `abi <abi/3.0>,\n#include <tunables/global>\nprofile "${this.#policy.loadedAs}" flags=(attach_disconnected,mediate_deleted) {\n  ${OPEN_RULES.join(',\n  ')},\n}\n`,
      )
    ).policy;
    this.load(this.#open);
    let all = true;
    for (const probe of left)
      if (probe !== undefined)
        all = (await abortable(this.#signal, this.#stage.confined.attempt(probe))).errno === undefined && all;
    return all;
  }

  /** Another container under the profile unchanged, in place of one that is spoilt. */
  async renew(): Promise<void> {
    this.load(this.original);
    await this.#put();
    await this.#prepare({ ...this.#plan, control: false });
    const [fault] = this.#draft.faults;
    if (fault !== undefined)
      throw new HarnessError(
        'spec-not-green',
        `The service no longer starts under the profile unchanged: ${fault.message}`,
      );
  }

  /** Puts the original back and the containers away. */
  async close(note: (thrown: unknown) => void): Promise<void> {
    try {
      if (this.#draft.policy?.policy !== undefined) this.load(this.original);
    } catch (thrown) {
      note(thrown);
    }
    await this.#put(note);
  }

  get #file(): string {
    const { profile } = this.#plan;
    if (profile.from !== 'file') throw new HarnessError('no-profile-text', 'The profile has no text here.');
    return profile.file;
  }

  get #policy(): LoadedPolicy {
    if (this.#draft.policy === undefined) throw new HarnessError('internal', 'The profile was not loaded.');
    return this.#draft.policy;
  }

  get #stage(): SuiteContainers {
    if (this.#draft.stage === undefined) throw new HarnessError('internal', 'The container was not started.');
    return this.#draft.stage;
  }

  async #prepare(plan: Plan): Promise<void> {
    this.#draft = newDraft();
    this.#containers = [];
    const preparing = prepare(plan, this.#opened++, this.#session, this.#draft, this.#containers);
    this.#draft.preparing = preparing.catch(() => undefined);
    await abortable(this.#signal, preparing);
  }

  /** The whole spec, in the order of the file. */
  async #all(): Promise<readonly Entry[]> {
    const { trial, faults } = this.#draft;
    if (trial === undefined) throw new HarnessError('internal', 'The suite was not prepared.');
    const entries: Entry[] = [];
    for (const probe of this.#plan.probes) entries.push(await abortable(this.#signal, trial.settle(probe)));
    const red = entries.filter(({ verdict }) => verdict.kind !== 'pass' && verdict.kind !== 'skipped');
    if (red.length > 0 || faults.length > 0) {
      throw new HarnessError(
        'spec-not-green',
        `${red.length} of ${entries.length} probes do not pass with the profile unchanged.`,
        {
          details: [
            ...faults.map(({ message }) => message),
            ...red.map(
              ({ probe, verdict }) =>
                `${probe.at.file}:${probe.at.line}: ${probe.name}: ${verdict.kind}: ${verdict.reason}`,
            ),
          ],
        },
      );
    }
    return entries;
  }

  async #put(note: (thrown: unknown) => void = () => undefined): Promise<void> {
    await tearDown(this.#draft, this.#containers, note);
    this.#containers = [];
  }
}
