/** A running container that probes are tried in: its agents, one for each user, and its processes. */
import { readFileSync } from 'node:fs';
import type { Container, ContainerState } from '../container/container.ts';
import { AGENT_PATH } from '../container/container-config.ts';
import { httpGet } from '../container/http-get.ts';
import { processesWithLabel } from '../kernel/process-label.ts';
import type { Observation, Probe } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { AgentSession, type Confining } from './agent-session.ts';
import { captured, lost, NOTHING } from './captured-output.ts';
import { tryOnPeer } from './two-process-probe.ts';
import { runThroughDockerExec } from './docker-exec-probe.ts';
import { OUTPUT_CAP } from './limits.ts';
import { runOnTerminal } from './tty-probe.ts';

/** Where probes are tried. */
export interface ProbeTarget {
  readonly container: Container;
  /** The container's first process, on the host. */
  readonly pid: number;
  /** It is the control container, or a peer of that. */
  readonly isControl: boolean;
  /** Adds a container that shares the namespaces of this one. @returns the peer as a target of its own */
  addPeer(name: string, options: TargetOptions): ProbeTarget;
  /** Starts the agents that a probe needs. One that does not start shows when the probe is tried. */
  startAgents(probe: Probe): Promise<void>;
  /** Tries one probe. Never rejects: what goes wrong becomes an observation that is `lost`. */
  attempt(probe: Probe): Promise<Observation>;
  /** Host process ids of the agents that have started. */
  agentPids(): Promise<Set<number>>;
  /** Host process ids of the container, from its control group; empty on a host with control groups of version 1. */
  pids(): Set<number>;
  /** Host process ids outside the container that run under one of these profiles. */
  pidsOutside(profiles: readonly string[]): Set<number>;
  /** Ends the agents, also those of the peers. The container stays. */
  close(): Promise<void>;
}

export interface TargetOptions {
  readonly container: Container;
  readonly state: Pick<ContainerState, 'pid' | 'address'>;
  readonly confining: Confining;
  /** Called with every agent before it is used: it checks the label. */
  readonly onAgent: (agent: Pick<AgentSession, 'user' | 'pid'>) => void;
}

/** Tries probes in a container of the engine, through agents that `docker exec` starts. */
export class ContainerTarget implements ProbeTarget {
  readonly #options: TargetOptions;
  readonly #agents = new Map<string, Promise<AgentSession>>();
  readonly #peers = new Map<string, ContainerTarget>();

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  get container(): Container {
    return this.#options.container;
  }

  get pid(): number {
    return this.#options.state.pid;
  }

  get isControl(): boolean {
    return this.#options.confining.control;
  }

  addPeer(name: string, options: TargetOptions): ProbeTarget {
    const peer = new ContainerTarget(options);
    this.#peers.set(name, peer);
    return peer;
  }

  async startAgents(probe: Probe): Promise<void> {
    if (probe.action.kind === 'http') return;
    const { actor, other } = this.#ends(probe);
    const ends = other === undefined ? [this] : [actor, other];
    await Promise.allSettled(ends.map((end) => end.agent(probe.user)));
  }

  async attempt(probe: Probe): Promise<Observation> {
    try {
      return await this.#attempt(probe);
    } catch (error) {
      return lost((error as Error).message);
    }
  }

  async agentPids(): Promise<Set<number>> {
    const agents = await Promise.allSettled(this.#agents.values());
    return new Set(agents.flatMap((result) => (result.status === 'fulfilled' ? [result.value.pid] : [])));
  }

  pids(): Set<number> {
    try {
      const group = /^0::(.*)$/m.exec(readFileSync(`/proc/${this.pid}/cgroup`, 'utf8'))?.[1] ?? '';
      const lines = readFileSync(`/sys/fs/cgroup${group}/cgroup.procs`, 'utf8').split('\n');
      return new Set(lines.filter((line) => line !== '').map(Number));
    } catch {
      return new Set();
    }
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
    const agent = await AgentSession.start(container, AGENT_PATH, user, confining);
    onAgent(agent);
    return agent;
  }

  async #attempt(probe: Probe): Promise<Observation> {
    const { container, confining } = this.#options;
    const { action } = probe;
    if (action.kind === 'http') return await this.#request(action.url, probe.timeoutMs);

    const { actor, other } = this.#ends(probe);
    if (other !== undefined) return await tryOnPeer(actor, other, this.#marked(probe));

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

  /** A peer of the control has its own profile: what is denied there must not have the name of the probe. */
  #marked(probe: Probe): Probe {
    return this.isControl ? { ...probe, id: probe.id.replace('.', '-') } : probe;
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
