import { expect } from 'chai';
import type { Plan, ProfileSource } from '#core/model/model.ts';
import { skippedForEngineVersion } from '#core/verdict/engine-version.ts';
import { probe } from '../../builders.ts';

const ENGINE = planOf({ from: 'engine', name: 'docker-default', mode: 'enforce' });
const FILE = planOf({ from: 'file', file: 'x', mode: 'enforce' });

/** Nothing else of a plan matters here. */
function planOf(profile: ProfileSource): Plan {
  return { profile } as unknown as Plan;
}

describe('skippedForEngineVersion', () => {
  it('skips what an older engine does not guarantee, and says so', () => {
    const tooOld = skippedForEngineVersion(ENGINE, probe({ since: '26.1' }), 'Docker 20.10.24+dfsg1');
    expect(tooOld).to.include({
      kind: 'skipped',
      code: 'engine-older',
      reason: 'Only engine version 26.1 and later guarantees this; this host runs Docker 20.10.24+dfsg1.',
    });
  });

  it('compares versions number by number', () => {
    expect(skippedForEngineVersion(ENGINE, probe({ since: '26.1' }), 'Docker 26.0.9')).not.to.equal(undefined);
    expect(skippedForEngineVersion(ENGINE, probe({ since: '9.1.1' }), 'Docker 9.1')).not.to.equal(undefined);
  });

  for (const engine of ['Docker 26.1', 'Docker 26.1.5+dfsg1', 'Docker 28.5.2', 'podman']) {
    it(`does not skip a probe that needs 26.1 on ${engine}`, () => {
      expect(skippedForEngineVersion(ENGINE, probe({ since: '26.1' }), engine)).to.equal(undefined);
    });
  }

  it('skips no probe of a profile from a file', () => {
    expect(skippedForEngineVersion(FILE, probe({ since: '26.1' }), 'Docker 20.10.24')).to.equal(undefined);
  });

  it('skips no probe that names no version', () => {
    expect(skippedForEngineVersion(ENGINE, probe(), 'Docker 20.10.24')).to.equal(undefined);
  });
});
