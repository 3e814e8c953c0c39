/** One agent: started by `docker exec` inside a container, fed probes, its frames turned into observations. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Exec } from '../container/container.ts';
import { isTriedInChild } from '#core/spec/operation-effects.ts';
import { HarnessError } from '#core/model/errors.ts';
import { childOf, labelTextOf, atSecureOf } from '../kernel/process-label.ts';
import { labelOf } from '../kernel/securityfs/loaded-profiles.ts';
import { asLoaded, asWritten, sameLabel, type Names } from '#core/model/labels.ts';
import type { ResultingLabel, Observation, Probe, ProcessProof } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { credentialsOf, type AgentProver } from './agent-proof.ts';
import { captured, lost, observed } from './captured-output.ts';
import { pausedForm, loadedArgs } from './paused-operations.ts';
import { OUTPUT_CAP } from './limits.ts';
import {
  encodeGo,
  encodeHello,
  encodeOp,
  encodeRun,
  encodeStop,
  FrameDecoder,
  type Frame,
  type WaitingFrame,
  type ResultFrame,
} from './agent-protocol.ts';

const HELLO_MS = 60_000;
const PID_POLL_MS = 50;
/** How often probes are looked for that wait for too long. */
const LATE_POLL_MS = 1000;
/** On top of a probe's own limit, which the agent keeps: then the agent itself is stuck. */
const GRACE_MS = 30_000;
/** Found out while a probe was tried; the end of the suite says more. */
const NOT_ALONE = 'what answered is not the agent, or somebody traces it';
/** How the engine's runtime reports, in place of the agent's first frame, that it could not execute it. */
const RUNTIME_REFUSAL =
  /OCI runtime exec failed\b(?!.*apparmor profile).*\b(?:permission denied|no such file|exec format error)/;

interface Pending {
  readonly stdout: Buffer[];
  readonly stderr: Buffer[];
  /** When the agent has to have answered, as `performance.now()` counts. */
  readonly deadline: number;
  /** Ends the waiting: with the agent's answer and the agent as it was seen after it, or with why there is none. */
  settle: (answer: Answer | string) => void;
  /** Of a command, once its process is there. */
  process?: ProcessProof;
}

/** An answer that counts. */
interface Answer {
  readonly result: ResultFrame;
  /** The agent, looked at after the answer had come. */
  readonly agent: ProcessProof;
}

/** What came of one request. */
interface Exchanged {
  readonly seen: Observation;
  /** Process that the operation left paused, as the agent numbers it; 0: none. */
  readonly pausedPid: number;
}

/** How an agent is started, and what is to be true of it. */
export interface AgentOptions {
  /** The agent's file, as the container has it. */
  readonly path: string;
  /** Undefined for the container's own user. */
  readonly user: string | undefined;
  readonly confining: Confining;
  readonly prover: AgentProver;
}

/** What is to confine the processes of a container. */
export interface Confining {
  /** Label and mode, as the kernel prints them. */
  readonly expected: string;
  /** The profile kills who is denied: every operation gets a process of its own. */
  readonly killed: boolean;
  readonly names: Names;
  /** In the unconfined control, or a peer of it: what is tried there is no probe's witness. */
  readonly control: boolean;
}

export class AgentSession {
  readonly user: string | undefined;
  /** Process id on the host. */
  readonly pid: number;
  /** What it had when it started: {@link credentialsOf}. */
  readonly credentials: readonly string[];
  readonly #exec: Exec;
  readonly #confining: Confining;
  readonly #prover: AgentProver;
  readonly #pending = new Map<string, Pending>();
  /** The agent keeps one paused process at a time: the next pause waits for this one. */
  #lastPause: Promise<unknown> = Promise.resolve();
  /** How many pauses are under way or wait for their turn. */
  #pauses = 0;
  #ended: string | undefined;
  /** Requests of this turn of the event loop: they go out together. */
  #outbox: Buffer[] = [];
  #lateTimer: NodeJS.Timeout | undefined;

