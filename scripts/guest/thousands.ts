/**
 * `npm run test:thousands`: ten thousand probes in one session, in a guest of trixie.
 * Shows how long they take, and that no record is lost.
 */
import { exitWith, print } from './print.ts';
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

const { counts, files } = await guestTests('trixie', ['thousands'], await bundleTests(), print);
const text = files['thousands.json'];

if (text !== undefined) {
  const figures = JSON.parse(text) as Figures;
  const { probes, seconds, msPerProbe, passed } = figures;
  print(`${probes} probes in ${seconds.toFixed(1)} s, ${msPerProbe.toFixed(2)} ms each; ${passed} passed`);

  const { recordsExpected, recordsAttributed, recordsLost } = figures;
  print(`${recordsExpected} records expected, ${recordsAttributed} attributed, ${recordsLost} lost`);
}
exitWith(counts);
