/**
 * `npm test`: the unit tests here, then the tests in lab guests on real kernels, then one line for all of it.
 *   --unit                only the unit tests
 *   --guest [GROUP…]      only the guest's, or only these groups of them, on trixie
 */
import Mocha from 'mocha';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildLab, type LabSuite } from '#adapters/lab/index.ts';
import { root } from '../build/bundle.mjs';
import { bundleTests, guestTests, type Counts } from './with-guest.ts';

interface Job {
  readonly suite: LabSuite;
  readonly groups: readonly string[];
}

/** Trixie in full, bookworm briefly, whose records look different. */
const JOBS: readonly Job[] = [
  { suite: 'bookworm', groups: ['gate', 'classes'] }, // first: its guest may have to be built
  { suite: 'trixie', groups: ['operations', 'peers', 'modes'] },
  { suite: 'trixie', groups: ['errors', 'action', 'restore'] },
  { suite: 'trixie', groups: ['weaken', 'gate', 'hostile'] },
  { suite: 'trixie', groups: ['container', 'profile', 'classes'] },
  { suite: 'trixie', groups: ['sources', 'labels'] },
  { suite: 'trixie', groups: ['mutate', 'init'] },
  { suite: 'trixie', groups: ['truth', 'coverage'] },
  { suite: 'trixie', groups: ['matcher', 'diff'] },
];
/** An emulated guest keeps one processor busy. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));

const started = performance.now();
const say = (line: string): void => {
  process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)}s] ${line}\n`);
};

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
    runner
      .on('pass', () => {
        counts.passed += 1;
      })
      .on('fail', () => {
        counts.failed += 1;
      })
      .on('pending', () => {
        counts.skipped += 1;
      });
  });
  return counts;
}

async function main(): Promise<void> {
  const [mode, ...groups] = process.argv.slice(2);
  const all: Counts[] = [];
  if (mode !== '--guest') {
    say('unit tests');
    // guests that have to be built are built meanwhile: who needs one waits for it, and is told what went wrong
    if (mode !== '--unit')
      for (const suite of new Set(JOBS.map((job) => job.suite)))
        buildLab({
          suite,
          progress: (line) => {
            say(`${suite.padEnd(16)} ${line}`);
          },
        }).catch(() => undefined);
    all.push(await unitTests());
  }
  if (mode !== '--unit') {
    const tests = await bundleTests();
    const queue = groups.length > 0 ? [{ suite: 'trixie' as const, groups }] : [...JOBS];
    const inGuest: Counts[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          const tag = `${job.suite}:${job.groups[0] ?? 'all'}`;
          inGuest.push(
            (await guestTests(job.suite, job.groups, tests, (line) => say(`${tag.padEnd(16)} ${line}`))).counts,
          );
        }
      }),
    );
    say(`${inGuest.reduce((sum, { passed, failed }) => sum + passed + failed, 0)} tests ran in lab guests`);
    all.push(...inGuest);
  }
  const total = all.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }));
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exit(total.failed > 0 || total.skipped > 0 || total.passed === 0 ? 1 : 0); // a skipped test proves nothing
}

await main();
