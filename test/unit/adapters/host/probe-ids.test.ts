import { expect } from 'chai';
import { controlId, newProbeId } from '#adapters/host/probe-ids.ts';

describe('newProbeId', () => {
  const ids = Array.from({ length: 10_000 }, newProbeId);

  it('fits the name of a thread', () => {
    expect(ids.every((id) => /^[a-z2-7]{15}$/.test(id))).to.equal(true);
  });

  it('is another one each time, and no part of it is the same for all', () => {
    expect(new Set(ids).size).to.equal(ids.length);
    for (let i = 0; i < 15; i += 1) expect(new Set(ids.map((id) => id[i])).size).to.equal(32);
  });
});

describe('controlId', () => {
  it('is always the same for a probe, fits a thread, and does not tell the id', () => {
    const id = newProbeId();
    expect(controlId(id)).to.equal(controlId(id));
    expect(controlId(id)).to.match(/^[a-z2-7]{15}$/);
    expect(controlId(id)).to.not.equal(id);
  });
});
