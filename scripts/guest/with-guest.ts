/** Runs groups of guest tests in a fresh guest, and brings their results back. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildLab, startGuest, type LabSuite } from '#adapters/lab/index.ts';
import { ensureAgent } from '../build/build-agent.ts';
import { bundle, root } from '../build/bundle.mjs';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Tests of one guest: their counts, and the text files that they wrote to /run/results. */
export interface GuestRun {
  readonly counts: Counts;
  readonly files: Readonly<Record<string, string>>;
}

/** Bundles the guest's tests. @returns the program. */
export async function bundleTests(): Promise<string> {
  await ensureAgent();
  mkdirSync(join(root, 'build'), { recursive: true });
  const program = join(root, 'build/guest-tests.cjs');
  await bundle('test/guest/programs/main.ts', program);
  return program;
}

/** Tests that do not come to an end count as one that failed. */
export async function guestTests(
  suite: LabSuite,
  groups: readonly string[],
  tests: string,
  tell: (line: string) => void,
): Promise<GuestRun> {
  const results = mkdtempSync(join(root, 'build', 'results-'));
  try {
    const guest = await startGuest(await buildLab({ suite, progress: tell }), { progress: tell });
    try {
      await guest.putFiles(
        [...['package.json', 'dist', 'profiles', 'specs', 'action.yml'].map((name) => join(root, name)), tests].map(
          (path) => ({ hostPath: path, guestPath: path }),
        ),
      );
      let rest = '';
      const onOutput = (chunk: Buffer): void => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') tell(line);
      };
      await guest.exec(
        ['sh', '-c', 'mkdir -p /run/results && exec node "$@"', 'sh', tests, '/run/results/counts.json', ...groups],
        { cwd: root, env: { APPARMOR_PROBE_LAB: suite }, onStdout: onOutput, onStderr: onOutput },
      );
      await guest.getFiles('/run/results', results);
    } finally {
      await guest.stop();
    }
    const read = (name: string): string => readFileSync(join(results, name), 'utf8');
    return {
      counts: JSON.parse(read('counts.json')) as Counts,
      files: Object.fromEntries(readdirSync(results).map((name) => [name, read(name)])),
    };
  } catch (error) {
    tell(`the tests did not end: ${String(error)}`);
    return { counts: { passed: 0, failed: 1, skipped: 0 }, files: {} };
  } finally {
    rmSync(results, { recursive: true });
  }
}
