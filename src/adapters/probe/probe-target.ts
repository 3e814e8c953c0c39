/** A running container that probes are tried in: its agents, one for each user, and its processes. */
import { asHarnessError, type HarnessError } from '#core/model/errors.ts';
import type { Container, ContainerState } from '../container/container.ts';
import { AGENT_PATH } from '../container/container-config.ts';
import { MountedFiles } from '../container/rootfs/mounted-files.ts';
import { httpGet } from '../container/http-get.ts';
import { processesWithLabel } from '../kernel/process-label.ts';
import type { LabelAndMode } from '#core/model/labels.ts';
import type { ContainerSpec, Observation, Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { controlId } from '../host/probe-ids.ts';
import { containerPids, executableOf, labelsOfThreads, parentOf } from '../kernel/container-processes.ts';
import { ContainerAgentProver, type AgentIdentity, type AgentProver } from './agent-proof.ts';
import { AgentSession, type Confining } from './agent-session.ts';
import { captured, lost, NOTHING } from './captured-output.ts';
import { tryOnPeer } from './two-process-probe.ts';
import { runThroughDockerExec } from './docker-exec-probe.ts';
import { OUTPUT_CAP } from './limits.ts';
import { runOnTerminal } from './tty-probe.ts';

/**
 * Where a process of a container comes from.
 * - `service`: from its first process.
 * - `agent`: it is an agent, or what a probe has started.
 * - `entered`: the engine, or somebody else outside, has just put it there; for a moment that is the engine's runtime.
 */
type ProcessOrigin = 'service' | 'agent' | 'entered';

/** A process of a container, as the host sees it. */
export interface ContainerProcess {
  /** On the host. */
  readonly pid: number;
  /** Its executable, as its own namespace names it: hostile text. */
  readonly exe: string;
  /** The different labels of its threads, with their modes. Empty when it has ended. */
  readonly labels: readonly LabelAndMode[];
  readonly origin: ProcessOrigin;
}

/** Where probes are tried. */
export interface ProbeTarget {
  readonly container: Container;
  /** The container's first process, on the host. */
  readonly pid: number;
  /** Process on the host whose root folder is the container's: an agent, or before there is one the first process. */
  readonly rootPid: number;
  /** It is the control container, or a peer of that. */
  readonly isControl: boolean;
  /** Adds a container that shares the namespaces of this one. @returns the peer as a target of its own */
  addPeer(name: string, options: TargetOptions): ProbeTarget;
  /**
   * Starts the agents that a probe needs. One that does not start for another reason shows when the probe is tried.
   * @returns the credentials of the one that tries it, a line each; none where it does not start
   * @throws HarnessError `agent-replaced`, `agent-not-executable`
   */
  startAgents(probe: Probe): Promise<readonly string[]>;
  /** Tries one probe. Never rejects: what goes wrong becomes an observation that is `lost`. */
  attempt(probe: Probe): Promise<Observation>;
  /** Host process ids of the agents that have started. */
  agentPids(): Promise<Set<number>>;
  /** Host process ids of the container, peers not among them. */
  pids(): Set<number>;
  /** All processes of the container with their labels, peers not among them. */
  processes(): Promise<readonly ContainerProcess[]>;
  /** @returns a clause for each mount of the spec that the container has replaced: `/x is a link to /y` */
  replacedMounts(): Promise<readonly string[]>;
  /** Proves each agent once more, also those of the peers. @returns what is wrong with them */
  proveAgents(): Promise<readonly HarnessError[]>;
  /** Host process ids outside the container that run under one of these profiles. */
  pidsOutside(profiles: readonly string[]): Set<number>;
  /** Ends the agents, also those of the peers. The container stays. */
  close(): Promise<void>;
}

export interface TargetOptions {
  readonly container: Container;
  readonly state: Pick<ContainerState, 'pid' | 'address'>;
  readonly confining: Confining;
  /** Which container, for messages: `confined container`. */
  readonly title: string;
  /** The agent's file on the host. */
  readonly agent: AgentIdentity;
  /** What it was made of. */
  readonly spec: ContainerSpec;
  /** Called with every agent before it is used: it checks the label. */
  readonly onAgent: (agent: Pick<AgentSession, 'user' | 'pid'>) => void;
}

/** Errors of an agent's start after which no probe of its container can be tried. */
const NO_AGENT: readonly string[] = ['agent-replaced', 'agent-not-executable'];

/** As the engine takes it, in both of its spellings. */
const SECCOMP_OFF = /^seccomp[=:]unconfined$/;

/** Tries probes in a container of the engine, through agents that `docker exec` starts. */
export class ContainerTarget implements ProbeTarget {
  readonly #options: TargetOptions;
  readonly #agents = new Map<string, Promise<AgentSession>>();
  readonly #peers = new Map<string, ContainerTarget>();
  readonly #prover: AgentProver;
  readonly #mounted: MountedFiles;
  /** Its host process id: the first process may have changed its root folder, an agent has not. */
  #firstAgent: number | undefined;
  /** Of a peer: the container that it was added to. */
  readonly #main: ContainerTarget | undefined;

  constructor(options: TargetOptions, main?: ContainerTarget) {
    const besides = (): readonly string[] => this.#sharers();
    this.#options = options;
    this.#main = main;
    this.#prover = new ContainerAgentProver({
      title: options.title,
      identity: options.agent,
      container: {
        id: options.container.id,
        pid: options.state.pid,
        get besides() {
          return besides();
        },
      },
      seccomp: !options.spec.securityOpt.some((option) => SECCOMP_OFF.test(option)),
    });
    this.#mounted = new MountedFiles(options.state.pid, options.spec.mounts);
  }

  get container(): Container {
    return this.#options.container;
  }

  get pid(): number {
    return this.#options.state.pid;
  }

  get rootPid(): number {
    return this.#firstAgent ?? this.pid;
  }

  get isControl(): boolean {
    return this.#options.confining.control;
  }

  addPeer(name: string, options: TargetOptions): ProbeTarget {
    const peer = new ContainerTarget(options, this);
    this.#peers.set(name, peer);
    return peer;
  }

  async startAgents(probe: Probe): Promise<readonly string[]> {
    if (probe.action.kind === 'http') return [];
    const { actor, other } = this.#ends(probe);
    const ends = other === undefined ? [actor] : [actor, other];
    const all = await Promise.allSettled(ends.map((end) => end.agent(probe.user)));
    for (const started of all) {
      const error = started.status === 'rejected' ? asHarnessError(started.reason) : undefined;
      if (error !== undefined && NO_AGENT.includes(error.code)) throw error;
    }
    const [first] = all;
    return first?.status === 'fulfilled' ? first.value.credentials : [];
  }

  async attempt(probe: Probe): Promise<Observation> {
    try {
      return await this.#attempt(this.#marked(probe));
    } catch (error) {
      return lost((error as Error).message);
    }
  }

  async agentPids(): Promise<Set<number>> {
    const agents = await Promise.allSettled(this.#agents.values());
    return new Set(agents.flatMap((result) => (result.status === 'fulfilled' ? [result.value.pid] : [])));
  }

  pids(): Set<number> {
    return containerPids({ id: this.container.id, pid: this.pid, besides: this.#sharers() });
  }

  async processes(): Promise<readonly ContainerProcess[]> {
    const agents = await this.agentPids();
    const pids = this.pids();
    return [...pids].map((pid) => ({
      pid,
      exe: executableOf(pid) ?? 'unknown',
      labels: labelsOfThreads(pid),
      origin: this.#originOf(pid, pids, agents),
    }));
  }

  /** Seen through an agent, whose root folder is the container's; the first process may have another one. */
  async replacedMounts(): Promise<readonly string[]> {
    const [agent] = await this.agentPids();
    return this.#mounted.replaced(agent ?? this.pid);
  }

  async proveAgents(): Promise<readonly HarnessError[]> {
    const own = await Promise.allSettled([...this.#agents.values()].map(async (agent) => (await agent).proveAgain()));
    const errors = own.flatMap((proof) => (proof.status === 'rejected' ? [asHarnessError(proof.reason)] : []));
    const ofPeers = await Promise.all([...this.#peers.values()].map((peer) => peer.proveAgents()));
    return [...errors.filter(({ code }) => NO_AGENT.includes(code)), ...ofPeers.flat()];
  }

  pidsOutside(profiles: readonly string[]): Set<number> {
    const inside = this.pids();
    if (inside.size === 0) return new Set(); // then nothing tells what is inside
    return new Set([...processesWithLabel(profiles)].filter((pid) => !inside.has(pid)));
  }

  async close(): Promise<void> {
    for (const peer of this.#peers.values()) await peer.close();
    for (const agent of await Promise.allSettled(this.#agents.values()))
      if (agent.status === 'fulfilled') agent.value.close();
  }

  /** The agent of a user, started on first use. */
  agent(user: string | undefined): Promise<AgentSession> {
    const key = user ?? '';
    const agent = this.#agents.get(key) ?? this.#startAgent(user);
    this.#agents.set(key, agent);
    return agent;
  }

  async #startAgent(user: string | undefined): Promise<AgentSession> {
    const { container, confining, onAgent } = this.#options;
    const agent = await AgentSession.start(container, { path: AGENT_PATH, user, confining, prover: this.#prover });
    onAgent(agent);
    this.#firstAgent ??= agent.pid;
    return agent;
  }

  /** Ids of the containers in the same namespace of processes. */
  #sharers(): readonly string[] {
    const main = this.#main ?? this;
    return [main, ...main.#peers.values()].filter((other) => other !== this).map(({ container }) => container.id);
  }

  /** Follows the parents as far as they are in the container. */
  #originOf(pid: number, pids: ReadonlySet<number>, agents: ReadonlySet<number>): ProcessOrigin {
    const seen = new Set<number>();
    let ancestor = pid;
    while (!seen.has(ancestor)) {
      if (agents.has(ancestor)) return 'agent';
      if (ancestor === this.pid) return 'service';
      seen.add(ancestor);
      const parent = parentOf(ancestor) ?? 0;
      if (pids.has(parent)) ancestor = parent;
    }
    return 'entered';
  }

  async #attempt(probe: Probe): Promise<Observation> {
    const { container, confining } = this.#options;
    const { action } = probe;
    if (action.kind === 'http') return await this.#request(action.url, probe.timeoutMs);

    const { actor, other } = this.#ends(probe);
    if (other !== undefined) return await tryOnPeer(actor, other, probe);

    const agent = await this.agent(probe.user);
    if (probe.direct) return await runThroughDockerExec(container, agent.argvOf(probe), probe, confining.expected);
    if ((action.kind === 'run' || action.kind === 'shell') && action.terminal)
      return await runOnTerminal(container, agent, probe);
    return await agent.perform(probe);
  }

  /** Who makes the attempt, and on whom: `other` is undefined for a probe of one process. */
  #ends({ action, from }: Probe): { actor: ContainerTarget; other: ContainerTarget | undefined } {
    if (action.kind !== 'operation' || action.other === undefined) return { actor: this, other: undefined };
    if (from === undefined) return { actor: this, other: this.#peer(action.other) };
    return { actor: this.#peer(from), other: this };
  }

  #peer(name: string): ContainerTarget {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`there is no peer ${name}`);
    return peer;
  }

  /** What is seen or denied in the control, or a peer of it, must not bear or tell the name of the probe. */
  #marked(probe: Probe): Probe {
    return this.isControl ? { ...probe, id: controlId(probe.id) } : probe;
  }

  async #request(url: string, timeoutMs: number): Promise<Observation> {
    const { address } = this.#options.state;
    if (address === undefined) return lost('the container has no network address');
    const started = performance.now();
    const answer = await httpGet(url, address, timeoutMs, OUTPUT_CAP);
    const durationMs = performance.now() - started;
    const stdout = captured(answer.body, answer.bytes);
    if (answer.error === 'ETIMEDOUT') return { stage: 'timeout', stdout, stderr: NOTHING, durationMs };
    return defined({
      stage: 'done' as const,
      stdout,
      stderr: NOTHING,
      durationMs,
      errno: answer.error,
      status: answer.status,
    });
  }
}