  /**
   * Starts an agent, proves from outside that it is the agent, and waits for its greeting. Nothing that it says counts
   * before that: the token, without which it cannot answer, is sent to none but the agent.
   * @throws HarnessError `agent-failed`, `agent-replaced`
   */
  static async start(container: Pick<Container, 'exec'>, options: AgentOptions): Promise<AgentSession> {
    const { path, user, prover } = options;
    const exec = await container.exec([path, 'serve'], { user });
    const token = randomBytes(16).toString('hex');
    const output = new AgentOutput(exec, token);
    let pid: number;
    try {
      const greeting = output.greeting();
      pid = await beforeItEnds(greeting, provedPid(exec, prover));
      exec.stdin.write(encodeHello(token));
      await greeting;
    } catch (error) {
      exec.close();
      throw notStarted(error as Error, user, output.beginning());
    }

    const session = new AgentSession(exec, pid, options);
    output.onFrames = (frames) => {
      session.#takeAll(frames);
    };
    output.onEnd = (why) => {
      session.#end(why);
    };
    return session;
  }

  private constructor(exec: Exec, pid: number, { user, confining, prover }: AgentOptions) {
    this.#exec = exec;
    this.pid = pid;
    this.credentials = credentialsOf(pid);
    this.user = user;
    this.#confining = confining;
    this.#prover = prover;
  }

  /** Whether another process is an agent, too. */
  isAgent(pid: number): boolean {
    return this.#prover.isAgent(pid);
  }

