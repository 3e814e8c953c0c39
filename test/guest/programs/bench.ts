/**
 * Figures from a guest, printed as JSON: what a native probe costs beside a plain `docker exec`, and a mutant beside
 * its floor, in the same run.
 */
import { stringify } from 'yaml';
import { benchMutants } from './bench-mutants.ts';
import { docker, file, harness, IMAGE, profileText } from '../kit.ts';

const PROBES = Number(process.argv[2] ?? 1000);
const EXECS = 8;

async function main(): Promise<void> {
  const profile = file('profile', profileText('bench', '  deny /etc/** w,'));
  const spec = (count: number): string =>
    file(
      'spec.yml',
      stringify({
        profile,
        container: { image: IMAGE, hold: true },
        probes: Array.from({ length: count }, (_, i) => ({
          open: `/etc/none-${i}`,
          for: 'create',
          expect: 'denied',
        })),
      }),
    );
  const few = await harness([spec(24)]);
  const many = await harness([spec(PROBES + 24)]);
  const entries = many.ledger.suites[0]?.entries ?? [];
  const id = (await docker('run', '--detach', IMAGE, 'sleep', '600')).stdout.toString().trim();
  const started = performance.now();
  for (let i = 0; i < EXECS; i += 1) await docker('exec', id, 'true');
  const execMs = (performance.now() - started) / EXECS;
  await docker('rm', '--force', id);
  const probeMs = (many.ledger.durationMs - few.ledger.durationMs) / PROBES;
  process.stdout.write(
    `${JSON.stringify(
      {
        probes: PROBES,
        exits: [few.exit, many.exit],
        passed: entries.filter(({ verdict }) => verdict.kind === 'pass').length,
        records: entries.reduce((sum, { witnesses }) => sum + witnesses.length, 0),
        wholeRunMs: many.ledger.durationMs,
        emptyRunMs: few.ledger.durationMs,
        probeMs,
        execMs,
        ratio: execMs / probeMs,
        mutation: await benchMutants(),
      },
      null,
      1,
    )}\n`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
