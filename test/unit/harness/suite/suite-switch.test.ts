/** Under which audit mode a suite is observed, and who may use the switch meanwhile. */
import { expect } from 'chai';
import type { Entry, ProfileMode } from '#core/model/model.ts';
import { modesOf } from '#harness/suite/possible-modes.ts';
import { deservesEvidence } from '#harness/suite/silent-denials.ts';
import { SuiteSwitch, switchDecides } from '#harness/suite/suite-switch.ts';
import { command, entry, operation, probe, seen, witness } from '../../builders.ts';
import { FakeHost } from '../fakes/host.ts';
import { readText } from '../../core/profile/reading.ts';

const OK = seen();
const EACCES = seen({ errno: 'EACCES' });

describe('SuiteSwitch', () => {
  it('lets quiet rules speak where that decides nothing, beside other runs that do', async () => {
    const host = new FakeHost();
    const taken = await SuiteSwitch.take(host.session(), false);
    expect(host.auditSwitch.events).to.deep.equal(['hold', 'speaking']);
    expect([taken.observed, taken.isSilent]).to.deep.equal(['noquiet', false]);
    await taken.release();
    expect(host.auditSwitch.events.at(-1)).to.equal('release');
  });

  it("observes under the host's own setting, alone, where the setting decides", async () => {
    const host = new FakeHost();
    const taken = await SuiteSwitch.take(host.session(), true);
    expect(host.auditSwitch.events).to.deep.equal(['hold alone', 'own']);
    expect([taken.observed, taken.isSilent]).to.deep.equal(['normal', true]);

    await taken.speak(() => {
      expect(host.auditSwitch.value).to.equal('noquiet');
      return Promise.resolve();
    });
    expect(host.auditSwitch.value).to.equal('normal');
    taken.check();
  });

  it('never sets a switch that is to be kept, and still waits for runs under which it would decide', async () => {
    const host = new FakeHost();
    const session = { ...host.session(), keepAuditSwitch: true };
    await SuiteSwitch.take(session, false);
    expect(host.auditSwitch.events).to.deep.equal([]);
    const taken = await SuiteSwitch.take(session, true);
    expect(host.auditSwitch.events).to.deep.equal(['hold alone', 'own']);
    expect(taken.isSilent).to.equal(false);
  });

  it('notices that something else set the switch, and sets it again', async () => {
    const host = new FakeHost();
    const taken = await SuiteSwitch.take(host.session(), true);
    host.auditSwitch.value = 'quiet';
    expect(() => {
      taken.check();
    }).to.throw(/changed the kernel's audit mode/);
    taken.check();
  });

  it('puts its own setting back when the work fails', async () => {
    const host = new FakeHost();
    const taken = await SuiteSwitch.take(host.session(), true);
    const failed = await taken.speak(() => Promise.reject(new Error('x'))).catch((error: unknown) => error);
    expect(failed).to.be.an('error');
    expect(host.auditSwitch.value).to.equal('normal');
  });
});

describe('switchDecides', () => {
  for (const [modes, decides] of [
    [['enforce'], false],
    [['enforce', 'unconfined'], false],
    [['enforce', 'complain'], true],
    [['kill'], true],
    [['prompt'], true],
    [['mixed'], true],
  ] as const)
    it(`is ${decides} for ${modes.join(' and ')}`, () => {
      expect(switchDecides(modes)).to.equal(decides);
    });
});

describe('modesOf', () => {
  const loaded = new Map<string, ProfileMode>([
    ['p.run', 'enforce'],
    ['p.run//hat', 'complain'],
    ['p.runner', 'kill'],
    ['helper', 'kill'],
    ['helper//child', 'prompt'],
  ]);
  const modes = (text: string | undefined, plan: object = {}, loadedAs = 'p.run'): string[] => {
    const read = text === undefined ? {} : { text: readText(text) };
    const policy = { loadedAs, names: [loadedAs], written: new Map([['p.run', 'p']]), mode: 'enforce' as const };
    return [...modesOf({ peers: [], ...plan }, { ...policy, ...read }, loaded)].sort();
  };

  it('are those of the profile and its children', () => {
    expect(modes('profile p { /** ix, /a cx, deny change_profile, deny /x x, }')).to.deep.equal([
      'complain',
      'enforce',
    ]);
  });

  it('are also those of the profiles of peers and of the baseline, with their children', () => {
    const all = ['complain', 'enforce', 'kill', 'prompt'];
    expect(modes('profile p { }', { peers: [{ name: 'other', profile: 'helper' }] })).to.deep.equal(all);
    expect(modes('profile p { }', { baseline: 'helper' })).to.deep.equal(all);
  });

  for (const rule of ['/a px -> helper,', '/a PUx,', 'change_profile -> helper,', 'all,'])
    it(`are those of every profile where a rule leads out of the file: ${rule}`, () => {
      expect(modes(`profile p { ${rule} }`)).to.include.members(['kill', 'prompt']);
    });

  it("are those of every profile where the text is not known, unless it is the engine's own", () => {
    expect(modes(undefined, {}, 'custom')).to.include('kill');
    expect(modes(undefined, {}, 'docker-default')).to.deep.equal(['enforce']);
  });
});

describe('deservesEvidence', () => {
  const silent = (changes: Partial<Entry> = {}): Entry =>
    entry({ probe: probe({ action: operation('open read /x') }), observation: EACCES, witnesses: [], ...changes });

  const isTried = (changes: Partial<Entry>): boolean => deservesEvidence(silent(changes));
  const running = probe({ action: command('x') });
  const removing = probe({ action: operation('unlink /x') });

  it('is true of an operation that failed without a record', () => {
    expect(isTried({})).to.equal(true);
    expect(isTried({ control: EACCES })).to.equal(true);
    expect(isTried({ witnesses: [witness({ type: 'ALLOWED' })] })).to.equal(true);
  });

  it('is true of what may do harm only where the control was let do it', () => {
    expect(isTried({ probe: running })).to.equal(false);
    expect(isTried({ probe: running, control: EACCES })).to.equal(false);
    expect(isTried({ probe: running, control: OK })).to.equal(true);
    expect(isTried({ probe: removing })).to.equal(false);
    expect(isTried({ probe: removing, control: OK })).to.equal(true);
  });

  it('is false of what succeeded, or has a record', () => {
    expect(isTried({ observation: OK, control: OK })).to.equal(false);
    expect(isTried({ witnesses: [witness()], control: OK })).to.equal(false);
  });
});
