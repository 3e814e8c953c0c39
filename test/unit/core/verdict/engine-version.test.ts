import { expect } from 'chai';
import type { Plan, Probe } from '#core/model/model.ts';
import { skippedForEngineVersion } from '#core/verdict/engine-version.ts';

const engine = { profile: { from: 'engine', name: 'docker-default', mode: 'enforce' } } as unknown as Plan;
const file = { profile: { from: 'file', file: 'x', mode: 'enforce' } } as unknown as Plan;
const probe = (since?: string): Probe => ({ ...(since === undefined ? {} : { since }) }) as unknown as Probe;

describe('since', () => {
  it('skips what an older engine does not promise, and says so', () => {
    expect(skippedForEngineVersion(engine, probe('26.1'), 'Docker 20.10.24+dfsg1')).to.include({
      kind: 'skipped',
      code: 'engine-older',
    });
    expect(skippedForEngineVersion(engine, probe('26.1'), 'Docker 26.0.9')?.reason)
      .to.contain('26.1')
      .and.contain('26.0.9');
    expect(skippedForEngineVersion(engine, probe('9.1.1'), 'Docker 9.1')).not.to.equal(undefined);
  });

  it('tries it where the engine is new enough, has no version, or the profile comes from a file', () => {
    for (const version of ['Docker 26.1', 'Docker 26.1.5+dfsg1', 'Docker 28.5.2', 'podman'])
      expect(skippedForEngineVersion(engine, probe('26.1'), version), version).to.equal(undefined);
    expect(skippedForEngineVersion(file, probe('26.1'), 'Docker 20.10.24')).to.equal(undefined);
    expect(skippedForEngineVersion(engine, probe(), 'Docker 20.10.24')).to.equal(undefined);
  });
});
