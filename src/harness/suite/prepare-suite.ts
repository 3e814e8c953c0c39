/** One suite on this host: its profile loaded, its containers started and proved confined; all of it put away once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asHarnessError, HarnessError } from '#core/model/errors.ts';
import { asLoaded, asWritten } from '#core/model/labels.ts';
import { agentFile } from '#adapters/host/package-files.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { AuditRecord, ClosedClass, Confinement, Fault, Observation, Plan, Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { Policy } from '#core/profile/semantics/policy.ts';
import { withPatternPeers } from '#core/spec/closed/pattern-peers.ts';
import { undeclaredIn, type Undeclared } from '#core/spec/closed/undeclared.ts';
import { abortable } from '../session/abortable.ts';
import type { Session } from '../session/session.ts';
import { ContainerTwins } from './container-twins.ts';
import { decideInAdvance, denialLines, type Circumstances } from './decided-in-advance.ts';
import { outsideOf } from './kernel-ruling.ts';
import { modesOf } from './possible-modes.ts';
import { ContainerWatch, mountFault } from './container-watch.ts';
import { SuiteContainers, type StartedContainers } from './start-containers.ts';
import { withAttempts } from './closed-attempts.ts';
import { withContainerExecutables } from './closed-executables.ts';
import { ClosedFiles, profilesOf } from './closed-files.ts';
import { SuiteSwitch, switchDecides } from './suite-switch.ts';
import { Trial, type TrialOptions } from './trial.ts';

/** How long an interrupted preparation is waited for. */
const PREPARING_MS = 5000;

export interface PrepareOptions {
  /** Distinguishes the suites of one run. */
  readonly number: number;
  /** Load the profile under its own name, and put back what was there. */
  readonly inPlace?: boolean;
  /** Start peers that no probe names too: probes will be tried that are not in the plan. */
  readonly allPeers?: boolean;
}

/** What a report tells of a suite beside its entries. A preparation that failed knows only a part of it. */
export interface SuiteFacts {
  readonly policy?: LoadedPolicy;
  readonly imageId?: string;
  /** The kernel's audit mode while probes are observed. */
  readonly observedUnder?: string;
  /** Grows when more agents start. */
  readonly labels: Confinement['labels'];
  /** One line for each placeholder profile that was loaded for a peer. */
  readonly placeholders: readonly string[];
  /** Denials under the profile before the first probe. */
  readonly earlyDenials: readonly AuditRecord[];
  /** The service does not run under the profile; its container only waits. */
  readonly serviceFault?: Fault;
}

/** A suite could not be prepared; all that was begun has been put away. */
export class PreparationFailed extends HarnessError {
  /** What was known by then. */
  readonly facts: SuiteFacts;
  /** What could not be put away. */
  readonly closeErrors: readonly HarnessError[];

  constructor(reason: HarnessError, facts: SuiteFacts, closeErrors: readonly HarnessError[]) {
    super(reason.code, reason.message, { details: reason.details, cause: reason.cause });
    this.facts = facts;
    this.closeErrors = closeErrors;
  }
}

interface SuiteParts {
  readonly plan: Plan;
  readonly session: Session;
  readonly options: PrepareOptions;
  readonly policy: LoadedPolicy;
  readonly auditSwitch: SuiteSwitch;
  readonly containers: SuiteContainers;
  readonly started: StartedContainers;
  readonly watch: ContainerWatch;
  readonly circumstances: Circumstances;
  readonly facts: SuiteFacts;
  /** The profiles under test as they are written; none where that is not known. */
  readonly policies: readonly Policy[];
  readonly files: ClosedFiles | undefined;
}

/** A suite that is ready for its probes. Whoever prepares one closes it. */
export class PreparedSuite {
  readonly policy: LoadedPolicy;
  readonly confined: ProbeTarget;
  readonly control: ProbeTarget | undefined;
  readonly facts: SuiteFacts;
  readonly #parts: SuiteParts;
  readonly #twins: ContainerTwins | undefined;

