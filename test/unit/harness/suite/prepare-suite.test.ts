/** The life of a suite on a host in memory: prepared once, closed once, and nothing left however it ends. */
import { expect } from 'chai';
import { HarnessError } from '#core/model/errors.ts';
import { PreparationFailed, PreparedSuite } from '#harness/suite/prepare-suite.ts';
import { FakeHost } from '../fakes/host.ts';
import { openOf, plan, probe } from '../fakes/probes.ts';

const PLAN = plan([probe('a', { control: true })]);

/** The error of a preparation that is to fail. */
async function failureOf(preparation: Promise<unknown>): Promise<PreparationFailed> {
  try {
    await preparation;
  } catch (thrown) {
    if (thrown instanceof PreparationFailed) return thrown;
    throw thrown;
  }
  throw new Error('the preparation did not fail');
}

describe('PreparedSuite', () => {
  it('loads the profile before it starts the containers, and removes the containers when it is closed', async () => {
    const host = new FakeHost();
    const suite = await PreparedSuite.prepare(PLAN, host.session(), { number: 0 });
    expect(host.events).to.deep.equal(['load p.runx0', 'start confined', 'start control']);

    expect(await suite.close()).to.deep.equal([]);
    expect(host.events.slice(3)).to.deep.equal([
      'end agents of confined',
      'end agents of control',
      'remove confined',
      'remove control',
    ]);
  });

  it('removes nothing twice when it is closed twice', async () => {
    const host = new FakeHost();
    const suite = await PreparedSuite.prepare(PLAN, host.session(), { number: 0 });
    await suite.close();
    const before = host.events.length;
    await suite.close();
    expect(host.events.slice(before)).to.deep.equal([]);
  });

  it('reads the label of the first process of each container', async () => {
    const host = new FakeHost();
    const { facts } = await PreparedSuite.prepare(PLAN, host.session(), { number: 0 });
    expect(facts.labels.map(({ process, label }) => `${process}: ${label}`)).to.deep.equal([
      'first process of the confined container: p.runx0 (enforce)',
      'first process of the control container: unconfined',
    ]);
  });

  it('loads the profile under its own name in place', async () => {
    const host = new FakeHost();
    await PreparedSuite.prepare(PLAN, host.session(), { number: 0, inPlace: true });
    expect(host.events[0]).to.equal('load p');
  });

  it('starts the peers that probes name, beside both containers', async () => {
    const host = new FakeHost();
    const peers = [
      { name: 'other', profile: 'unconfined' },
      { name: 'unused', profile: 'unconfined' },
    ];
    const signal = { kind: 'operation', name: 'signal', args: ['urg', ''], words: [], class: 'signal', other: 'other' };
    const action = signal as ReturnType<typeof openOf>;
    const withPeers = plan([probe('a', { control: true, action })], { peers });
    await PreparedSuite.prepare(withPeers, host.session(), { number: 0 });
    expect(host.containers.map(({ name }) => name)).to.deep.equal([
      'confined',
      'control',
      'confined-peer-other',
      'control-peer-other',
    ]);
  });

  it('probes a process that waits where the service does not live under the profile', async () => {
    const host = new FakeHost();
    host.unready.set('confined', new HarnessError('container-exited', 'It exited.'));
    const suite = await PreparedSuite.prepare(PLAN, host.session(), { number: 0 });
    expect(suite.confined.container.id).to.equal('confined-waiting');
    expect(suite.facts.serviceFault).to.include({ code: 'container-exited', message: 'It exited.' });

    await suite.close();
    expect(host.left).to.deep.equal(['profile p.runx0', 'the log is open']); // which the session puts back
  });

  it('forgets the control when it is removed, and tries other probes without it', async () => {
    const host = new FakeHost();
    const suite = await PreparedSuite.prepare(PLAN, host.session(), { number: 0 });
    await suite.removeControl();
    expect(host.events.slice(3)).to.deep.equal(['end agents of control', 'remove control']);

    await suite.close();
    expect(host.events.filter((event) => event === 'remove control')).to.have.lengthOf(1);
  });
});

describe('a preparation that fails', () => {
  it('knows the profile and the image, and removes every container, when a label is wrong', async () => {
    const host = new FakeHost();
    host.labelTextOf = () => 'unconfined';
    const failure = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(failure.code).to.equal('not-confined');
    expect(failure.facts.policy?.loadedAs).to.equal('p.runx0');
    expect(failure.facts.imageId).to.equal('sha256:image');
    expect(host.containers.every(({ isRemoved }) => isRemoved)).to.equal(true);
  });

  it('removes the confined container when the control does not start', async () => {
    const host = new FakeHost();
    host.unready.set('control', new HarnessError('container-exited', 'It exited.', { details: ['why'] }));
    const failure = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(failure).to.include({ code: 'control-failed', message: 'It exited.' });
    expect(failure.details).to.deep.equal(['why']);
    expect(host.containers.map(({ isRemoved }) => isRemoved)).to.deep.equal([true, true]);
  });

  it('knows nothing when the profile cannot be loaded', async () => {
    const host = new FakeHost();
    host.loadProfile = () => Promise.reject(new HarnessError('profile-invalid', 'No profile.'));
    const failure = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(failure.code).to.equal('profile-invalid');
    expect(failure.facts).to.deep.equal({ labels: [], placeholders: [], earlyDenials: [] });
    expect(host.containers).to.deep.equal([]);
  });

  it('has the cause of the error, which --verbose prints', async () => {
    const host = new FakeHost();
    const cause = new Error('connect ENOENT /var/run/docker.sock');
    host.loadProfile = () => Promise.reject(new HarnessError('load-failed', 'No profile.', { cause }));
    const failure = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(failure.cause).to.equal(cause);
  });

  it('keeps what it knew of the service when a later step fails', async () => {
    const host = new FakeHost();
    host.unmediatedClasses = () => Promise.reject(new HarnessError('no-parser', 'No parser.'));
    host.waitReady = (container) => {
      host.log.writeDenial({ profile: 'p.runx0', comm: 'nginx', path: '/etc/nginx.conf', pid: 7 });
      return container.state();
    };
    const { facts } = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(facts.earlyDenials.map(({ fields }) => fields['name'])).to.include('/etc/nginx.conf');
    expect(facts.labels).to.have.lengthOf(2);
  });

  it('reports what could not be removed', async () => {
    const host = new FakeHost();
    host.labelTextOf = () => 'unconfined';
    const create = host.engine.create.bind(host.engine);
    host.engine.create = async (options) => {
      const container = await create(options);
      container.remove = () => Promise.reject(new HarnessError('restore-failed', `${container.id} stays.`));
      return container;
    };
    const { closeErrors } = await failureOf(PreparedSuite.prepare(PLAN, host.session(), { number: 0 }));
    expect(closeErrors.map(({ message }) => message)).to.deep.equal(['confined stays.', 'control stays.']);
  });

  it('waits for a container that was on its way when it is interrupted, and removes it', async () => {
    const host = new FakeHost();
    const interruption = new AbortController();
    const create = host.engine.create.bind(host.engine);
    host.engine.create = async (options) => {
      interruption.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return create(options);
    };
    const failure = await failureOf(PreparedSuite.prepare(PLAN, host.session(interruption.signal), { number: 0 }));
    expect(failure.code).to.equal('interrupted');
    expect(host.containers.map(({ isRemoved }) => isRemoved)).to.deep.equal([true, true]);
  });
});
