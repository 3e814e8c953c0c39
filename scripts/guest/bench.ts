/** `npm run bench [PROBES]`: how long things take, as ratios within one run. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecord } from '#core/audit/parse-record.ts';
import { buildLab, startGuest } from '#adapters/lab/index.ts';
import { bundle, root } from '../build/bundle.mjs';

/** Lines a second of a function, the best of five rounds. */
function rate(lines: readonly string[], work: (line: string) => unknown): number {
  const rounds = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (let i = 0; i < 40; i += 1) for (const line of lines) work(line);
    return (40 * lines.length) / ((performance.now() - started) / 1000);
  });
  return Math.max(...rounds);
}

const lines = readFileSync(join(root, 'test/unit/core/audit/fixtures/linux-6.12.107.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '');
const parsed = rate(lines, parseRecord);
const split = rate(lines, (line) => line.split(' ').map((part) => part.split('=')));
process.stdout.write(
  `audit records: ${parsed.toFixed(0)} parsed a second; splitting the same lines at blanks is ${(split / parsed).toFixed(1)} times as fast\n`,
);

mkdirSync(join(root, 'build'), { recursive: true });
const program = join(root, 'build/guest-bench.cjs');
await bundle('test/guest/programs/bench.ts', program);
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const guest = await startGuest(await buildLab({ progress }), { progress });
try {
  await guest.putFiles(
    [...['package.json', 'dist', 'profiles', 'specs'].map((name) => join(root, name)), program].map((path) => ({
      hostPath: path,
      guestPath: path,
    })),
  );
  await guest.exec(['node', program, process.argv[2] ?? '1000'], {
    cwd: root,
    onStdout: (chunk) => {
      process.stdout.write(chunk);
    },
    onStderr: (chunk) => {
      process.stderr.write(chunk);
    },
  });
} finally {
  await guest.stop();
}
