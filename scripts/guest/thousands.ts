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
    `${probes} probes in ${seconds.toFixed(1)} s, ${msPerProbe.toFixed(2)} ms each; ${passed} passed\n`,
  );
  process.stdout.write(`${recordsExpected} records expected, ${recordsAttributed} attributed, ${recordsLost} lost\n`);
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exit(counts.failed + counts.skipped > 0 || counts.passed === 0 ? 1 : 0);
