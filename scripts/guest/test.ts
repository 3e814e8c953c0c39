/**
 * `npm test`: the unit tests here, then the tests in lab guests on real kernels, then one line for all of it.
 *   --unit                only the unit tests
 *   --guest [GROUP…]      only the guest's, or only these groups of them, on trixie
 */
import Mocha from 'mocha';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildLab } from '#adapters/lab/index.ts';
import { root } from '../build/bundle.mjs';
import { JOBS, type Job } from './jobs.ts';
import { exitWith, printTimed, total } from './print.ts';
import { bundleTests, guestTests, type Counts } from './with-guest.ts';

/** An emulated guest keeps one processor busy. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));

/** Prints a line that is about one guest or suite. */
function printOf(name: string): (line: string) => void {
  return (line) => {
    printTimed(`${name.padEnd(16)} ${line}`);
  };
}

async function unitTests(): Promise<Counts> {
  const mocha = new Mocha({ reporter: 'dot', timeout: 60_000, forbidPending: true, failZero: true });
  const folder = join(root, 'test/unit');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (file.endsWith('.test.ts')) mocha.addFile(join(folder, file));
  await mocha.loadFilesAsync();

  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  await new Promise<void>((resolve) => {
    const runner = mocha.run((failures) => {
      counts.failed = Math.max(counts.failed, failures);
      resolve();
    });
    runner.on('pass', () => {
      counts.passed += 1;
    });
    runner.on('fail', () => {
      counts.failed += 1;
    });
    runner.on('pending', () => {
      counts.skipped += 1;
    });
  });
  return counts;
}

/** Starts to build the guests that are missing. Who needs one waits for it, and gets its error. */
function buildGuests(): void {
  for (const suite of new Set(JOBS.map((job) => job.suite)))
    buildLab({ suite, progress: printOf(suite) }).catch(() => undefined);
}

/** Runs jobs, some at once, each in a guest of its own. */
async function runJobs(jobs: readonly Job[]): Promise<Counts[]> {
  const tests = await bundleTests();
  const waiting = [...jobs];
  const done: Counts[] = [];

  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const { suite, groups } = job;
      const { counts } = await guestTests(suite, groups, tests, printOf(`${suite}:${groups[0] ?? 'all'}`));
      done.push(counts);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

async function main(): Promise<void> {
  const [mode, ...groups] = process.argv.slice(2);
  const all: Counts[] = [];

  if (mode !== '--guest') {
    printTimed('unit tests');
    if (mode !== '--unit') buildGuests(); // meanwhile
    all.push(await unitTests());
  }
  if (mode !== '--unit') {
    const inGuests = await runJobs(groups.length > 0 ? [{ suite: 'trixie', groups }] : JOBS);
    const { passed, failed } = total(inGuests);
    printTimed(`${passed + failed} tests ran in lab guests`);
    all.push(...inGuests);
  }
  exitWith(total(all));
}

await main();
