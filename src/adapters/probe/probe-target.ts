/** A running container as a place to try things in: its agents, one for each user, and its processes. */
import { readFileSync } from 'node:fs';
import type { Container } from '../container/container.ts';
import { AGENT_PATH } from '../container/container-config.ts';
import { httpGet } from '../container/http-get.ts';
import { processesWithLabel } from '../kernel/process-label.ts';
import type { Observation, Probe } from '#core/model/model.ts';
import { AgentSession, type Confining } from './agent-session.ts';
import { captured, lost, NOTHING } from './captured-output.ts';
import { tryOnPeer } from './two-process-probe.ts';
import { runThroughDockerExec } from './docker-exec-probe.ts';
import { OUTPUT_CAP } from './limits.ts';
import { runOnTerminal } from './tty-probe.ts';

export class ProbeTarget {
  readonly container: Container;
  readonly #address: string | undefined;
  /** The container's first process, on the host. */
  readonly pid: number;
  readonly #agents = new Map<string, Promise<AgentSession>>();
  readonly #confining: Confining;
  readonly #onAgent: (agent: AgentSession) => void;
  /** The helpers that share its namespaces, by name. */
  readonly peers = new Map<string, ProbeTarget>();

  /** `onAgent` is called with every agent before it is used: it checks the label. */
  constructor(
    container: Container,
    state: { pid: number; address: string | undefined },
    confining: Confining,
    onAgent: (agent: AgentSession) => void,
  ) {
    this.container = container;
    this.pid = state.pid;
    this.#address = state.address;
    this.#confining = confining;
    this.#onAgent = onAgent;
  }

  /** Tries one probe. Never rejects: what goes wrong becomes an observation that is `lost`. */
  async attempt(probe: Probe): Promise<Observation> {
    try {
      const { action } = probe;
      if (action.kind === 'http') return await this.#http(action.url, probe.timeoutMs);
      if (action.kind === 'operation' && action.other !== undefined)
        return await tryOnPeer(
          this.#end(probe.from),
          this.#end(probe.from === undefined ? action.other : undefined),
          this.#marked(probe),
        );
      const agent = await this.agent(probe.user);
      if (probe.direct)
        return await runThroughDockerExec(this.container, agent.argvOf(probe), probe, this.#confining.expected);
      if ((action.kind === 'run' || action.kind === 'shell') && action.terminal)
        return await runOnTerminal(this.container, agent, probe);
      return await agent.perform(probe);
    } catch (error) {
      return lost((error as Error).message);
    }
  }

  /** It is the unconfined twin, or a peer of that. */
  get control(): boolean {
    return this.#confining.control;
  }

  /** Starts the agents that a probe needs. */
  async ready(probe: Probe): Promise<void> {
    const { action, from } = probe;
    if (action.kind === 'http') return;
    const other = action.kind === 'operation' ? action.other : undefined;
    const ends = other === undefined ? [this] : [this.#end(from), this.#end(from === undefined ? other : undefined)];
    await Promise.allSettled(ends.map((end) => end.agent(probe.user)));
  }

  #end(peer: string | undefined): ProbeTarget {
    const place = peer === undefined ? this : this.peers.get(peer);
    if (place === undefined) throw new Error(`there is no peer ${peer ?? ''}`);
    return place;
  }

  /** A peer of the twin is confined as its model: what is denied there must not carry the name of the probe. */
  #marked(probe: Probe): Probe {
    return this.control ? { ...probe, id: probe.id.replace('.', '-') } : probe;
  }

  /** The agent of a user, started on first use. */
  agent(user: string | undefined): Promise<AgentSession> {
    const key = user ?? '';
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = AgentSession.start(this.container, AGENT_PATH, user, this.#confining).then((session) => {
        this.#onAgent(session);
        return session;
      });
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Host process ids of the container, from its control group. */
  pids(): Set<number> {
    try {
      const group = /^0::(.*)$/m.exec(readFileSync(`/proc/${this.pid}/cgroup`, 'utf8'))?.[1] ?? '';
      return new Set(
        readFileSync(`/sys/fs/cgroup${group}/cgroup.procs`, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map(Number),
      );
    } catch {
      return new Set(); // on a host with control groups of version 1 no process is excluded
    }
  }

  /** Host process ids under one of these profiles that are none of the container's. */
  outsiders(names: readonly string[]): Set<number> {
    const own = this.pids();
    return new Set(own.size === 0 ? [] : [...processesWithLabel(names)].filter((pid) => !own.has(pid)));
  }

  async agentPids(): Promise<Set<number>> {
    const agents = await Promise.allSettled(this.#agents.values());
    return new Set(agents.flatMap((result) => (result.status === 'fulfilled' ? [result.value.pid] : [])));
  }

  async close(): Promise<void> {
    for (const peer of this.peers.values()) await peer.close();
    for (const result of await Promise.allSettled(this.#agents.values()))
      if (result.status === 'fulfilled') result.value.close();
  }

  async #http(url: string, timeoutMs: number): Promise<Observation> {
    if (this.#address === undefined) return lost('the container has no network address');
    const started = performance.now();
    const answer = await httpGet(url, this.#address, timeoutMs, OUTPUT_CAP);
    const durationMs = performance.now() - started;
    const stdout = captured(answer.body, answer.bytes);
    if (answer.error === 'ETIMEDOUT') return { stage: 'timeout', stdout, stderr: NOTHING, durationMs };
    return {
      stage: 'done',
      stdout,
      stderr: NOTHING,
      durationMs,
      ...(answer.error === undefined ? {} : { errno: answer.error }),
      ...(answer.status === undefined ? {} : { status: answer.status }),
    };
  }
}
