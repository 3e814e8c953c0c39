import { expect } from 'chai';
import { withAttempts } from '#harness/suite/closed-attempts.ts';
import { FakeHost } from '../fakes/host.ts';
import { plan } from '../fakes/probes.ts';

describe('withAttempts', () => {
  it('tries no profile of the harness, nor of another suite of the same run', () => {
    const host = new FakeHost();
    const loaded = ['p.run1x1', 'p.run1x1//hat', 'web.run1x0', 'web.other', 'apparmor-probe.barrier.run1'];
    host.loadedProfiles = () => new Map(loaded.map((name) => [name, 'enforce'] as const));
    const at = { file: '', line: 1, column: 1 };
    const closed = [{ class: 'change_profile', allow: [], attempts: [], untried: [], at }];
    const written = new Map([['p.run1x1', 'p']]);
    const [tried] = withAttempts(plan([], { closed }), { name: 'p', written }, host, 'run1').closed;
    const labels = tried?.attempts.map((probe) => probe.closed?.member.split(' ')[1]);
    expect([...new Set(labels)]).to.have.members(['unconfined', 'p', 'p//hat', 'web.other', 'hat']);
  });
});