  /**
   * Loads the profile, starts the containers and proves that they are confined.
   * @throws PreparationFailed also when the session is interrupted meanwhile
   */
  static async prepare(plan: Plan, session: Session, options: PrepareOptions): Promise<PreparedSuite> {
    const preparation = new Preparation(plan, session, options);
    const work = preparation.run();
    try {
      return new PreparedSuite(await abortable(session.signal, work));
    } catch (thrown) {
      // after an interruption a container may still be on its way
      if (session.signal.aborted) await Promise.race([work.catch(() => undefined), sleep(PREPARING_MS)]);
      const closeErrors = await preparation.close();
      throw new PreparationFailed(asHarnessError(thrown), preparation.facts, closeErrors);
    }
  }

  private constructor(parts: SuiteParts) {
    this.#parts = parts;
    this.policy = parts.policy;
    this.confined = parts.started.confined;
    this.control = parts.started.control;
    this.facts = parts.facts;
    const { confined, control } = parts.started;
    this.#twins = control && new ContainerTwins(confined, control, parts.session.host.traces);
  }

  /** A trial of the plan's own probes: what need not be tried is decided in advance. */
  trialOfPlan(): Trial {
    return this.#trialBesideControl(this.#parts.plan.probes);
  }

  /** The closed classes of the plan, each with its attempts. */
  get closed(): Plan['closed'] {
    return this.#parts.plan.closed;
  }

  /** The closed class of files; undefined where the plan leaves it open. */
  get files(): ClosedFiles | undefined {
    return this.#parts.files;
  }

  /**
   * A trial of attempts of closed classes, in this order.
   * @param controlSeen what the control showed before, by the id of the attempt: it is not asked again.
   */
  trialOfClosed(attempts: readonly Probe[], controlSeen?: ReadonlyMap<string, Observation>): Trial {
    return this.#trialBesideControl(attempts, controlSeen);
  }

  /** @returns what the profile's rules allow of a class and is not declared; nothing where they are not known */
  undeclared(closed: Pick<ClosedClass, 'class' | 'allow' | 'open'>): readonly Undeclared[] {
    const { plan, policy, policies } = this.#parts;
    const [only, another] = policies;
    if (only === undefined || another !== undefined) return []; // of a stack, every profile has to allow it
    return undeclaredIn(closed, only, { profile: policy.name, peers: plan.peers.map(({ profile }) => profile) });
  }

  /** Starts the control's peers that these probes need, as far as they are not there. */
  async startControlPeers(probes: readonly Probe[]): Promise<void> {
    if (this.control !== undefined) await this.#parts.containers.startPeers(this.control, probes);
  }

