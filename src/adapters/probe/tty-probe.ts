/** A command on a terminal that the engine makes, as `docker exec -t` does: inside, making one could be denied. */
import { randomBytes } from 'node:crypto';
import { AGENT_PATH } from '../container/container-config.ts';
import type { Container, Exec } from '../container/container.ts';
import type { Observation, Probe, ProcessProof } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { AgentSession } from './agent-session.ts';
import { OUTPUT_CAP } from './limits.ts';
import { captured, lost, NOTHING, observed } from './captured-output.ts';
import { commandLineOf } from '../kernel/container-processes.ts';
import { parseTtyWaiting, parseTtyTrailer, ttyStatus } from './agent-protocol.ts';

/** On top of the probe's own limit, which the agent keeps. */
const GRACE_MS = 30_000;
/** More bytes than this are not read: the trailer is lost with them, which the verdict reports. */
const READ_CAP = 16 * 1024 * 1024;

/** Runs the command of a probe on a terminal. A terminal has one output: it is given as stdout. */
export async function runOnTerminal(container: Container, agent: AgentSession, probe: Probe): Promise<Observation> {
  const token = randomBytes(16).toString('hex');
  const argvOf = (first: string): string[] => [
    AGENT_PATH,
    'tty',
    first,
    probe.id,
    `${probe.timeoutMs}`,
    '--',
    ...agent.argvOf(probe),
  ];
  const exec = await container.exec(argvOf(token), { user: probe.user, terminal: true });
  const terminal = new Terminal({ exec, agent, token, commandLine: argvOf('\0'.repeat(token.length)) });
  const output = await terminal.read(probe.timeoutMs + GRACE_MS);
  exec.close();

  const parsed = parseTtyTrailer(output, token);
  const proof = defined({ process: terminal.process });
  if (parsed === undefined) return { ...lost('the agent on the terminal did not get to its end'), ...proof };
  // whoever has read the token in time can write on the terminal as well, but the engine reports this
  if ((await exec.exit()) !== ttyStatus(parsed.outcome))
    return { ...lost('what came out of the terminal is not what the agent ended with'), ...proof };
  return {
    ...observed(parsed.outcome),
    ...proof,
    stdout: captured(parsed.output.subarray(0, OUTPUT_CAP), parsed.output.length),
    stderr: NOTHING,
  };
}

interface TerminalOptions {
  readonly exec: Exec;
  readonly agent: AgentSession;
  readonly token: string;
  /** Of the agent on the terminal, without the token, which it forgets at once. */
  readonly commandLine: readonly string[];
}

/** What comes out of the terminal: first the agent's word that the process waits, then the command's output. */
class Terminal {
  readonly #exec: Exec;
  readonly #agent: AgentSession;
  readonly #token: string;
  readonly #commandLine: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #hasStarted = false;
  #process: ProcessProof | undefined;

  constructor({ exec, agent, token, commandLine }: TerminalOptions) {
    this.#exec = exec;
    this.#agent = agent;
    this.#token = token;
    this.#commandLine = commandLine.map((word) => `${word}\0`).join('');
  }

  /** The process that became the command; undefined when it never waited. */
  get process(): ProcessProof | undefined {
    return this.#process;
  }

  /** Reads to the end, or as long as it may take. @returns all output after the command was let go. */
  async read(timeoutMs: number): Promise<Buffer> {
    const { stdout } = this.#exec;
    await new Promise<void>((resolve) => {
      stdout.on('data', (chunk: Buffer) => {
        this.#take(chunk);
      });
      stdout.on('end', resolve);
      stdout.on('close', resolve);
      setTimeout(resolve, timeoutMs).unref();
    });
    return Buffer.concat(this.#chunks);
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= READ_CAP) this.#chunks.push(chunk);
    if (this.#hasStarted) return;
    const waiting = parseTtyWaiting(Buffer.concat(this.#chunks), this.#token);
    if (waiting === undefined) return;
    this.#hasStarted = true;
    this.#chunks = [waiting.rest];
    this.#letGo(waiting.pid).catch(() => {
      this.#exec.close();
    });
  }

  /** Reads the label of the process that waits, and lets it go on by a line only if that is right. */
  async #letGo(waitingPid: number): Promise<void> {
    const terminalAgent = await this.#exec.pid();
    const { right, ...proof } = this.#agent.confirm(waitingPid, terminalAgent);
    this.#process = proof;
    // a program over the agent's path could execute the agent with another command
    const isAsked = commandLineOf(terminalAgent) === this.#commandLine;
    if (right && isAsked && this.#agent.isAgent(terminalAgent)) this.#exec.stdin.write('\n');
    else this.#exec.close();
  }
}