  /** Proves once more that it is the agent, unless it has ended. @throws HarnessError `agent-replaced` */
  async proveAgain(): Promise<void> {
    if (this.#ended === undefined) await this.#prover.proveAgain(this.pid);
  }

  /**
   * Tries one probe. Many may be under way at once, the agent works through them in order; a command has to be alone.
   */
  async perform(probe: Probe): Promise<Observation> {
    const form = pausedForm(probe);
    if (form === undefined) return (await this.#exchange(probe, this.#encode(probe))).seen;
    const args = loadedArgs(probe.action, this.#loaded);
    return this.pause(probe, form, args, (observation) => Promise.resolve(observation));
  }

  /**
   * Leaves a process paused, reads its label, and ends it.
   * @param name of an operation that leaves its process paused, with `args`.
   * @param look is given what was seen and the process as the agent numbers it, and may do more while it is there.
   */
  pause(
    probe: Probe,
    name: string,
    args: readonly string[],
    look: (observation: Observation, inner: number) => Promise<Observation>,
  ): Promise<Observation> {
    this.#pauses += 1;
    const turn = this.#lastPause.then(async () => {
      const { seen, pausedPid } = await this.#exchange(probe, encodeOp({ tag: probe.id, name, args }));
      if (seen.errno !== undefined || pausedPid === 0) return seen;
      const resultingLabel = this.#resultingLabel(pausedPid, name.startsWith('exec'));
      const observation = await look({ ...seen, carried: resultingLabel }, pausedPid);
      // the next pause ends it as well, in one exchange less
      if (this.#pauses === 1) await this.#exchange(probe, encodeOp({ tag: probe.id, name: 'release', args: [] }));
      return observation;
    });
    const end = (): void => {
      this.#pauses -= 1;
    };
    this.#lastPause = turn.then(end, end);
    return turn;
  }

  async #exchange(probe: Probe, request: Buffer): Promise<Exchanged> {
    if (this.#ended !== undefined) return { seen: lost(this.#ended), pausedPid: 0 };
    const pending: Pending = {
      stdout: [],
      stderr: [],
      deadline: performance.now() + probe.timeoutMs + GRACE_MS,
      settle: () => undefined,
    };
    const answered = new Promise<Answer | string>((resolve) => {
      pending.settle = resolve;
    });
    this.#pending.set(probe.id, pending);
    this.#lateTimer ??= setInterval(() => {
      this.#giveUpLate();
    }, LATE_POLL_MS);
    this.#send(request);
    const answer = await answered;
    this.#pending.delete(probe.id);
    if (this.#pending.size === 0) this.#stopTimer();
    if (typeof answer === 'string') return { seen: lost(answer), pausedPid: 0 };

    const { result, agent } = answer;
    const seen = {
      ...observed(result),
      process: pending.process ?? agent,
      stdout: captured(Buffer.concat(pending.stdout), result.stdoutBytes),
      stderr: captured(Buffer.concat(pending.stderr), result.stderrBytes),
    };
    return { seen, pausedPid: result.pausedPid };
  }

  #send(request: Buffer): void {
    if (this.#outbox.push(request) > 1) return;
    process.nextTick(() => {
      this.#exec.stdin.write(Buffer.concat(this.#outbox));
      this.#outbox = [];
    });
  }

  #giveUpLate(): void {
    const now = performance.now();
    for (const { deadline, settle } of this.#pending.values()) if (deadline < now) settle('the agent did not answer');
  }

  #stopTimer(): void {
    clearInterval(this.#lateTimer);
    this.#lateTimer = undefined;
  }

  /** Reads the label of a process that is about to make an attempt. */
  #proof(pid: number | undefined): ProcessProof {
    return { pid: pid ?? 0, label: pid === undefined ? 'none' : labelTextOf(pid), expected: this.#confining.expected };
  }

  /** The process that is to become a command waits: its label is read before it executes anything. */
  confirm(inner: number, parent = this.pid): ProcessProof & { readonly right: boolean } {
    const process = this.#proof(childOf(parent, inner));
    const isAgent = this.#prover.isAgent(process.pid);
    if (!isAgent) this.#end(NOT_ALONE);
    return { ...process, right: isAgent && sameLabel(process.label, process.expected) };
  }

  /** The label of a paused process of the agent. @param executed whether it has executed a program. */
  #resultingLabel(inner: number, executed: boolean): ResultingLabel {
    const pid = childOf(this.pid, inner) ?? 0;
    const { label = 'none', mode } = labelOf(pid) ?? {};
    const secure = executed ? atSecureOf(pid) : undefined;
    return { pid, label: asWritten(label, this.#confining.names), ...defined({ mode, secure }) };
  }

  readonly #loaded = (label: string): string => asLoaded(label, this.#confining.names);

  /** The command of a probe with the user's home in place of `~`. */
  argvOf({ action }: Probe): string[] {
    if (action.kind === 'shell') return ['/bin/sh', '-c', action.script];
    if (action.kind !== 'run') return [];
    const home = action.tildes.length === 0 ? '' : this.#home();
    return action.argv.map((word, i) => (action.tildes.includes(i) ? home + word.slice(1) : word));
  }

  /** Ends the agent: it exits at the end of its input. */
  close(): void {
    this.#end('the agent was stopped');
    this.#exec.close();
  }

  #encode(probe: Probe): Buffer {
    const { action } = probe;
    switch (action.kind) {
      case 'operation':
        return encodeOp({
          tag: probe.id,
          name: action.name,
          args: loadedArgs(action, this.#loaded),
          isolated: this.#confining.killed || isTriedInChild(action),
        });
      case 'run':
      case 'shell':
        return encodeRun({ tag: probe.id, timeoutMs: probe.timeoutMs, capBytes: OUTPUT_CAP, argv: this.argvOf(probe) });
      case 'http':
        throw new Error('not for the agent');
    }
  }

  /** Takes frames that came together: one look at the agent, after all of them, is proof for each. */
  #takeAll(frames: readonly Frame[]): void {
    const agent = frames.some(({ type }) => type === 'result') ? this.#provedAgent() : undefined;
    for (const frame of frames) {
      if (frame.type !== 'result') this.#take(frame);
      else if (agent !== undefined) this.#pending.get(frame.tag)?.settle({ result: frame, agent });
    }
  }

  /**
   * Operations are the agent's own, or of its child: a label that is lost does not come back, so it is read after.
   * @returns undefined, and the session has ended, when it is not the agent any more.
   */
  #provedAgent(): ProcessProof | undefined {
    if (this.#prover.isAgent(this.pid)) return this.#proof(this.pid);
    this.#end(NOT_ALONE);
    return undefined;
  }

  #take(frame: Exclude<Frame, ResultFrame>): void {
    if (frame.type === 'output') this.#pending.get(frame.tag)?.[frame.stream].push(frame.data);
    else if (frame.type === 'waiting') this.#release(frame);
    else this.#end(frame.type === 'fatal' ? frame.message : 'the agent greeted twice');
  }

