/** Who counts as having left the profile, and how a report names it. */
import { expect } from 'chai';
import type { ContainerProcess } from '#adapters/probe/probe-target.ts';
import type { LabelAndMode } from '#core/model/labels.ts';
import type { ProfileMode } from '#core/model/model.ts';
import { ContainerWatch } from '#harness/suite/container-watch.ts';

const UNCONFINED: LabelAndMode = { label: 'unconfined' };
const OWN: LabelAndMode = { label: 'p.run', mode: 'enforce' };

function process(changes: Partial<ContainerProcess> = {}): ContainerProcess {
  return { pid: 7, exe: '/usr/sbin/nginx', labels: [OWN], origin: 'service', ...changes };
}

/** @param looks what is there at each look; the last stays. */
function watchOf(
  looks: readonly (readonly ContainerProcess[])[],
  { listed = [], replaced = [], alsoUnder = [] }: { listed?: string[]; replaced?: string[]; alsoUnder?: string[] } = {},
): ContainerWatch {
  let count = 0;
  return new ContainerWatch({
    target: {
      processes: () => {
        const now = looks[Math.min(count, looks.length - 1)] ?? [];
        count += 1;
        return Promise.resolve(now);
      },
      replacedMounts: () => Promise.resolve(replaced),
    },
    policy: { name: 'p', loadedAs: 'p.run', mode: 'enforce', alsoUnder, written: new Map([['p.run', 'p']]) },
    loadedProfiles: () =>
      new Map<string, ProfileMode>([
        ['p.run', 'enforce'],
        ['helper.run', 'enforce'],
      ]),
    onLabel: ({ process: who, label }) => listed.push(`${who}: ${label}`),
  });
}

describe('ContainerWatch', () => {
  it('has nothing to say of processes under the profile and its children', async () => {
    const listed: string[] = [];
    const child = process({ pid: 8, labels: [{ label: 'p.run//worker', mode: 'enforce' }] });
    const watch = watchOf([[process(), child]], { listed });
    await watch.look();
    await watch.look();
    expect(watch.leftProfile).to.equal(undefined);
    expect(listed).to.deep.equal([
      '/usr/sbin/nginx in the confined container: p (enforce)',
      '/usr/sbin/nginx in the confined container: p//worker (enforce)',
    ]);
  });

  it('knows what probes left outside the profile, as long as it runs, and blames no service for it', async () => {
    const left = process({ exe: '/usr/bin/python3', labels: [UNCONFINED], origin: 'agent' });
    const watch = watchOf([[process(), left], [process()]]);
    await watch.look();
    expect(watch.leftRunning?.message).to.match(/\/usr\/bin\/python3 \(pid 7\) has the label unconfined/);
    expect(watch.leftProfile).to.equal(undefined);
    await watch.look();
    expect(watch.leftRunning?.code).to.equal('left-profile');
    await watch.look();
    expect(watch.leftRunning).to.equal(undefined);
  });

  it('names who left the profile once, by any thread, with the names of the profile file', async () => {
    const strayThread = process({ pid: 9, exe: '/a\nb', labels: [OWN, { label: 'q', mode: 'enforce' }] });
    const watch = watchOf([[process({ labels: [UNCONFINED] }), strayThread]]);
    await watch.look();
    await watch.look();
    expect(watch.leftProfile).to.include({
      code: 'left-profile',
      message: 'In the confined container, 2 programs did not run under the profile p:',
    });
    expect(watch.leftProfile?.details).to.deep.equal([
      '/usr/sbin/nginx (pid 7) has the label unconfined',
      '/a\\nb (pid 9) has the label q (enforce)',
    ]);
  });

  it('accepts another profile that the spec declares, with its children', async () => {
    const under = (label: string, mode: ProfileMode = 'enforce'): ContainerProcess =>
      process({ labels: [{ label, mode }] });
    const helpers = [under('helper.run'), under('helper.run//part'), under('helper.run//&p.run')];
    const declared = watchOf([helpers], { alsoUnder: ['helper.run'] });
    await declared.look();
    expect(declared.leftProfile).to.equal(undefined);

    const undeclared = watchOf([[under('helper.run')]]);
    await undeclared.look();
    expect(undeclared.leftProfile?.details).to.have.length(1);

    const namesakes = [under('helper.run2'), under('other.run')];
    const others = watchOf([namesakes], { alsoUnder: ['helper.run'] });
    await others.look();
    expect(others.leftProfile?.details).to.have.length(2);
  });

  it('remembers who left it and has gone', async () => {
    const watch = watchOf([[process({ labels: [UNCONFINED] })], []]);
    await watch.look();
    await watch.look();
    expect(watch.leftProfile?.details).to.have.length(1);
  });

  it('leaves out what probes started', async () => {
    const watch = watchOf([[process({ labels: [UNCONFINED], origin: 'agent' })]]);
    await watch.look();
    expect(watch.leftProfile).to.equal(undefined);
  });

  it('waits for the runtime of the engine to become what it is to be, and no longer for the service', async () => {
    const entered = process({ exe: '/usr/bin/runc', labels: [UNCONFINED], origin: 'entered' });
    const passing = watchOf([[entered], [process({ origin: 'entered' })]]);
    await passing.look();
    expect(passing.leftProfile).to.equal(undefined);

    const short = process({ exe: '/bin/a', labels: [UNCONFINED] });
    const beside = watchOf([[entered, short], []]);
    await beside.look();
    expect(beside.leftProfile?.details).to.deep.equal(['/bin/a (pid 7) has the label unconfined']);
  });

  it('lists and names no more than a report can hold', async () => {
    const listed: string[] = [];
    const many = Array.from({ length: 200 }, (_, i) => process({ pid: i, exe: `/${i}`, labels: [UNCONFINED] }));
    const watch = watchOf([many], { listed });
    await watch.look();
    expect(watch.leftProfile?.details).to.have.length(50);
    expect(listed).to.have.length(50);
  });

  it('names each mount that was replaced once', async () => {
    const watch = watchOf([[]], { replaced: ['/a is another file'] });
    await watch.look();
    await watch.look();
    expect(watch.leftProfile).to.equal(undefined);
    expect(watch.faults.map(({ code, details }) => [code, ...details])).to.deep.equal([
      ['mount-replaced', '/a is another file'],
    ]);
  });
});
