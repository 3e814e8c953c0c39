import { expect } from 'chai';
import type { Action } from '#core/model/model.ts';
import { findOtherProcesses, otherPidsOf } from '#harness/suite/other-processes.ts';
import { openOf, probe } from '../fakes/probes.ts';

const TARGET = {
  agentPids: () => Promise.resolve(new Set([1])),
  pids: () => new Set([1, 2, 3]),
  pidsOutside: () => new Set([9]),
};

describe('findOtherProcesses', () => {
  it('finds the processes of the container that are no agents', async () => {
    expect(await findOtherProcesses(TARGET, [])).to.deep.equal({ inside: new Set([2, 3]), outside: new Set() });
  });

  it('finds processes of other containers only where the profile has a name that they may share', async () => {
    const { outside } = await findOtherProcesses(TARGET, ['docker-default']);
    expect(outside).to.deep.equal(new Set([9]));
  });
});

describe('otherPidsOf', () => {
  const before = { inside: new Set([2]), outside: new Set([8]) };
  const after = { inside: new Set([2, 3]), outside: new Set([9]) };
  const pidsFor = (action: Action): number[] => [...otherPidsOf(probe('a', { action }), before, after)].sort();

  it('excludes every process but the agents from an operation', () => {
    expect(pidsFor(openOf('/x'))).to.deep.equal([2, 3, 8, 9]);
  });

  it('excludes from a command what was there before it, since what came later may be its own', () => {
    expect(pidsFor({ kind: 'shell', script: 'true', terminal: false })).to.deep.equal([2, 8, 9]);
  });

  it('excludes no process of the container from a request, which the service answers', () => {
    expect(pidsFor({ kind: 'http', url: 'http://container/' })).to.deep.equal([8, 9]);
  });
});
