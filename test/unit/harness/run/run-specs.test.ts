/** The story of a run on a host in memory: from spec files to a ledger, with nothing left on the host. */
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HarnessError } from '#core/model/errors.ts';
import type { Ledger } from '#core/model/model.ts';
import { countsOf, exitCode } from '#core/report/summary.ts';
import type { RunEvents, RunOptions } from '#harness/run/run-options.ts';
import { runSpecs } from '#harness/run/run-specs.ts';
import { FakeHost } from '../fakes/host.ts';

describe('runSpecs', () => {
  let folder = '';
  let host: FakeHost;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-specs-test-'));
    host = new FakeHost();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Writes a spec in which reading each of these files is to be denied. */
  function spec(name: string, paths: readonly string[], expected = 'denied', more: object = {}): string {
    const file = join(folder, `${name}.yml`);
    const probes = paths.map((path) => ({ name: path, open: path, for: 'read', expect: expected }));
    writeFileSync(file, stringify({ title: name, profile: 'p', container: { image: 'i' }, ...more, probes }));
    return file;
  }

  function run(specs: readonly string[], options: Partial<RunOptions> = {}, events: string[] = []): Promise<Ledger> {
    const listener: RunEvents = {
      progress: () => undefined,
      suite: ({ title }) => events.push(`suite ${title}`),
      entry: ({ probe, verdict }) => events.push(`${probe.name} ${verdict.kind}`),
      closed: ({ class: name }) => events.push(`closed ${name}`),
      fault: ({ code }) => events.push(`fault ${code}`),
    };
    return runSpecs(
      {
        specs,
        bail: false,
        inPlace: false,
        keepAuditSwitch: false,
        withoutCoverage: true,
        signal: new AbortController().signal,
        ...options,
      },
      listener,
      host,
    );
  }

  /** Each probe's name with its verdict. */
  function verdicts(ledger: Ledger): string[] {
    return ledger.suites.flatMap(({ entries }) => entries.map(({ probe, verdict }) => `${probe.name} ${verdict.code}`));
  }

  function faults(ledger: Ledger): string[] {
    return [...ledger.faults, ...ledger.suites.flatMap((suite) => suite.faults)].map(({ code }) => code);
  }

  it('passes a probe that is denied with a record, and puts the host back', async () => {
    host.effects.set('/secret', 'denied');
    const events: string[] = [];
    const ledger = await run([spec('one', ['/secret'])], {}, events);
    expect(verdicts(ledger)).to.deep.equal(['/secret denied']);
    expect(ledger.suites[0]?.entries[0]?.witnesses).to.have.lengthOf(1);
    expect(events).to.deep.equal(['suite one', '/secret pass']);
    expect(faults(ledger)).to.deep.equal([]);
    expect(host.left).to.deep.equal([]);
  });

  it('fails a probe that the profile lets through, and one whose denial has no record', async () => {
    host.effects.set('/silent', 'silent');
    const ledger = await run([spec('one', ['/open', '/silent'])]);
    expect(verdicts(ledger)).to.deep.equal(['/open let-through', '/silent silent-denial']);
  });

  describe('with a closed class', () => {
    const closed = { closed: { capability: { allow: ['fowner'] } }, open: ['network'] };
    beforeEach(() => {
      host.inventory = { ...host.inventory, lastCapability: 3 };
      host.effects.set('/secret', 'denied');
    });

    it('tries each member after the probes, and counts the class apart', async () => {
      for (const name of ['chown', 'dac_override', 'dac_read_search']) host.effects.set(name, 'silent');
      const events: string[] = [];
      const ledger = await run([spec('one', ['/secret'], 'denied', closed)], {}, events);
      expect(events).to.deep.equal(['suite one', '/secret pass', 'closed capability']);
      const [result] = ledger.suites[0]?.closed ?? [];
      expect(result?.entries.map(({ probe, verdict }) => `${probe.closed?.member} ${verdict.code}`)).to.deep.equal([
        'chown denied-silently', // a second attempt, without a record
        'dac_override denied-silently',
        'dac_read_search denied-silently',
        'fowner allowed',
      ]);
      expect(countsOf(ledger)).to.include({ total: 1, pass: 1, closed: 1, closedGreen: 1, closedAttempts: 4 });
      expect(exitCode(ledger)).to.equal(0);
      const { open, unknown } = ledger.suites[0]!.notClosed!;
      expect([open, unknown.includes('network'), unknown.includes('mount')]).to.deep.equal([['network'], false, true]);
    });

    it('is red for one member that is let through', async () => {
      for (const name of ['chown', 'dac_read_search']) host.effects.set(name, 'silent');
      const ledger = await run([spec('one', ['/secret'], 'denied', closed)]);
      const [result] = ledger.suites[0]?.closed ?? [];
      expect(result?.entries[1]?.verdict.code).to.equal('let-through');
      expect(countsOf(ledger)).to.include({ fail: 0, closedRed: 1 });
      expect(exitCode(ledger)).to.equal(1);
    });

    it('is in the ledger, and not green, where it could not be tried', async () => {
      const bailed = await run([spec('one', ['/open'], 'denied', closed)], { bail: true });
      host.unready.set('control', new HarnessError('not-ready', 'It is not ready.'));
      const unprepared = await run([spec('two', ['/secret'], 'denied', closed)]);
      for (const ledger of [bailed, unprepared]) expect(countsOf(ledger)).to.include({ closed: 1, closedUndecided: 1 });
    });

    it('is tried with --bail after a probe that was only skipped', async () => {
      host.unmediatedClasses = () => Promise.resolve(new Map([['file', 'It is not mediated.']]));
      const ledger = await run([spec('one', ['/secret'], 'denied', closed)], { bail: true });
      expect(ledger.suites[0]?.entries.map(({ verdict }) => verdict.kind)).to.deep.equal(['skipped']);
      expect(ledger.suites[0]?.closed?.map(({ entries }) => entries.length)).to.deep.equal([4]);
    });

    it('is selected by its row', async () => {
      const specs = [spec('one', ['/secret'], 'denied', { closed: ['capability', 'userns'] })];
      const ledger = await run(specs, { grep: 'closed: userns' });
      expect(ledger.suites[0]?.entries).to.deep.equal([]);
      expect(ledger.suites[0]?.closed?.map((result) => result.class)).to.deep.equal(['userns']);
      expect(ledger.suites[0]?.notClosed?.unknown).to.include('mount').and.not.include('capability');
      expect(exitCode(ledger)).to.equal(1);
    });
  });

  it('fails a probe that is to be allowed and is denied', async () => {
    host.effects.set('/page', 'denied');
    const ledger = await run([spec('one', ['/page', '/other'], 'allowed')]);
    expect(ledger.suites[0]?.entries.map(({ verdict }) => verdict.kind)).to.deep.equal(['fail', 'pass']);
  });

  it('tells in the ledger what confined the containers', async () => {
    const { suites, run: id, host: facts } = await run([spec('one', ['/secret'])]);
    const [suite] = suites;
    expect(suite?.confinement).to.include({ profile: 'p', loadedAs: `p.${id}x0`, mode: 'enforce', policySha256: 'aa' });
    expect(suite?.confinement?.labels.map(({ process }) => process)).to.deep.equal([
      'first process of the confined container',
      'first process of the control container',
    ]);
    expect(suite?.imageId).to.equal('sha256:image');
    expect(facts?.engine).to.equal('Docker 28.0.0');
  });

  it('does each step in order: begin, load, start, check, remove, undo', async () => {
    const { run: id } = await run([spec('one', ['/secret'])]);
    expect(host.events).to.deep.equal([
      'begin changes',
      `load p.${id}x0`,
      'start confined',
      'start control',
      'check that the profile is still loaded',
      'end agents of confined',
      'end agents of control',
      'remove confined',
      'remove control',
      'undo changes',
    ]);
  });

  it('reports a container that exits while it is probed', async () => {
    host.onAttempt = () => {
      for (const container of host.containers) container.isRunning = container.id !== 'confined';
    };
    const ledger = await run([spec('one', ['/secret'])]);
    expect(faults(ledger)).to.deep.equal(['container-exited']);
    expect(ledger.suites[0]?.faults[0]?.message).to.equal(
      'The confined container exited with status 137 during its probes.\nlast words',
    );
    expect(host.left).to.deep.equal([]);
  });

  it('stops at the first failure with --bail, and leaves out the suites after it', async () => {
    const ledger = await run([spec('one', ['/open', '/second']), spec('two', ['/third'])], { bail: true });
    expect(verdicts(ledger)).to.deep.equal(['/open let-through', '/second bail', '/third bail']);
    expect(host.events.filter((event) => event.startsWith('load'))).to.have.lengthOf(1);
  });

  it('gives every probe a verdict when it is interrupted, and puts the host back', async () => {
    const interruption = new AbortController();
    host.effects.set('/first', 'denied');
    host.onAttempt = () => {
      interruption.abort();
      return new Promise(() => undefined); // an attempt that never ends
    };
    const ledger = await run([spec('one', ['/first', '/second'])], { signal: interruption.signal });
    expect(verdicts(ledger)).to.deep.equal(['/first interrupted', '/second interrupted']);
    expect(faults(ledger)).to.deep.equal(['interrupted']);
    expect(host.left).to.deep.equal([]);
  });

  it('gives every probe a verdict when its suite cannot be prepared, and goes on with the next', async () => {
    host.effects.set('/second', 'denied');
    const load = host.loadProfile.bind(host);
    host.loadProfile = () => {
      host.loadProfile = load;
      return Promise.reject(new HarnessError('profile-invalid', 'Line 1 is wrong.', { details: ['a detail'] }));
    };
    const ledger = await run([spec('one', ['/first']), spec('two', ['/second'])]);
    expect(verdicts(ledger)).to.deep.equal(['/first not-tried', '/second denied']);
    expect(ledger.suites[0]?.entries[0]?.verdict.reason).to.contain('Line 1 is wrong.');
    expect(ledger.suites[0]?.faults[0]?.message).to.equal('Line 1 is wrong.\na detail');
    expect(host.left).to.deep.equal([]);
  });

  it('puts the host back when its records do not arrive', async () => {
    host.log.barrier.cross = () => Promise.reject(new HarnessError('no-records', 'No record.'));
    const ledger = await run([spec('one', ['/secret'])]);
    expect(faults(ledger)).to.deep.equal(['no-records']);
    expect(ledger.suites).to.deep.equal([]);
    expect(host.events).to.deep.equal(['begin changes', 'undo changes']);
  });

  it('tries only what --grep selects, and counts what was planned', async () => {
    const ledger = await run([spec('one', ['/first', '/second'])], { grep: 'one /sec' });
    expect(verdicts(ledger)).to.deep.equal(['/second let-through']);
    expect(ledger.options).to.include({ grep: 'one /sec', planned: 2, selected: 1 });
  });

  const mistakes = [
    { grep: '(', code: 'usage', why: 'is no regular expression' },
    { grep: 'nothing', code: 'no-probes', why: 'matches no probe' },
  ];
  for (const { grep, code, why } of mistakes)
    it(`changes nothing on the host when --grep ${why}`, async () => {
      const ledger = await run([spec('one', ['/first'])], { grep });
      expect(faults(ledger)).to.deep.equal([code]);
      expect(host.events).to.deep.equal([]);
    });

  it('is red when a process of the container left the profile, or an agent is not the agent', async () => {
    host.processes = [{ pid: 9, exe: '/usr/bin/evil', labels: [{ label: 'unconfined' }], origin: 'service' }];
    const left = await run([spec('one', ['/allowed'], 'allowed')]);
    expect(faults(left)).to.deep.equal(['left-profile']);
    expect(left.suites[0]?.confinement?.labels.at(-1)).to.deep.equal({
      process: '/usr/bin/evil in the confined container',
      pid: 9,
      label: 'unconfined',
    });

    host.processes = [];
    host.agentErrors = [new HarnessError('agent-replaced', 'It is not the agent.')];
    expect(faults(await run([spec('three', ['/allowed'], 'allowed')]))).to.deep.equal(['agent-replaced']);
  });
});
