/** Runs the command line as a child of the action, and passes on its output and the runner's signals. */
import type { Readable } from 'node:stream';
import { start } from '#adapters/host/exec.ts';
import { visibleLines } from '#core/text/visible.ts';
import type { Ended } from './outputs.ts';

/** A line longer than this is passed on in parts: a line without an end must not fill the memory. */
const LINE = 64 * 1024;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Colours that the command's own printing uses: they change how text looks, and nothing else. */
const COLOUR = /(\x1b\[(?:0|1|2|22|3[1-69]|9[0-7])m)/;

/** A line of the command's output as the action prints it. */
export function cleanLine(line: string): string {
  return line
    .replace(/\r$/, '')
    .split(COLOUR)
    .map((part, index) => (index % 2 === 1 ? part : visibleLines(part)))
    .join('');
}

/**
 * Runs a program to its end. SIGINT and SIGTERM, which the runner sends on cancellation, go to the program, which puts
 * back what it changed; it is awaited in any case.
 * @param print is called with each line of both outputs, cleaned
 */
export function runChild(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<Ended> {
  const child = start(argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let cancelled: string | undefined;
  let startError: string | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    cancelled ??= signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) eachLine(stream, (line) => print(cleanLine(line)));
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      startError ??= error.code ?? error.message;
    });
    child.on('close', (exit, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve({
        ...(exit === null || startError !== undefined ? {} : { exit }),
        ...(signal === null ? {} : { signal }),
        ...(startError === undefined ? {} : { startError }),
        ...(cancelled === undefined ? {} : { cancelled }),
      });
    });
  });
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8'); // holds back the bytes of a character that a chunk splits
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    for (; rest.length > LINE; rest = rest.slice(LINE)) take(rest.slice(0, LINE));
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}

/**
 * The environment for the command: without what only the action itself may use. The files of the runner set outputs,
 * variables and paths of later steps, and the tokens act for the job; nothing that is under test comes near them.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^(?:INPUT_|STATE_|ACTIONS_)|^GITHUB_(?:OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|TOKEN|ARTIFACTS)$|^GH_TOKEN$/;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name))),
    ...(env['NO_COLOR'] === undefined ? { FORCE_COLOR: '1' } : {}),
  };
}
