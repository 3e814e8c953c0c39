import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { JOBS, RUN_BY_THEMSELVES } from '../../../../scripts/guest/jobs.ts';

describe('the jobs of npm test', () => {
  it('run every group of guest tests, or name it as one that runs by itself', () => {
    const files = readdirSync(new URL('../../../guest', import.meta.url)).filter((name) => name.endsWith('.test.ts'));
    const groups = files.map((name) => name.replace(/\.test\.ts$/, ''));
    const named = new Set([...JOBS.flatMap((job) => job.groups), ...RUN_BY_THEMSELVES]);
    expect([...named].sort()).to.deep.equal(groups.sort());
  });
});
