/**
 * Drives a suite's probes as a mocha run with a chai assertion on each entry of the ledger: mocha decides on names,
 * order and --bail. Whether the run passes is decided by the ledger.
 */
import * as chai from 'chai';
import Mocha from 'mocha';
import type { Entry, Probe } from '#core/model/model.ts';

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
    reporter: SilentReporter as unknown as Mocha.ReporterConstructor,
    bail: options.bail,
    timeout: 0,
    failZero: true,
  });
  const suite = Mocha.Suite.create(mocha.suite, title);
  for (const probe of probes) {
    const test = new Mocha.Test(probe.name, async function settled(this: Mocha.Context) {
      const { kind, reason } = (await settle(probe)).verdict;
      if (kind === 'skipped') return this.skip();
      chai.expect(kind, reason).to.equal('pass');
    });
    suite.addTest(test);
    test.timeout(0); // each probe has a limit of its own
  }
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      runner.dispose(); // else its listeners stay on the process
      resolve();
    });
  });
}

/** The harness writes its own reports. */
class SilentReporter {}