  /**
   * A trial of other probes, in this order.
   * @param controlSeen what the control showed before, by the id of the probe: it is not asked again.
   */
  trialOf(probes: readonly Probe[], controlSeen?: ReadonlyMap<string, Observation>): Trial {
    return new Trial({
      ...this.#sharedOptions(),
      ...(controlSeen === undefined ? defined({ control: this.control, twins: this.#twins }) : { controlSeen }),
      probes,
      decidedInAdvance: () => undefined,
    });
  }

  /**
   * Looks once more at who runs in the confined container, and whether agents and mounts are what they were.
   * @returns what is wrong: then nothing that the suite showed is green
   */
  async breaches(): Promise<readonly HarnessError[]> {
    const { watch, started } = this.#parts;
    await watch.look();
    const ofAgents = [...(await started.confined.proveAgents()), ...((await started.control?.proveAgents()) ?? [])];
    const ofControl = mountFault('control', (await started.control?.replacedMounts()) ?? []);
    return [...watch.faults, ...ofAgents, ofControl].filter((error) => error !== undefined);
  }

  /** Removes the control container, once all that it can show has been seen. */
  async removeControl(): Promise<void> {
    if (this.control !== undefined) await this.#parts.containers.remove(this.control);
  }

  /** Ends the agents and removes the containers. The profile stays until the session ends. @returns what went wrong. */
  async close(): Promise<readonly HarnessError[]> {
    const { containers, auditSwitch } = this.#parts;
    const errors = await containers.close();
    await auditSwitch.release();
    return errors;
  }

  /** What need not be tried is decided in advance. */
  #trialBesideControl(probes: readonly Probe[], controlSeen?: ReadonlyMap<string, Observation>): Trial {
    const { plan, options, circumstances } = this.#parts;
    return new Trial({
      ...this.#sharedOptions(),
      ...defined({ control: this.control }),
      ...defined({ twins: this.#twins, controlSeen }),
      watch: this.#parts.watch,
      probes,
      sharedNames: options.inPlace === true || this.policy.written.size === 0,
      decidedInAdvance: (probe) => decideInAdvance(plan, probe, circumstances),
    });
  }

  /** What all trials of the suite have in common. Denials under the control's baseline are no probe's. */
  #sharedOptions(): Omit<TrialOptions, 'probes' | 'decidedInAdvance'> {
    const { plan, session, auditSwitch } = this.#parts;
    const { names, written, mode } = this.policy;
    const baseline = plan.baseline === undefined ? undefined : asLoaded(plan.baseline, written);
    return {
      confined: this.confined,
      log: session.log,
      barrier: session.barrier,
      mostUnderWay: session.changes.mostUnderWay,
      auditSwitch,
      profiles: names.filter((name) => name !== baseline),
      names: written,
      container: plan.container,
      outside: outsideOf({
        confined: this.confined,
        control: this.control,
        names: written,
        inChildren: mode === 'kill' || mode === 'mixed',
      }),
    };
  }
}

/** The way to a prepared suite, and what is known at each step of it. */
class Preparation {
  #plan: Plan;
  readonly #session: Session;
  readonly #options: PrepareOptions;
  #facts: SuiteFacts = { labels: [], placeholders: [], earlyDenials: [] };
  #containers: SuiteContainers | undefined;
  #auditSwitch: SuiteSwitch | undefined;

  constructor(plan: Plan, session: Session, options: PrepareOptions) {
    this.#plan = plan;
    this.#session = session;
    this.#options = options;
  }

  get facts(): SuiteFacts {
    return this.#facts;
  }

  async run(): Promise<SuiteParts> {
    const { host, engine } = this.#session;
    const policy = await this.#loadProfile();
    const policies = profilesOf(this.#plan.profile, policy);
    const names = [policy.name, ...policy.names, ...policy.written.values()];
    this.#plan = withPatternPeers(this.#plan, { policies, names });
    await this.#loadPlaceholders(policy);
    this.#plan = withAttempts(this.#plan, policy, host, this.#session.run);
    const auditSwitch = await this.#takeSwitch(policy);

    const { containers, started } = await this.#startContainers(policy);
    const watch = new ContainerWatch({
      target: started.confined,
      policy,
      loadedProfiles: () => host.loadedProfiles(),
      onLabel: (label) => {
        containers.addLabel(label);
      },
    });
    await watch.look();
    this.#plan = withContainerExecutables(this.#plan, policy, started.confined.pid);
    const { version: engineVersion } = await engine.facts();
    const earlyDenials = await this.#readEarlyDenials(policy);
    const serviceFault = this.#reportServiceFault(started.serviceFault, earlyDenials);

    const circumstances: Circumstances = {
      engineVersion,
      unmediatedClasses: await host.unmediatedClasses(classesOf(this.#plan)),
      loadedNames: new Set([...host.loadedProfiles().keys()].map((name) => asWritten(name, policy.written))),
      serviceFault,
      earlyDenials,
    };
    const { facts } = this;
    return {
      plan: this.#plan,
      session: this.#session,
      options: this.#options,
      policy,
      auditSwitch,
      containers,
      started,
      watch,
      circumstances,
      facts,
      policies,
      files: ClosedFiles.of(this.#plan, policy, started.confined.pid),
    };
  }

  /** Removes the containers that have been started so far. */
  async close(): Promise<readonly HarnessError[]> {
    const errors = (await this.#containers?.close()) ?? [];
    await this.#auditSwitch?.release();
    return errors;
  }

  async #loadProfile(): Promise<LoadedPolicy> {
    const { host, run, changes } = this.#session;
    const { number, inPlace } = this.#options;
    this.#progress('loading the profile');
    const suffix = inPlace === true ? undefined : `${run}x${number}`;
    const policy = await host.loadProfile(this.#plan.profile, { suffix, changes });
    for (const warning of policy.warnings) this.#progress(warning);
    this.#learn({ policy });
    return policy;
  }

  async #loadPlaceholders(policy: LoadedPolicy): Promise<void> {
    const { host, changes } = this.#session;
    const placeholders = await host.loadPlaceholderProfiles(this.#plan, policy, changes);
    for (const line of placeholders) this.#progress(line);
    this.#learn({ placeholders });
  }

  /** Before the containers start: the service, too, has to be decided about as on a host without a run. */
  async #takeSwitch(policy: LoadedPolicy): Promise<SuiteSwitch> {
    const { host } = this.#session;
    const decides = switchDecides(modesOf(this.#plan, policy, host.loadedProfiles()));
    const auditSwitch = await SuiteSwitch.take(this.#session, decides);
    this.#auditSwitch = auditSwitch;
    this.#learn({ observedUnder: auditSwitch.observed });
    return auditSwitch;
  }

  async #startContainers(policy: LoadedPolicy): Promise<{ containers: SuiteContainers; started: StartedContainers }> {
    const { host, run, events, engine } = this.#session;
    const { container, control, baseline } = this.#plan;
    const image = await engine.image(container, (line) => {
      events.progress(line);
    });
    this.#learn({ imageId: image.id });

    const controlProfile = baseline === undefined ? 'unconfined' : `under ${baseline}`;
    const alsoControl = control ? `, and the control ${controlProfile}` : '';
    this.#progress(`starting ${container.image} under ${policy.name}${alsoControl}`);
    const containers = new SuiteContainers({
      host,
      plan: this.#plan,
      policy,
      image,
      engine,
      run,
      number: this.#options.number,
      allPeers: this.#options.allPeers,
      agent: { file: agentFile(), identity: await host.agentIdentity(agentFile()) },
    });
    this.#containers = containers;
    const started = await containers.start();
    this.#learn({ labels: containers.labels });
    return { containers, started };
  }

  /** What the profile denied while the containers started is no probe's. */
  async #readEarlyDenials({ names }: LoadedPolicy): Promise<readonly AuditRecord[]> {
    const { barrier, log } = this.#session;
    await barrier.cross();
    const { records } = log.take();
    const earlyDenials = records.filter(
      ({ type, fields }) => type === 'DENIED' && names.includes(fields['profile'] ?? ''),
    );
    this.#learn({ earlyDenials });
    return earlyDenials;
  }

  /** Adds to the fault what the profile denied the service. */
  #reportServiceFault(fault: Fault | undefined, denials: readonly AuditRecord[]): Fault | undefined {
    if (fault === undefined) return undefined;
    const serviceFault = { ...fault, message: [fault.message, ...denialLines(denials)].join('\n') };
    this.#learn({ serviceFault });
    this.#session.events.fault(serviceFault);
    return serviceFault;
  }

  #learn(facts: Partial<SuiteFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  #progress(line: string): void {
    this.#session.events.progress(`${this.#plan.title}: ${line}`);
  }
}

/** AppArmor's classes of rules that the operations of a plan exercise. */
function classesOf({ probes, closed }: Plan): string[] {
  const classes = [...probes, ...closed.flatMap(({ attempts }) => attempts)].flatMap(({ action }) =>
    action.kind === 'operation' ? [action.class] : [],
  );
  return closed.some(({ class: name }) => name === 'file') ? [...classes, 'file'] : classes;
}
