/**
 * `npm test`: the unit tests here, beside them the tests in lab guests on real kernels, then one line for all of it.
 *   --unit                only the unit tests
 *   --guest [GROUP…]      only the guest's, or only these groups of them, on trixie
 */
import Mocha from 'mocha';
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { buildLab } from '#adapters/lab/index.ts';
import { root } from '../build/bundle.mjs';
import { JOBS, type Job } from './jobs.ts';
import { exitWith, printTimed, total } from './print.ts';
import { bundleTests, guestTests, lineByLine, type Counts } from './with-guest.ts';

/** What an emulated guest may take: its memory, and what its code is translated to. */
const GUEST_BYTES = 2.5 * 1024 ** 3;

/** An emulated guest keeps one processor busy, but for what its tests wait for; and so do the unit tests. */
const AT_ONCE = Math.min(4, availableParallelism() + 1, Math.max(2, Math.floor(totalmem() / GUEST_BYTES)));

/** Some of the tests. */
type Task = () => Promise<Counts>;

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

/** The unit tests in a process of their own: they would keep this one from hearing its guests. */
async function unitTestsBeside(): Promise<Counts> {
  const child = fork(import.meta.filename, ['--unit'], { execArgv: ['--import', 'tsx'], silent: true });
  const onOutput = lineByLine(printOf('unit'));
  child.stdout?.on('data', onOutput);
  child.stderr?.on('data', onOutput);

  let counts: Counts = { passed: 0, failed: 1, skipped: 0 }; // unless they come to an end
  child.on('message', (message) => {
    counts = message as Counts;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return counts;
}

/** Starts to build the guests that are missing. Who needs one waits for it, and gets its error. */
function buildGuests(jobs: readonly Job[]): void {
  for (const suite of new Set(jobs.map((job) => job.suite)))
    buildLab({ suite, progress: printOf(suite) }).catch(() => undefined);
}

/** Each job as a task, in a guest of its own. */
async function guestTasks(jobs: readonly Job[]): Promise<Task[]> {
  const tests = await bundleTests();
  return jobs.map(({ suite, groups }) => async () => {
    const name = `${suite}:${groups[0] ?? 'all'}`;
    const started = performance.now();
    const { counts } = await guestTests(suite, groups, tests, printOf(name));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    printTimed(`${name} took ${seconds} s: ${groups.join(', ')}`);
    return counts;
  });
}

/** Starts tasks in their order, some at once. @returns their counts, in that order. */
async function runAtOnce(tasks: readonly Task[]): Promise<Counts[]> {
  const waiting = tasks.entries();
  const counts: Counts[] = [];

  const worker = async (): Promise<void> => {
    for (const [number, task] of waiting) counts[number] = await task(); // all workers take from one list
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return counts;
}

async function main(): Promise<void> {
  const [mode, ...groups] = process.argv.slice(2);
  if (mode === '--unit') {
    const counts = await unitTests();
    if (process.send !== undefined) await new Promise((resolve) => process.send?.(counts, resolve)); // unitTestsBeside
    exitWith(counts);
  }

  const jobs: readonly Job[] = groups.length > 0 ? [{ suite: 'trixie', groups }] : JOBS;
  buildGuests(jobs);
  const inGuests = await guestTasks(jobs);
  const counts = await runAtOnce(mode === '--guest' ? inGuests : [unitTestsBeside, ...inGuests]);
  const { passed, failed } = total(counts.slice(-jobs.length));
  printTimed(`${passed + failed} tests ran in lab guests`);
  exitWith(total(counts));
}

await main();
