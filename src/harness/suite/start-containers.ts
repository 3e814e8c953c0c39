/** Starts the containers of a suite and proves that the profile confines them, before any probe. */
import { asHarnessError, HarnessError } from '#core/model/errors.ts';
import type { Container, ContainerState } from '#adapters/container/container.ts';
import type { ContainerEngine, Image } from '#adapters/container/engine.ts';
import type { Role } from '#adapters/container/container-config.ts';
import { asLoaded, labelText, sameLabel } from '#core/model/labels.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Confinement, Fault, Plan, Probe, ProfileMode } from '#core/model/model.ts';
import type { AgentIdentity } from '#adapters/probe/agent-proof.ts';
import type { ProbeTarget, TargetOptions } from '#adapters/probe/probe-target.ts';
import type { Host } from '../session/host.ts';
import { asFault } from '../session/session.ts';

export interface StartOptions {
  readonly host: Host;
  readonly plan: Plan;
  readonly policy: LoadedPolicy;
  readonly image: Image;
  readonly engine: ContainerEngine;
  readonly run: string;
  /** Distinguishes the suites of one run. */
  readonly number: number;
  /** Start peers that no probe names, too. */
  readonly allPeers?: boolean | undefined;
  /** The agent's file on the host, and what it is. */
  readonly agent: { readonly file: string; readonly identity: AgentIdentity };
}

/** What probes are tried in. */
export interface StartedContainers {
  readonly confined: ProbeTarget;
  /** Undefined when the spec asks for none. */
  readonly control: ProbeTarget | undefined;
  /** The service did not live or become ready under the profile; a container that only waits took its place. */
  readonly serviceFault: Fault | undefined;
}

/** A container whose first process runs. */
interface Running {
  readonly container: Container;
  readonly state: ContainerState;
}

/** The label that the processes of a container must have. */
interface ExpectedLabel {
  /** The profile's name as loaded, or `unconfined`. */
  readonly loadedAs: string;
  /** Undefined for `unconfined`. */
  readonly mode: ProfileMode | undefined;
  /** Name and mode, as the kernel prints them. */
  readonly text: string;
}

/** Every container of one suite: started, proved, and removed in the end however far the start came. */
export class SuiteContainers {
  readonly #options: StartOptions;
  readonly #labels: Confinement['labels'][number][] = [];
  #containers: Container[] = [];
  #targets: ProbeTarget[] = [];
  /** The names of the peers that have been started beside each container. */
  readonly #peersOf = new Map<ProbeTarget, Set<string>>();

  constructor(options: StartOptions) {
    this.#options = options;
  }

  /** The label of each process that was looked at, in the order in which they were read. */
  get labels(): Confinement['labels'] {
    return this.#labels;
  }

  /** Adds a label that was read. */
  addLabel(label: Confinement['labels'][number]): void {
    this.#labels.push(label);
  }

  /**
   * Starts the confined container, its control and the peers of both.
   * @throws HarnessError `container-failed`, `control-failed`, `not-confined`, `profile-ambiguous`
   */
  async start(): Promise<StartedContainers> {
    const { plan, policy } = this.#options;
    const baseline = this.#expectedLabel(plan.baseline ?? 'unconfined', 'The control');
    const [confined, control] = await Promise.allSettled([
      this.#startConfined(),
      plan.control ? this.#startMain('control', baseline.loadedAs) : undefined,
    ]);
    if (control.status === 'rejected') throw controlFailure(control.reason);
    if (confined.status === 'rejected') throw confined.reason;

    const { loadedAs, mode } = policy;
    const profile: ExpectedLabel = { loadedAs, mode, text: labelText(loadedAs, mode) };
    const targets = {
      confined: this.#makeTarget(confined.value.running, 'confined', profile),
      control: control.value === undefined ? undefined : this.#makeTarget(control.value, 'control', baseline),
    };
    const probes = [...plan.probes, ...plan.closed.flatMap((closed) => closed.attempts)];
    await this.startPeers(targets.confined, probes);
    if (targets.control !== undefined) await this.startPeers(targets.control, probes);
    return { ...targets, serviceFault: confined.value.serviceFault };
  }

