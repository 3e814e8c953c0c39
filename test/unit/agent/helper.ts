/** Runs the real agent of dist/agent on this machine, through the product's own codec. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encodeGo,
  encodeHello,
  encodeOp,
  encodeRun,
  FrameDecoder,
  type Frame,
  type ResultFrame,
  type RunRequest,
} from '#adapters/probe/agent-protocol.ts';
import { start } from '#adapters/host/exec.ts';

export const AGENT = fileURLToPath(new URL('../../../dist/agent/agent-x86_64', import.meta.url));
export const TOKEN = '0123456789abcdef0123456789abcdef';

export interface Session {
  readonly frames: readonly Frame[];
  readonly exit: number | null;
  readonly signal: string | null;
}

export interface Options {
  /** What to start in place of the agent itself; it must come down to `agent serve`. */
  readonly argv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Sent as they are, without a `hello` before them. */
  readonly raw?: boolean;
  /** Keeps the agent's input open until so many results have come. */
  readonly openFor?: number;
  /** Called with each frame as it comes, the agent's process id, and what sends a further request. */
  readonly onFrame?: (frame: Frame, pid: number, send: (request: Buffer) => void) => void;
}

/** Sends all requests at once, closes the agent's input and collects its answers. */
export function talk(requests: readonly Buffer[], options: Options = {}): Promise<Session> {
  const child = start(options.argv ?? [AGENT, 'serve'], {
    cwd: options.cwd,
    env: options.env ?? { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const decoder = new FrameDecoder(TOKEN);
  const frames: Frame[] = [];
  let open = options.openFor ?? 0;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => {
      try {
        for (const frame of decoder.push(chunk)) {
          frames.push(frame);
          options.onFrame?.(frame, child.pid ?? 0, (request) => child.stdin?.write(request));
          if (frame.type === 'result' && --open === 0) child.stdin?.end();
        }
      } catch (error) {
        child.kill('SIGKILL');
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    child.on('close', (exit, signal) => {
      resolve({ frames, exit, signal });
    });
    child.stdin?.write(Buffer.concat(options.raw === true ? requests : [encodeHello(TOKEN), ...requests]));
    if (open === 0) child.stdin?.end();
  });
}

/** A command that may begin at once: nobody looks at its process first. */
export function command(request: RunRequest): Buffer {
  return Buffer.concat([encodeRun(request), encodeGo(request.tag)]);
}

export function results(session: Session): ResultFrame[] {
  return session.frames.filter((frame) => frame.type === 'result');
}

function only(session: Session): ResultFrame {
  const [result, more] = results(session);
  if (result === undefined || more !== undefined) throw new Error(`not one result: ${JSON.stringify(session)}`);
  return result;
}

/** One operation in an agent of its own. */
export async function op(name: string, ...args: string[]): Promise<ResultFrame> {
  return only(await talk([encodeOp({ tag: 'p1', name, args })]));
}

export interface Ran extends ResultFrame {
  readonly out: string;
  readonly err: string;
}

/** One command in an agent of its own, with what it wrote. */
export async function run(
  argv: readonly string[],
  request: Partial<RunRequest> = {},
  options: Options = {},
): Promise<Ran> {
  const session = await talk([command({ tag: 'p1', timeoutMs: 10_000, capBytes: 1 << 20, argv, ...request })], options);
  const text = (stream: string): string =>
    Buffer.concat(
      session.frames.flatMap((frame) => (frame.type === 'output' && frame.stream === stream ? [frame.data] : [])),
    ).toString();
  return { ...only(session), out: text('stdout'), err: text('stderr') };
}

/** A folder that is there for one test. */
export async function withFolder<T>(body: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
