/**
 * Drives a suite's probes as a mocha run with a chai assertion on each entry of the ledger: names, order and --bail are
 * mocha's. What the run is worth is not mocha's to say: the ledger decides.
 */
import * as chai from 'chai';
import Mocha from 'mocha';
import type { Entry, Probe } from '#core/model/model.ts';

chai.use(({ Assertion }) => {
  Assertion.addMethod('hold', function hold(this: Chai.AssertionStatic) {
    const entry = (this as unknown as { _obj: Entry })._obj;
    const { kind, reason } = entry.verdict;
    (
      this as unknown as {
        assert: (ok: boolean, message: string, negated: string, expected: string, actual: string) => void;
      }
    ).assert(kind === 'pass', `${kind}: ${reason}`, `expected the probe not to pass`, 'pass', kind);
  });
});

/** mocha's name for a probe: `--grep` is matched against it. */
export function fullTitle(suite: string, probe: Probe): string {
  return `${suite} ${probe.name}`;
}

/** @param settle gives the entry of a probe; called in order, not after a failure with `bail`. */
export function runProbesInMocha(
  title: string,
  probes: readonly Probe[],
  settle: (probe: Probe) => Promise<Entry>,
  options: { bail: boolean },
): Promise<void> {
  const mocha = new Mocha({
    reporter: Quiet as unknown as Mocha.ReporterConstructor,
    bail: options.bail,
    timeout: 0,
    failZero: true,
  });
  const suite = Mocha.Suite.create(mocha.suite, title);
  for (const probe of probes) {
    const test = new Mocha.Test(probe.name, async function settled(this: Mocha.Context) {
      const entry = await settle(probe);
      if (entry.verdict.kind === 'skipped') return this.skip();
      (chai.expect(entry).to as unknown as { hold: () => void }).hold();
    });
    suite.addTest(test);
    test.timeout(0); // each probe has a limit of its own
  }
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      runner.dispose();
      resolve();
    }); // else its listeners stay on the process
  });
}

/** The ledger's own renderers speak. */
class Quiet {}
