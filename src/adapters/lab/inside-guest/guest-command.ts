/** One command that the host asked the guest to run. */
import type { Readable } from 'node:stream';
import { start } from '#adapters/host/exec.ts';
import { FlowControl } from '../wire/flow-control.ts';
import { CHUNK, encodeCredit, encodeFrame, FRAME } from '../wire/frames.ts';

/** What the host asks for. */
export interface CommandRequest {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid: number;
}

/** How it ended, as the guest reports it to the host. */
interface CommandEnd {
  readonly exit?: number;
  readonly signal?: string;
  /** Why it did not start. */
  readonly error?: string;
}

/** Time for output to end after a kill; a process that escaped the group may hold the pipe for ever. */
const DRAIN_MS = 1000;

/** @throws Error from its constructor when the command cannot even be tried, for example with too long arguments */
export class GuestCommand {
  readonly #id: number;
  readonly #send: (frame: Buffer) => Promise<unknown>;
  readonly #child: ReturnType<typeof start>;
  readonly #credits = { [FRAME.stdout]: new FlowControl(), [FRAME.stderr]: new FlowControl() };
  #killed = false;
  #exited = false;

  constructor(id: number, request: CommandRequest, send: (frame: Buffer) => Promise<unknown>, onEnd: () => void) {
    this.#id = id;
    this.#send = send;
    // A session of its own, so that a kill reaches all that the command started.
    const child = start(request.argv, {
      cwd: request.cwd,
      env: request.env,
      stdio: 'pipe',
      detached: true,
      ...(request.uid === 0 ? {} : { uid: request.uid, gid: request.uid }),
    });
    this.#child = child;
    child.stdin?.on('error', () => undefined); // it may close its input early: its exit tells
    const output = Promise.all([this.#pump(child.stdout, FRAME.stdout), this.#pump(child.stderr, FRAME.stderr)]);
    const exited = new Promise<CommandEnd>((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) resolve({ error: error.code ?? error.message });
      });
      child.on('exit', (exit, signal) => {
        this.#exited = true;
        if (this.#killed) this.#drain();
        resolve(signal === null ? { exit: exit ?? 0 } : { signal });
      });
    });
    void Promise.all([exited, output]).then(async ([end]) => {
      await send(encodeFrame(FRAME.exit, id, JSON.stringify(end)));
      onEnd();
    });
  }

  async #pump(stream: Readable | null, kind: typeof FRAME.stdout | typeof FRAME.stderr): Promise<void> {
    if (stream === null) return;
    try {
      for await (const data of stream as AsyncIterable<Buffer>) {
        for (let from = 0; from < data.length; from += CHUNK) {
          const chunk = data.subarray(from, from + CHUNK);
          if (!(await this.#credits[kind].spend(chunk.length))) return;
          await this.#send(encodeFrame(kind, this.#id, chunk));
        }
      }
    } catch {
      /* the pipe was destroyed after a kill: what came is what there is */
    }
  }

  /** Input from the host. Credit goes back once the command has taken it, or will never take it. */
  stdin(data: Buffer): void {
    const back = (): void => {
      void this.#send(encodeFrame(FRAME.credit, this.#id, encodeCredit(FRAME.stdin, data.length)));
    };
    const stdin = this.#child.stdin;
    if (stdin === null || stdin.destroyed || stdin.writableEnded) back();
    else stdin.write(data, back);
  }

  stdinEnd(): void {
    this.#child.stdin?.end();
  }

  credit(stream: number, bytes: number): void {
    if (stream === FRAME.stdout || stream === FRAME.stderr) this.#credits[stream].give(bytes);
  }

  #drain(): void {
    setTimeout(() => {
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, DRAIN_MS);
  }

  kill(signal: NodeJS.Signals): void {
    this.#killed = true;
    if (this.#exited) this.#drain();
    const pid = this.#child.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      /* it is gone already */
    }
  }

  /** The host is another one now: end it, tell nobody. */
  abandon(): void {
    for (const credit of Object.values(this.#credits)) credit.close();
    this.kill('SIGKILL');
  }
}
