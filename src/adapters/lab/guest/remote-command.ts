/** One command in the guest, seen from the host. */
import { Readable } from 'node:stream';
import { HarnessError } from '#core/model/errors.ts';
import type { GuestExit } from '../wire/guest-exit.ts';
import { FlowControl } from '../wire/flow-control.ts';
import { CHUNK, encodeCredit, FRAME, type FrameKind } from '../wire/frames.ts';
import type { CommandRequest } from '../inside-guest/guest-command.ts';
import { inTerminal } from './raw-terminal.ts';

/** Takes output. When it returns a promise, no more than a window of output comes until that is fulfilled. */
export type OutputSink = (chunk: Buffer) => void | Promise<void>;

/** How a command is run in the guest. */
export interface CommandOptions {
  /** Variables beside PATH, HOME and LANG, which are always set. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** User number; 0 when not given. The group has the same number. */
  readonly uid?: number;
  readonly stdin?: Readable | Buffer;
  readonly onStdout?: OutputSink;
  readonly onStderr?: OutputSink;
  /** Ends the command with SIGTERM, and with SIGKILL when it has not ended 10 s later. */
  readonly signal?: AbortSignal;
  /** Then it is ended with SIGKILL. */
  readonly timeoutMs?: number;
  /** Run it on a terminal of its own; its size, or true for 24 by 80. Errors then come on standard output. */
  readonly tty?: boolean | { readonly rows: number; readonly columns: number };
}

const BASE_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};
const GRACE_MS = 10_000;

export class RemoteCommand {
  readonly result: Promise<GuestExit>;
  readonly #argv: readonly string[];
  readonly #options: CommandOptions;
  readonly #send: (kind: FrameKind, payload?: Buffer | string) => Promise<void>;
  readonly #input = new FlowControl();
  readonly #timers: NodeJS.Timeout[] = [];
  /** For each output, the end of what was handed to its sink so far. */
  readonly #sinks = new Map<number, Promise<void>>();
  #timedOut = false;
  #over = false;
  #resolve!: (exit: GuestExit) => void;
  #reject!: (error: unknown) => void;

  constructor(
    argv: readonly string[],
    options: CommandOptions,
    send: (kind: FrameKind, payload?: Buffer | string) => Promise<void>,
  ) {
    this.#argv = argv;
    this.#options = options;
    this.#send = send;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const request: CommandRequest = {
      argv:
        options.tty === undefined || options.tty === false
          ? argv
          : inTerminal(argv, options.tty === true ? { rows: 24, columns: 80 } : options.tty),
      env: { ...BASE_ENV, ...options.env },
      cwd: options.cwd ?? '/',
      uid: options.uid ?? 0,
    };
    void send(FRAME.exec, JSON.stringify(request));
    this.#pumpInput().catch((error: unknown) => {
      this.#abort(error);
    });
    if (options.timeoutMs !== undefined)
      this.#later(options.timeoutMs, () => {
        this.#timedOut = true;
        this.#kill('SIGKILL');
      });
    if (options.signal?.aborted === true) this.#onAbort();
    else options.signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#kill('SIGTERM');
    this.#later(GRACE_MS, () => {
      this.#kill('SIGKILL');
    });
  };

  #later(ms: number, work: () => void): void {
    this.#timers.push(setTimeout(work, ms));
  }

  #kill(signal: NodeJS.Signals): void {
    void this.#send(FRAME.kill, signal);
  }

  async #pumpInput(): Promise<void> {
    const { stdin } = this.#options;
    if (stdin !== undefined) {
      for await (const data of (Buffer.isBuffer(stdin) ? [stdin] : stdin) as AsyncIterable<Buffer | string>) {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data;
        for (let from = 0; from < bytes.length; from += CHUNK) {
          const chunk = bytes.subarray(from, from + CHUNK);
          if (!(await this.#input.spend(chunk.length))) return;
          await this.#send(FRAME.stdin, chunk);
        }
      }
    }
    await this.#send(FRAME.stdinEnd);
  }

  /** The guest's command took that much of its input. */
  inputTaken(bytes: number): void {
    this.#input.give(bytes);
  }

  /** Hands output on, in order; the guest may send more once it was consumed. */
  output(kind: typeof FRAME.stdout | typeof FRAME.stderr, chunk: Buffer): void {
    const sink = kind === FRAME.stdout ? this.#options.onStdout : this.#options.onStderr;
    const before = this.#sinks.get(kind) ?? Promise.resolve();
    this.#sinks.set(
      kind,
      before
        .then(async () => {
          if (this.#over) return;
          await sink?.(chunk);
          void this.#send(FRAME.credit, encodeCredit(kind, chunk.length));
        })
        .catch((error: unknown) => {
          this.#abort(error);
        }),
    );
  }

  /** The guest reports that the command ended; its last output may still be on its way to the sinks. */
  ended(end: { readonly exit?: number; readonly signal?: string; readonly error?: string }): void {
    void Promise.all(this.#sinks.values()).then(() => {
      if (end.error !== undefined) {
        const program = `${this.#argv[0] ?? ''} cannot be started in the lab guest`;
        const folder = this.#options.cwd ?? '/';
        this.fail(new HarnessError('lab-guest', `${program}, in the folder ${folder}: ${end.error}.`));
        return;
      }
      this.#close();
      this.#resolve({
        exit: end.exit,
        timedOut: this.#timedOut,
        ...(end.signal === undefined ? {} : { signal: end.signal }),
      });
    });
  }

  /** A sink or the input failed: the command serves nobody any more. */
  #abort(error: unknown): void {
    if (this.#over) return;
    this.#kill('SIGKILL');
    this.fail(error);
  }

  /** Rejects the result. */
  fail(error: unknown): void {
    this.#close();
    this.#reject(error);
  }

  #close(): void {
    this.#over = true;
    this.#input.close();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    if (this.#options.stdin instanceof Readable) this.#options.stdin.destroy();
  }
}
