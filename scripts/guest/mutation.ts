/** `npm run test:mutation`: the full mutation score of both shipped specs, on trixie and on bookworm, each in a guest of its own. */
import { bundleTests, guestTests } from './with-guest.ts';

const started = performance.now();
const say = (line: string): void => {
  process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)}s] ${line}\n`);
};
const tests = await bundleTests();
const runs = await Promise.all(
  (['trixie', 'bookworm'] as const).map((suite) =>
    guestTests(suite, ['mutation'], tests, (line) => say(`${suite.padEnd(9)} ${line}`)),
  ),
);
const passed = runs.reduce((sum, { counts }) => sum + counts.passed, 0);
const failed = runs.reduce((sum, { counts }) => sum + counts.failed + counts.skipped, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
