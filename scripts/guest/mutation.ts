/**
 * `npm run test:mutation`: the full mutation score of both shipped specs, on trixie and on bookworm,
 * each in a guest of its own.
 */
import type { LabSuite } from '#adapters/lab/index.ts';
import { exitWith, printTimed, total } from './print.ts';
import { bundleTests, guestTests } from './with-guest.ts';

const SUITES: readonly LabSuite[] = ['trixie', 'bookworm'];

const tests = await bundleTests();
const runs = await Promise.all(
  SUITES.map((suite) =>
    guestTests(suite, ['mutation'], tests, (line) => {
      printTimed(`${suite.padEnd(9)} ${line}`);
    }),
  ),
);
exitWith(total(runs.map(({ counts }) => counts)));
