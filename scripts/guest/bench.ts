/** `npm run bench [PROBES]`: how long things take, as ratios within one run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecord } from '#core/audit/parse-record.ts';
import { root } from '../build/bundle.mjs';
import { print } from './print.ts';
import { bundleProgram, runProgram } from './with-guest.ts';

const RECORDS = join(root, 'test/unit/core/audit/fixtures/linux-6.12.107.txt');
const ROUNDS = 5;
const REPEATS = 40;

/** Lines a second of a function, the best of some rounds. */
function rate(lines: readonly string[], work: (line: string) => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    for (let i = 0; i < REPEATS; i += 1) {
      for (const line of lines) work(line);
    }
    const seconds = (performance.now() - started) / 1000;
    return (REPEATS * lines.length) / seconds;
  });
  return Math.max(...rounds);
}

const records = readFileSync(RECORDS, 'utf8')
  .split('\n')
  .filter((line) => line !== '');
const parsed = rate(records, parseRecord);
const split = rate(records, (line) => line.split(' ').map((part) => part.split('=')));
const ratio = (split / parsed).toFixed(1);
print(
  `audit records: ${parsed.toFixed(0)} parsed a second; splitting the same lines at blanks is ${ratio} times as fast`,
);

await runProgram(await bundleProgram('bench'), [process.argv[2] ?? '1000'], print);