  /**
   * Starts the peers of a container that its probes name, as far as they are not there: they share its processes and
   * its network.
   * @throws HarnessError `container-failed`, `not-confined`, `profile-ambiguous`
   */
  async startPeers(main: ProbeTarget, probes: readonly Probe[]): Promise<void> {
    const { plan, allPeers } = this.#options;
    const started = this.#peersOf.get(main) ?? new Set();
    const named = new Set(
      probes
        .filter(({ control }) => control || !main.isControl)
        .flatMap(({ action, from }) => [from, action.kind === 'operation' ? action.other : undefined]),
    );
    const missing = plan.peers.filter(({ name }) => (allPeers === true || named.has(name)) && !started.has(name));
    this.#peersOf.set(main, new Set([...started, ...missing.map(({ name }) => name)]));
    await Promise.all(missing.map((peer) => this.#startPeer(main, peer)));
  }

  /** Ends the agents of one container and removes it; its peers are left to `close`. */
  async remove(target: ProbeTarget): Promise<void> {
    await target.close();
    await target.container.remove(() => undefined);
    this.#targets = this.#targets.filter((other) => other !== target);
    this.#containers = this.#containers.filter((other) => other !== target.container);
  }

  /** Ends the agents and removes the containers. @returns what could not be removed. */
  async close(): Promise<readonly HarnessError[]> {
    for (const target of this.#targets) await target.close();
    const removals = await Promise.allSettled(
      this.#containers.map((container) =>
        container.remove(() => {
          this.#unconfine();
        }),
      ),
    );
    this.#targets = [];
    this.#containers = [];
    return removals.flatMap((removal) => (removal.status === 'rejected' ? [asHarnessError(removal.reason)] : []));
  }

  /** Takes the profile away from processes that it keeps from being killed. An engine's own profile is not ours. */
  #unconfine(): void {
    const { host, policy } = this.#options;
    const { policySha256, names } = policy;
    if (policySha256 === undefined) return;
    for (const name of names) host.removeProfile(name);
  }

  /**
   * A service that fails under the profile is a finding, and no reason to stop: the profile can still be probed with a
   * process that only waits.
   */
  async #startConfined(): Promise<{ running: Running; serviceFault: Fault | undefined }> {
    const { loadedAs } = this.#options.policy;
    try {
      return { running: await this.#startMain('confined', loadedAs), serviceFault: undefined };
    } catch (thrown) {
      const { code } = asHarnessError(thrown);
      if (code !== 'container-exited' && code !== 'not-ready') throw thrown;
      return { running: await this.#startWaiting(loadedAs), serviceFault: asFault(thrown) };
    }
  }

  /** Starts the image's own service, or a process that waits where there is none. */
  async #startMain(role: Role, profile: string): Promise<Running> {
    const { host, plan, image } = this.#options;
    const { hold, command, entrypoint } = plan.container;
    const hasService = image.startable || command !== undefined || entrypoint !== undefined;
    const container = await this.#create({ role, profile, keepAlive: hold || !hasService, suffix: role });
    await container.start(role);
    return { container, state: await host.waitReady(container, role, plan.ready) };
  }

  async #startWaiting(profile: string): Promise<Running> {
    const { host } = this.#options;
    const role = 'confined';
    const container = await this.#create({ role, profile, keepAlive: true, suffix: `${role}-waiting` });
    await container.start(role);
    return { container, state: await host.waitReady(container, role, undefined) };
  }

  async #startPeer(main: ProbeTarget, { name, profile }: Plan['peers'][number]): Promise<void> {
    const { host } = this.#options;
    const role = main.isControl ? 'control' : 'confined';
    const title = `peer ${name} of the ${role}`;
    const expected = this.#expectedLabel(profile, `The peer ${name}`);
    const container = await this.#create({
      role,
      profile: expected.loadedAs,
      keepAlive: true,
      suffix: `${role}-peer-${name}`,
      joins: main.container.id,
    });
    await container.start(title);
    const state = await host.waitReady(container, title, undefined);
    main.addPeer(name, this.#proved({ container, state }, { role, title: `${title} container`, expected }));
  }

  /** Creates a container and lists it at once, so that it is removed whatever happens next. */
  async #create({
    suffix,
    ...differences
  }: {
    readonly role: Role;
    readonly profile: string;
    readonly keepAlive: boolean;
    readonly suffix: string;
    readonly joins?: string;
  }): Promise<Container> {
    const { plan, engine, run, number, agent } = this.#options;
    const name = `apparmor-probe-${run}-${number}-${suffix}`;
    const container = await engine.create({ spec: plan.container, run, agent: agent.file, name, ...differences });
    this.#containers.push(container);
    return container;
  }

  #makeTarget(running: Running, role: Role, expected: ExpectedLabel): ProbeTarget {
    const { host } = this.#options;
    const target = host.makeTarget(this.#proved(running, { role, title: `${role} container`, expected }));
    this.#targets.push(target);
    return target;
  }

  /** Proves the label of the first process now, and of each agent when it starts. */
  #proved(
    { container, state }: Running,
    { role, title, expected }: { readonly role: Role; readonly title: string; readonly expected: ExpectedLabel },
  ): TargetOptions {
    const { text, mode } = expected;
    this.#proveLabel(`first process of the ${title}`, state.pid, text);
    const confining = {
      expected: text,
      killed: mode === 'kill' || mode === 'mixed', // a stack of several modes may have one that kills
      names: this.#options.policy.written,
      control: role === 'control',
    };
    const onAgent: TargetOptions['onAgent'] = ({ user, pid }) => {
      this.#proveLabel(`agent in the ${title}${user === undefined ? '' : ` as ${user}`}`, pid, text);
    };
    const { agent, plan } = this.#options;
    return { container, state, confining, title, agent: agent.identity, spec: plan.container, onAgent };
  }

  /** @throws HarnessError `not-confined` */
  #proveLabel(process: string, pid: number, expected: string): void {
    const label = this.#options.host.labelTextOf(pid);
    this.#labels.push({ process, pid, label });
    if (sameLabel(label, expected)) return;
    throw new HarnessError(
      'not-confined',
      `The ${process} (pid ${pid}) has the label ${label} instead of ${expected}.`,
    );
  }

  /**
   * What a control or a peer runs under: unconfined, a profile of the spec's file, or one that is loaded already.
   * @throws HarnessError `profile-ambiguous`
   */
  #expectedLabel(profile: string, who: string): ExpectedLabel {
    const { host, policy } = this.#options;
    const loadedAs = asLoaded(profile, policy.written);
    if (loadedAs === 'unconfined') return { loadedAs, mode: undefined, text: loadedAs };
    const mode = host.loadedProfiles().get(loadedAs);
    if (mode === undefined)
      throw new HarnessError(
        'profile-ambiguous',
        `${who} must run under ${profile}, which is neither in the profile file nor loaded on this host.`,
      );
    return { loadedAs, mode, text: labelText(loadedAs, mode) };
  }
}

function controlFailure(thrown: unknown): unknown {
  if (!(thrown instanceof HarnessError)) return thrown;
  return new HarnessError('control-failed', thrown.message, { details: thrown.details });
}
