import { expect } from 'chai';
import { readEnvironment } from '#adapters/host/environment.ts';

describe('the environment', () => {
  it('names the guest it is in and the user who started it, where they are set', () => {
    const variables = { APPARMOR_PROBE_LAB: 'sid', APPARMOR_PROBE_OWNER: '1000:1000', HOME: '/root' };
    expect(readEnvironment(variables)).to.deep.equal({ lab: 'sid', owner: '1000:1000' });
    expect(readEnvironment({})).to.deep.equal({});
  });
});
