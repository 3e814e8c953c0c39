import { expect } from 'chai';
import { mostUnderWay, raiseTo } from '#adapters/kernel/changes/audit-backlog.ts';

describe('the audit backlog of a run', () => {
  it('is raised where it is lower, and never lowered', () => {
    expect(raiseTo('64')).to.equal('1024');
    expect(raiseTo('8192')).to.equal('8192');
  });

  it('stays where there is no limit, or it is not known', () => {
    expect(raiseTo('0')).to.equal('0');
    expect(raiseTo('')).to.equal('');
  });

  it('has room for two records of each operation, and for those of others', () => {
    expect(mostUnderWay('64')).to.equal(24);
    expect(mostUnderWay('')).to.equal(24);
    expect(mostUnderWay('1')).to.equal(1);
  });

  it('lets no more be under way than the log of the kernel holds', () => {
    expect(mostUnderWay('8192')).to.equal(128);
    expect(mostUnderWay('0')).to.equal(128);
  });
});
