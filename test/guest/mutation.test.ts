/** The full mutation score of both shipped specs: every mutant that can be told from the profile is killed. */
import { expect } from 'chai';
import { join } from 'node:path';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import { countMutants, scoreOf } from '#core/mutation/results.ts';
import { scoreText } from '#core/report/mutation-report.ts';
import { ROOT } from './kit.ts';

describe('the shipped specs', function score() {
  this.timeout(1_800_000);
  for (const name of ['docker-nginx', 'docker-default']) {
    it(`${name}: 100 % of the mutants that are not equivalent`, async () => {
      const report = await mutateProfile(
        {
          spec: join(ROOT, `specs/${name}.yml`),
          included: false,
          keepAuditSwitch: false,
          signal: new AbortController().signal,
        },
        { progress: () => undefined, fault: () => undefined, result: () => undefined },
      );
      process.stdout.write(`${name}: ${scoreText(report)}\n`);
      const alive = report.results
        .filter(({ state }) => ['survived', 'undecided', 'untried', 'invalid'].includes(state))
        .map(({ line, before, after, state }) => `${state}: line ${line}: ${before} → ${after}`);
      expect(report.faults).to.deep.equal([]);
      expect(alive).to.deep.equal([]);
      expect(scoreOf(report.results)).to.equal(100);
      expect(countMutants(report.results).killed).to.be.greaterThan(50);
    });
  }
});
