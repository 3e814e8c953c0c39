/** `npm run test:thousands`: ten thousand probes in one session, in a guest of trixie: how long they take, and that no record is lost. */
import { bundleTests, guestTests } from './with-guest.ts';

/** /run/results/thousands.json, see test/guest/thousands.test.ts. */
interface Figures {
  readonly probes: number;
  readonly seconds: number;
  readonly msPerProbe: number;
  readonly recordsExpected: number;
  readonly recordsAttributed: number;
  readonly recordsLost: number;
  readonly passed: number;
}

const { counts, files } = await guestTests('trixie', ['thousands'], await bundleTests(), (line) =>
  process.stdout.write(`${line}\n`),
);
const text = files['thousands.json'];
if (text !== undefined) {
  const { probes, seconds, msPerProbe, recordsExpected, recordsAttributed, recordsLost, passed } = JSON.parse(
    text,
  ) as Figures;
  process.stdout.write(
    `${String(probes)} probes in ${seconds.toFixed(1)} s, ${msPerProbe.toFixed(2)} ms each; ${String(passed)} passed\n`,
  );
  process.stdout.write(
    `${String(recordsExpected)} records expected, ${String(recordsAttributed)} attributed, ${String(recordsLost)} lost\n`,
  );
}
process.stdout.write(
  `${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped\n`,
);
process.exit(counts.failed + counts.skipped > 0 || counts.passed === 0 ? 1 : 0);
