/** Both shipped specs over and over in one guest: a line of JSON for each run, with everything that it said. */
import { join } from 'node:path';
import { harness, ROOT } from '../kit.ts';
import { classRows, memberRows, probeRows } from './verdicts.ts';

/** What one run said. */
export interface SoakRun {
  readonly number: number;
  readonly seconds: number;
  readonly exit: number;
  /** Of probes, closed classes and each of their members: {@link Row}. */
  readonly verdicts: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}

const SPECS = ['specs/docker-nginx.yml', 'specs/docker-default.yml'].map((spec) => join(ROOT, spec));

async function main(): Promise<void> {
  const runs = Number(process.argv[2] ?? 50);
  for (let number = 1; number <= runs; number += 1) {
    const { ledger, exit } = await harness(SPECS);
    const verdicts = Object.fromEntries(
      ledger.suites.flatMap((suite) => [...probeRows(suite), ...classRows(suite), ...memberRows(suite)]),
    );
    const faults = [...ledger.faults, ...ledger.suites.flatMap((suite) => suite.faults)].map(
      ({ code, message }) => `${code}: ${message}`,
    );
    const seconds = Math.round(ledger.durationMs / 100) / 10;
    const run: SoakRun = { number, seconds, exit, verdicts, faults };
    process.stdout.write(`${JSON.stringify(run)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
