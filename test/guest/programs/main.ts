/** Runs the guest's tests with mocha, inside the guest: `node guest-main.cjs RESULT-FILE GROUP…` */
import Mocha from 'mocha';
import { writeFileSync } from 'node:fs';

const GROUPS: Readonly<Record<string, () => Promise<unknown>>> = {
  gate: () => import('../gate.test.ts'),
  weaken: () => import('../weaken.test.ts'),
  truth: () => import('../truth.test.ts'),
  labels: () => import('../labels.test.ts'),
  closed: () => import('../closed.test.ts'),
  'closed-file': () => import('../closed-file.test.ts'),
  asked: () => import('../asked.test.ts'),
  peers: () => import('../peers.test.ts'),
  modes: () => import('../modes.test.ts'),
  commands: () => import('../commands.test.ts'),
  chains: () => import('../chains.test.ts'),
  switch: () => import('../switch.test.ts'),
  hints: () => import('../hints.test.ts'),
  thousands: () => import('../thousands.test.ts'),
  classes: () => import('../classes.test.ts'),
  operations: () => import('../operations.test.ts'),
  records: () => import('../records.test.ts'),
  profile: () => import('../profile.test.ts'),
  container: () => import('../container.test.ts'),
  hostile: () => import('../hostile.test.ts'),
  trust: () => import('../trust.test.ts'),
  errors: () => import('../errors.test.ts'),
  mutate: () => import('../mutate.test.ts'),
  additions: () => import('../additions.test.ts'),
  mutation: () => import('../mutation.test.ts'),
  restore: () => import('../restore.test.ts'),
  init: () => import('../init.test.ts'),
  coverage: () => import('../coverage.test.ts'),
  action: () => import('../action.test.ts'),
  sources: () => import('../sources.test.ts'),
  matcher: () => import('../matcher.test.ts'),
  diff: () => import('../diff.test.ts'),
  'diff-property': () => import('../diff-property.test.ts'),
  'gate-revisions': () => import('../gate-revisions.test.ts'),
};

const [resultFile = '', ...wanted] = process.argv.slice(2);
const mocha = new Mocha({
  reporter: 'spec',
  timeout: 600_000,
  slow: 60_000,
  color: process.env['FORCE_COLOR'] !== undefined,
  failZero: true,
  forbidPending: true,
});
mocha.suite.emit('pre-require', globalThis, '', mocha); // describe and it, before a test file is loaded

async function main(): Promise<void> {
  for (const group of wanted.length > 0 ? wanted : Object.keys(GROUPS)) {
    const load = GROUPS[group];
    if (load === undefined) throw new Error(`no test group ${group}`);
    await load();
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const runner = mocha.run((failures) => {
    counts.failed = Math.max(counts.failed, failures);
    writeFileSync(resultFile, JSON.stringify(counts));
    process.exit(failures === 0 ? 0 : 1);
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
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(2);
});
