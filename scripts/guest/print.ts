/** What the scripts of the guest print. */
import type { Counts } from './with-guest.ts';

const started = performance.now();

/** Prints a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line with the seconds since the script started. */
export function printTimed(line: string): void {
  const seconds = (performance.now() - started) / 1000;
  print(`[${seconds.toFixed(1).padStart(6)}s] ${line}`);
}

/** Adds up the counts of several runs. */
export function total(runs: readonly Counts[]): Counts {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of runs) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/** Prints the counts and ends the script: with 0 when something passed, and nothing failed or was skipped. */
export function exitWith({ passed, failed, skipped }: Counts): never {
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 || skipped > 0 || passed === 0 ? 1 : 0); // a skipped test proves nothing
}