  #release({ tag, pid }: WaitingFrame): void {
    const pending = this.#pending.get(tag);
    const { right, ...process } = this.confirm(pid);
    if (pending !== undefined) pending.process = process;
    this.#send(right ? encodeGo(tag) : encodeStop(tag));
  }

  #end(why: string): void {
    this.#ended ??= why;
    for (const { settle } of this.#pending.values()) settle(why);
  }

  /** HOME as `docker exec` set it for this user, read from outside: inside, reading it could be denied. */
  #home(): string {
    const environment = readFileSync(`/proc/${this.pid}/environ`, 'utf8').split('\0');
    return environment.find((entry) => entry.startsWith('HOME='))?.slice('HOME='.length) ?? '/';
  }
}

/** @throws HarnessError `agent-failed`, `agent-replaced` */
async function provedPid(exec: Exec, prover: AgentProver): Promise<number> {
  const pid = await hostPid(exec);
  await prover.prove(pid, { isServing: true });
  return pid;
}

/** @returns what the work returns. @throws as soon as the agent has ended, or said something else than a greeting */
async function beforeItEnds<Result>(greeting: Promise<void>, work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined); // the greeting may fail first
  return Promise.race([work, greeting.then(() => work)]);
}

/** Older engines (20.10) learn the process id only a moment after the start, and report 0 until then. */
async function hostPid(exec: Exec): Promise<number> {
  const deadline = performance.now() + HELLO_MS;
  while (performance.now() < deadline) {
    const pid = await exec.pid();
    if (pid > 0) return pid;
    await sleep(PID_POLL_MS);
  }
  throw new HarnessError('agent-failed', 'The engine does not report the process id of the agent.');
}

/** @param beginning of what the agent's process wrote: often the words of the runtime that could not start it. */
function notStarted(error: Error, user: string | undefined, beginning: string): HarnessError {
  if (error instanceof HarnessError && error.code === 'agent-replaced') return error;
  const who = user === undefined ? '' : ` as ${user}`;
  const refusal = RUNTIME_REFUSAL.exec(beginning)?.[0];
  if (refusal !== undefined)
    return new HarnessError('agent-not-executable', `The agent cannot be executed in the container${who}: ${refusal}.`);
  const words = beginning === '' ? '' : `: ${beginning}`;
  return new HarnessError('agent-failed', `The agent did not start${who}: ${error.message}${words}.`, { cause: error });
}

/** The output of an agent's process: frames for whoever listens at the time, and the beginning as text. */
class AgentOutput {
  /** Called with the frames that came together. */
  onFrames: (frames: readonly Frame[]) => void = () => undefined;
  /** Called when no more frames come, and why. */
  onEnd: (why: string) => void = () => undefined;
  readonly #firstChunks: Buffer[] = [];

  constructor(exec: Exec, token: string) {
    const decoder = new FrameDecoder(token);
    exec.stdout.on('data', (chunk: Buffer) => {
      this.#keep(chunk);
      try {
        this.onFrames(decoder.push(chunk));
      } catch (error) {
        this.onEnd((error as Error).message);
        exec.close(); // nothing that follows can be trusted
      }
    });
    exec.stdout.on('end', () => {
      this.onEnd('the agent has ended');
    });
    exec.stderr.on('data', (chunk: Buffer) => {
      this.#keep(chunk);
    });
  }

  /** Waits until the agent has sent its greeting. @throws an error with the reason when it does not */
  greeting(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onFrames = ([frame]) => {
        if (frame === undefined) return;
        if (frame.type === 'hello') resolve();
        else reject(new Error(frame.type === 'fatal' ? frame.message : 'the agent sent no greeting'));
      };
      this.onEnd = (why) => {
        reject(new Error(why));
      };
      setTimeout(() => {
        reject(new Error(`no greeting in ${HELLO_MS / 1000} s`));
      }, HELLO_MS).unref();
    });
  }

  /** What came first on both streams, printable and short. */
  beginning(): string {
    const text = Buffer.concat(this.#firstChunks).toString('latin1');
    return text
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(0, 500);
  }

  #keep(chunk: Buffer): void {
    if (this.#firstChunks.length < 4) this.#firstChunks.push(chunk);
  }
}
