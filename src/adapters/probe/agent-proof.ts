/**
 * Proves from outside that a process is the agent, and nobody in between: the container may have put a program of its
 * own in the agent's place, or one that stands between it and the harness.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import {
  containerPids,
  linkOf,
  namespaceOf,
  numberIn,
  numbersIn,
  statusOf,
  type ContainerOfProcesses,
} from '../kernel/container-processes.ts';

/** The engine names the process a moment before it executes the agent: how long that takes, how often to look. */
const EXECUTED_MS = 5000;
const POLL_MS = 20;
/** A file system that the container serves itself may never answer. */
const READ_MS = 10_000;
/** The agent's standard streams. */
const STREAMS = [0, 1, 2];
/** Namespaces that the engine gives each process of a container alike. */
const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts'];

/** What makes the agent's file this one, and no other. */
export interface AgentIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sha256: string;
}

/** @returns the identity of a file on this host. @throws when it cannot be read */
export async function agentIdentity(file: string): Promise<AgentIdentity> {
  const { dev, ino } = await stat(file, { bigint: true });
  return { device: dev, inode: ino, sha256: sha256(await readFile(file)) };
}

/** Tells whether a process is the agent. */
export interface AgentProver {
  /**
   * Waits until the process has become the agent, and proves it.
   * @param isServing its standard streams lead to the engine, and nobody else has them.
   * @throws HarnessError `agent-replaced`
   */
  prove(pid: number, options: { readonly isServing: boolean }): Promise<void>;
  /** Whether the process still executes the agent's file, and nobody traces it: a quick look. */
  isAgent(pid: number): boolean;
  /** Proves an agent once more. @throws HarnessError `agent-replaced` */
  proveAgain(pid: number): Promise<void>;
}

export interface ProverOptions {
  /** Which container, for the message: `the control container`. */
  readonly title: string;
  readonly identity: AgentIdentity;
  readonly container: ContainerOfProcesses;
  /** Whether the engine filters system calls in the container. */
  readonly seccomp: boolean;
}

/** Proves the agents of one container. */
export class ContainerAgentProver implements AgentProver {
  readonly #options: ProverOptions;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  async prove(pid: number, { isServing }: { readonly isServing: boolean }): Promise<void> {
    const deadline = performance.now() + EXECUTED_MS;
    let problem = await this.#problem(pid, isServing);
    while (problem !== undefined && performance.now() < deadline) {
      await sleep(POLL_MS);
      problem = await this.#problem(pid, isServing);
    }
    if (problem !== undefined) throw this.#error(pid, problem);
  }

  isAgent(pid: number): boolean {
    const { device, inode } = this.#options.identity;
    try {
      const { dev, ino } = statSync(`/proc/${pid}/exe`, { bigint: true });
      return dev === device && ino === inode && tracerProblem(pid) === undefined;
    } catch {
      return false;
    }
  }

  async proveAgain(pid: number): Promise<void> {
    const problem = (await this.#fileProblem(pid)) ?? tracerProblem(pid);
    if (problem !== undefined) throw this.#error(pid, problem);
  }

  async #problem(pid: number, isServing: boolean): Promise<string | undefined> {
    const problem = (await this.#fileProblem(pid)) ?? this.#surroundingsProblem(pid);
    return problem === undefined && isServing ? this.#streamsProblem(pid) : problem;
  }

  async #fileProblem(pid: number): Promise<string | undefined> {
    const { device, inode, sha256: expected } = this.#options.identity;
    const exe = `/proc/${pid}/exe`;
    try {
      const { dev, ino } = await inTime(stat(exe, { bigint: true }));
      if (dev !== device || ino !== inode) return `it executes ${linkOf(exe) ?? 'another file'}, which is another file`;
      if (sha256(await inTime(readFile(exe))) !== expected) return "its file has other bytes than the agent's";
      return undefined;
    } catch (error) {
      return `its executable cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
    }
  }

  /** Whoever started the agent in the engine's place could have changed what it sees. */
  #surroundingsProblem(pid: number): string | undefined {
    const { container, seccomp } = this.#options;
    const parent = numberIn(statusOf(pid), 'PPid') ?? 0;
    const members = containerPids(container);
    if (!members.has(pid)) return 'it is not in the container';
    if (members.has(parent)) return 'a process of the container started it, and not the engine';
    const allowed = (filtersOf(parent) ?? 0) + (seccomp ? 1 : 0);
    const filters = filtersOf(pid);
    if (filters !== undefined && filters > allowed) return 'it has a seccomp filter that is not of the engine';
    const strange = NAMESPACES.find((kind) => namespaceOf(pid, kind) !== namespaceOf(container.pid, kind));
    if (strange !== undefined) return `it is in another namespace (${strange}) than the container's first process`;
    if (linkOf(`/proc/${pid}/root`) !== '/') return 'its root folder was changed';
    return tracerProblem(pid);
  }

  /** Requests come from the engine, and answers go to it: its process has the other end of each pipe. */
  #streamsProblem(pid: number): string | undefined {
    const pipes = STREAMS.map((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? 'nothing');
    const parent = numberIn(statusOf(pid), 'PPid') ?? 0;
    const ofEngine = linksOf(parent);
    const unknown = pipes.findIndex((pipe) => !pipe.startsWith('pipe:') || !ofEngine.has(pipe));
    if (unknown >= 0) return `its stream ${unknown} does not lead to the engine`;
    const others = [...containerPids(this.#options.container)].filter((other) => other !== pid);
    const holder = others.find((other) => pipes.some((pipe) => linksOf(other).has(pipe)));
    return holder === undefined ? undefined : `process ${holder} of the container shares its streams`;
  }

  #error(pid: number, problem: string): HarnessError {
    if (namespaceOf(pid, 'pid') === undefined)
      return new HarnessError('agent-failed', `The agent in the ${this.#options.title} (pid ${pid}) has ended.`);
    return new HarnessError(
      'agent-replaced',
      `What runs as the agent in the ${this.#options.title} (pid ${pid}) is not the agent alone: ${problem}.`,
    );
  }
}

/** What the engine gives a process beside its namespaces (fs/proc/array.c, proc_pid_status). */
const CREDENTIALS = /^(?:Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp\w*):.*$/gm;

/**
 * Users, groups, capabilities and filters of a process, a line each. A program that was put over the agent's path could
 * give some of them up before it executes the agent.
 */
export function credentialsOf(pid: number): readonly string[] {
  return statusOf(pid).match(CREDENTIALS) ?? [];
}

function tracerProblem(pid: number): string | undefined {
  const tracer = numberIn(statusOf(pid), 'TracerPid');
  return tracer === undefined || tracer === 0 ? undefined : `process ${tracer} traces it`;
}

/** How many seccomp filters a process has; undefined before Linux 5.9. */
function filtersOf(pid: number): number | undefined {
  return numberIn(statusOf(pid), 'Seccomp_filters');
}

/** What the descriptors of a process lead to. */
function linksOf(pid: number): Set<string> {
  return new Set(numbersIn(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? ''));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws when the work takes too long. */
async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in time'));
    }, READ_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
