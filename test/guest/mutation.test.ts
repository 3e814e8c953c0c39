/**
 * The full mutation score of both shipped specs: every mutant that can be told from the profile is killed, or opens
 * only a class that the spec declares open. The counts of each operator are printed.
 */
import { expect } from 'chai';
import { join } from 'node:path';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import { countMutants, scoreOf, type MutantResult } from '#core/mutation/results.ts';
import { LOOSENING } from '#core/mutation/operators.ts';
import { mutationClosing } from '#core/report/mutation-report.ts';
import { ROOT } from './kit.ts';

describe('the shipped specs', function score() {
  this.timeout(3_600_000);
  for (const name of ['docker-nginx', 'docker-default']) {
    it(`${name}: 100 % of the mutants that loosen, carve and add`, async () => {
      const report = await mutateProfile(
        {
          spec: join(ROOT, `specs/${name}.yml`),
          included: false,
          keepAuditSwitch: false,
          signal: new AbortController().signal,
        },
        { progress: () => undefined, fault: () => undefined, result: () => undefined },
      );
      process.stdout.write(`${name}:\n${mutationClosing(report, ROOT).join('\n')}\n`);
      expect(report.faults).to.deep.equal([]);
      expect(linesOf(report.results, ['survived', 'undecided', 'untried'])).to.deep.equal([]);
      expect(scoreOf(report.results)).to.equal(100);

      const loosened = report.results.filter(({ kind }) => LOOSENING.includes(kind));
      expect(linesOf(loosened, ['invalid', 'open'])).to.deep.equal([]);
      expect(countMutants(loosened).killed).to.be.greaterThan(50);
      expect(countMutants(report.results).killed).to.be.greaterThan(150);
    });
  }
});

function linesOf(results: readonly MutantResult[], states: readonly MutantResult['state'][]): string[] {
  return results
    .filter(({ state }) => states.includes(state))
    .map(({ kind, line, before, after, state }) => `${state}: ${kind}: line ${line}: ${before} → ${after}`);
}
