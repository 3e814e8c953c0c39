/** The only importer of node:child_process. A non-zero exit is data, not an exception. */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';

/** How a program ended. Every field is always present. Text is decoded as UTF-8. */
export interface ExecResult {
  readonly argv: readonly string[];
  /** Exit status; undefined when it did not start or a signal ended it. */
  readonly exit: number | undefined;
  readonly signal: string | undefined;
  /** Why it did not start, for example `ENOENT`; undefined when it ran. */
  readonly startError: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Called with each chunk of standard error, for progress. */
  readonly onStderr?: (chunk: string) => void;
  readonly onStdout?: (chunk: string) => void;
}

/**
 * Runs a program without a shell and collects its output.
 * @returns how it ended; never rejects for a program that fails or is missing.
 */
export function exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    let startError: string | undefined;
    const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' });
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      options.onStdout?.(chunk.toString());
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err.push(chunk);
      options.onStderr?.(chunk.toString());
    });
    child.stdin.on('error', () => undefined); // a program may close its input early: its exit tells
    child.on('error', (error: NodeJS.ErrnoException) => {
      startError = error.code ?? error.message;
    });
    child.on('close', (exit, signal) => {
      clearTimeout(timer);
      resolve({
        argv,
        exit: startError === undefined ? (exit ?? undefined) : undefined,
        signal: signal ?? undefined,
        startError,
        timedOut,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString(),
      });
    });
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program while nothing else can happen. @returns what it printed; undefined where it did not exit with 0. */
export function execNow(argv: readonly string[], timeoutMs: number): string | undefined {
  const [program = '', ...args] = argv;
  const { status, stdout } = spawnSync(program, args, { timeout: timeoutMs, encoding: 'utf8', stdio: 'pipe' });
  return status === 0 ? stdout : undefined;
}

/** Starts a program that outlives the call; the caller owns it. */
export function start(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [program = '', ...args] = argv;
  return spawn(program, args, options);
}
