/** Runs the command line as a child process of the action, and passes on its output and the runner's signals. */
import type { Readable } from 'node:stream';
import { start } from '#adapters/host/exec.ts';
import { defined } from '#core/model/optional.ts';
import { visibleLines } from '#core/text/visible.ts';
import type { CommandExit } from './outputs.ts';

/** A longer line is passed on in parts, so that output without a line end does not fill the memory. In characters. */
const MAX_LINE = 64 * 1024;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Escape sequences that only set colours, as the command prints them. */
const COLOR_SEQUENCE = /(\x1b\[(?:0|1|2|22|3[1-69]|9[0-7])m)/;

/** Makes a line of the command's output safe to print: control characters become text, colours stay. */
export function cleanLine(line: string): string {
  return line
    .replace(/\r$/, '')
    .split(COLOR_SEQUENCE)
    .map((part, index) => (index % 2 === 1 ? part : visibleLines(part)))
    .join('');
}

/**
 * Runs a program to its end. When the workflow is cancelled the runner sends SIGINT and SIGTERM: they are passed on,
 * and the program is still waited for, since it restores the host.
 * @param print called with each line of both outputs, made safe by `cleanLine`
 */
export function runChild(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<CommandExit> {
  const child = start(argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) eachLine(stream, (line) => print(cleanLine(line)));

  let cancelled: string | undefined;
  let startError: string | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    cancelled ??= signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);

  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      startError ??= error.code ?? error.message;
    });
    child.on('close', (exit, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve(
        defined({
          exit: startError === undefined ? (exit ?? undefined) : undefined,
          signal: signal ?? undefined,
          startError,
          cancelled,
        }),
      );
    });
  });
}

/** Calls `take` with each line, without its end; also with the last one when it has none. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8'); // holds back the bytes of a character that a chunk splits
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) take(rest.slice(0, MAX_LINE));
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}

/** Variables that are for the action alone: its inputs and state, files that set outputs of the job, and tokens. */
const PRIVATE_VARIABLE =
  /^(?:INPUT_|STATE_|ACTIONS_)|^GITHUB_(?:OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|TOKEN|ARTIFACTS)$|^GH_TOKEN$/;

/** The environment of the command: nothing that is under test may act for the job or change its later steps. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passedOn = Object.entries(env).filter(([name]) => !PRIVATE_VARIABLE.test(name));
  const color = env['NO_COLOR'] === undefined ? { FORCE_COLOR: '1' } : {};
  return { ...Object.fromEntries(passedOn), ...color };
}
