/** `npm run test:soak [-- RUNS]`: both shipped specs, 50 times in a row in one guest. No verdict may differ between any two runs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildLab, startGuest } from '#adapters/lab/index.ts';
import type { SoakRun } from '../../test/guest/programs/soak.ts';
import { ensureAgent } from '../build/build-agent.ts';
import { bundle, root } from '../build/bundle.mjs';

const wanted = Number(process.argv[2] ?? 50);
const started = performance.now();
const runs: SoakRun[] = [];
const differing: string[] = [];

/** Compares a run with the first. */
function take(line: string): void {
  const run = JSON.parse(line) as SoakRun;
  const [first = run] = runs;
  runs.push(run);
  const names = [...new Set([...Object.keys(first.verdicts), ...Object.keys(run.verdicts)])];
  const different = names
    .filter((name) => first.verdicts[name] !== run.verdicts[name])
    .map(
      (name) =>
        `${name}: ${first.verdicts[name] ?? 'none'} in run 1, ${run.verdicts[name] ?? 'none'} in run ${run.number}`,
    );
  differing.push(...different, ...run.faults.map((fault) => `run ${run.number}: ${fault}`));
  process.stdout.write(
    `[${((performance.now() - started) / 1000).toFixed(0).padStart(5)}s] run ${run.number} of ${wanted}: exit ${run.exit}, ${names.length} verdicts, ${different.length} differ, ${run.seconds} s\n`,
  );
  for (const one of different) process.stdout.write(`  ${one}\n`);
}

await ensureAgent();
mkdirSync(join(root, 'build'), { recursive: true });
const program = join(root, 'build/guest-soak.cjs');
await bundle('test/guest/programs/soak.ts', program);
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
  let rest = '';
  await guest.exec(['node', program, String(wanted)], {
    cwd: root,
    onStdout: (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) take(line);
    },
    onStderr: (chunk) => {
      process.stderr.write(chunk);
    },
  });
} finally {
  await guest.stop();
}
const judged = runs.reduce((sum, { verdicts }) => sum + Object.keys(verdicts).length, 0);
process.stdout.write(
  `${runs.length} runs, ${judged} verdicts, ${differing.length} differ, exits ${[...new Set(runs.map(({ exit }) => exit))].join(', ')}\n`,
);
process.exitCode = runs.length === wanted && differing.length === 0 && runs.every(({ exit }) => exit === 0) ? 0 : 1;
