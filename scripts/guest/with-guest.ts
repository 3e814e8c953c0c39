/** Runs programs and groups of tests in a fresh guest. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildLab, startGuest, type FileToPut, type Guest, type LabSuite } from '#adapters/lab/index.ts';
import { ensureAgent } from '../build/build-agent.ts';
import { bundle, root } from '../build/bundle.mjs';

/** Numbers of tests. */
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

/** What the guest needs of this repository. */
const SHIPPED = ['package.json', 'dist', 'profiles', 'specs', 'action.yml'];

/** Bundles a program of test/guest/programs/ to one file below build/. @returns its path */
export async function bundleProgram(name: string): Promise<string> {
  await ensureAgent();
  mkdirSync(join(root, 'build'), { recursive: true });

  const program = join(root, `build/guest-${name}.cjs`);
  await bundle(`test/guest/programs/${name}.ts`, program);
  return program;
}

/** Bundles the guest's tests. @returns the path of the program that runs them */
export function bundleTests(): Promise<string> {
  return bundleProgram('main');
}

/**
 * Runs a program in a guest of the default suite.
 *
 * @param program as bundleProgram made it
 * @param onLine takes each line of its standard output. Everything else goes to standard error.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const progress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const guest = await startGuest(await buildLab({ progress }), { progress });
  try {
    await putFiles(guest, program);
    await guest.exec(['node', program, ...args], {
      cwd: root,
      onStdout: lineByLine(onLine),
      onStderr: (chunk) => {
        process.stderr.write(chunk);
      },
    });
  } finally {
    await guest.stop();
  }
}

/**
 * Runs groups of tests in a guest. Tests that do not come to an end count as one that failed.
 *
 * @param tests the program, as bundleTests made it
 * @param onLine takes each line of their output, and of the progress of the guest
 */
export async function guestTests(
  suite: LabSuite,
  groups: readonly string[],
  tests: string,
  onLine: (line: string) => void,
): Promise<GuestRun> {
  const results = mkdtempSync(join(root, 'build', 'results-'));
  try {
    const guest = await startGuest(await buildLab({ suite, progress: onLine }), { progress: onLine });
    try {
      await putFiles(guest, tests);

      const run = 'mkdir -p /run/results && exec node "$@"';
      const onOutput = lineByLine(onLine);
      await guest.exec(['sh', '-c', run, 'sh', tests, '/run/results/counts.json', ...groups], {
        cwd: root,
        env: { APPARMOR_PROBE_LAB: suite },
        onStdout: onOutput,
        onStderr: onOutput,
      });
      await guest.getFiles('/run/results', results);
    } finally {
      await guest.stop();
    }
    return readResults(results);
  } catch (error) {
    onLine(`the tests did not end: ${String(error)}`);
    return { counts: { passed: 0, failed: 1, skipped: 0 }, files: {} };
  } finally {
    rmSync(results, { recursive: true });
  }
}

/** Copies a program and what it needs to the same paths in the guest. */
function putFiles(guest: Guest, program: string): Promise<void> {
  const paths = [...SHIPPED.map((name) => join(root, name)), program];
  return guest.putFiles(paths.map((path): FileToPut => ({ hostPath: path, guestPath: path })));
}

function readResults(folder: string): GuestRun {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    counts: JSON.parse(read('counts.json')) as Counts,
    files: Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)])),
  };
}

/** A sink for output that hands on whole lines, apart from empty ones. */
export function lineByLine(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  };
}
