/** What the command line prints: progress with times on standard error, results on standard output. */
import type { HarnessError } from '#core/model/errors.ts';
import { visible, visibleLines } from '#core/text/visible.ts';

const started = performance.now();

export function useColor(stream: NodeJS.WriteStream): boolean {
  if ((process.env['NO_COLOR'] ?? '') !== '') return false;
  return (process.env['FORCE_COLOR'] ?? '') !== '' || stream.isTTY;
}

/** One line with the seconds since the start: nobody stares at a silent terminal. */
export function progress(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[${seconds}s] ${visible(line)}\n`);
}

export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** An error: its code, what happened, each place, what to do. */
export function printError(error: HarnessError, verbose: boolean): void {
  const lines = [
    `error [${error.code}]: ${visibleLines(error.message)}`,
    ...error.details.map((line) => `  ${visible(line)}`),
    `  ${error.hint}`,
  ];
  if (verbose && error.cause instanceof Error) lines.push(visibleLines(error.cause.stack ?? error.cause.message));
  process.stderr.write(`${lines.join('\n')}\n`);
}
