/**
 * `npm run test:soak [-- RUNS]`: both shipped specs, 50 times in a row in one guest.
 * No verdict may differ between any two runs.
 */
import type { SoakRun } from '../../test/guest/programs/soak.ts';
import { print, printTimed } from './print.ts';
import { bundleProgram, runProgram } from './with-guest.ts';

const wanted = Number(process.argv[2] ?? 50);
const runs: SoakRun[] = [];
const differing: string[] = [];

/** Takes a line of the program: a run as JSON, which is compared with the first. Other lines are left out. */
function take(line: string): void {
  if (!line.startsWith('{')) return;

  const run = JSON.parse(line) as SoakRun;
  runs.push(run);

  const { number, exit, seconds, faults } = run;
  const different = differences(runs[0] ?? run, run);
  differing.push(...different, ...faults.map((fault) => `run ${number}: ${fault}`));

  const verdicts = namesOf(run).length;
  printTimed(
    `run ${number} of ${wanted}: exit ${exit}, ${verdicts} verdicts, ${different.length} differ, ${seconds} s`,
  );
  for (const difference of different) print(`  ${difference}`);
}

function namesOf({ verdicts }: SoakRun): string[] {
  return Object.keys(verdicts);
}

/** The probes, classes and members whose verdict is not that of the first run, in words. */
function differences(first: SoakRun, run: SoakRun): string[] {
  const names = new Set([...namesOf(first), ...namesOf(run)]);
  const changed = [...names].filter((name) => first.verdicts[name] !== run.verdicts[name]);

  const verdictIn = ({ verdicts, number }: SoakRun, name: string): string =>
    `${verdicts[name] ?? 'none'} in run ${number}`;
  return changed.map((name) => `${name}: ${verdictIn(first, name)}, ${verdictIn(run, name)}`);
}

await runProgram(await bundleProgram('soak'), [`${wanted}`], take);

const verdicts = runs.reduce((sum, run) => sum + namesOf(run).length, 0);
const exits = [...new Set(runs.map(({ exit }) => exit))];
print(`${runs.length} runs, ${verdicts} verdicts, ${differing.length} differ, exits ${exits.join(', ')}`);

const complete = runs.length === wanted && exits.every((exit) => exit === 0);
process.exitCode = complete && differing.length === 0 ? 0 : 1;
