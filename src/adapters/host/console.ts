/** What the command line prints: progress and errors on standard error, results on standard output. */
import type { HarnessError } from '#core/model/errors.ts';
import { visible, visibleLines } from '#core/text/visible.ts';

const startedMs = performance.now();

/** NO_COLOR wins over FORCE_COLOR; without either, only a terminal gets colours. */
export function useColor(stream: NodeJS.WriteStream): boolean {
  if ((process.env['NO_COLOR'] ?? '') !== '') return false;
  return (process.env['FORCE_COLOR'] ?? '') !== '' || stream.isTTY;
}

/** Prints one line, with the seconds since the start. */
export function progress(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[${seconds}s] ${visible(line)}\n`);
}

/** Prints lines of a result; nothing when there are none. */
export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** Prints an error: its code, what happened, its details and what to do; `verbose` adds the stack of its cause. */
export function printError(error: HarnessError, verbose: boolean): void {
  const lines = [
    `error [${error.code}]: ${visibleLines(error.message)}`,
    ...error.details.map((line) => `  ${visible(line)}`),
    `  ${error.hint}`,
  ];
  if (verbose && error.cause instanceof Error) lines.push(visibleLines(error.cause.stack ?? error.cause.message));
  process.stderr.write(`${lines.join('\n')}\n`);
}
