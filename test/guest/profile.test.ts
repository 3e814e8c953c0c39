/** Loading: nothing fools the parser, nothing of the host's policy is touched, what is loaded is what was written. */
import { expect } from 'chai';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import {
  kernelHash,
  loadedProfiles,
  rawPolicy,
  removeProfile,
  replacePolicy,
} from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { entry, file, folder, harness, hostState, profileText, spec, story } from './kit.ts';

const DENIED = [{ name: 'denied', open: '/etc/passwd', for: 'write', expect: 'denied' }];

describe('loading a profile', () => {
  it('a file of its name in disable/ and force-complain/ changes nothing', async () => {
    const profile = file('trapped', profileText('trapped', '  deny /etc/passwd w,'));
    const traps = ['disable', 'force-complain'].map((name) => join('/etc/apparmor.d', name, basename(profile)));
    for (const trap of traps) {
      mkdirSync(dirname(trap), { recursive: true });
      writeFileSync(trap, '');
    }
    try {
      const { ledger, exit } = await harness([spec({ file: profile }, DENIED)]);
      expect(exit, story(ledger)).to.equal(0);
    } finally {
      for (const trap of traps) rmSync(trap);
    }
  });

  it('--in-place loads it under its own name, and puts back the policy that was there', async () => {
    const name = 'in-place';
    replacePolicy((await compile('/old', profileText(name, '  deny /old w,'))).policy);
    const policy = rawPolicy(name);
    const before = await hostState();
    const { ledger, exit } = await harness([spec(profileText(name, '  deny /etc/passwd w,'), DENIED)], {
      inPlace: true,
    });
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.confinement?.loadedAs).to.equal(name);
    expect(await hostState()).to.deep.equal(before);
    expect(rawPolicy(name)?.equals(policy!)).to.equal(true);
    removeProfile(name);
  });

  it('references to itself follow the new name: a signal rule for its own peer still holds', async () => {
    const text =
      'abi <abi/3.0>,\nprofile kin flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  signal (receive) peer={unconfined,runc},\n  signal (send, receive) peer=kin,\n}\n';
    const { ledger, exit } = await harness([
      spec(text, [{ name: 'kill', shell: 'sleep 30 & kill $!', expect: 'allowed' }]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
  });

  it('a rule that the compiled policy leaves out is named in the evidence', async () => {
    const { ledger } = await harness([
      spec(profileText('left-out', '  deny unix (connect) type=stream peer=(label=x),'), [
        { name: 'open', open: '/etc/passwd', expect: 'allowed' },
      ]),
    ]);
    const [warning, another] = ledger.suites[0]!.confinement!.parserWarnings;
    expect([warning, another]).to.deep.equal([
      warning?.match(/^Warning from profile left-out\S* \(\S+\): deny unix socket rule not enforced.*$/)?.[0],
      undefined,
    ]);
  });

  it('its children come along, and an include beside it is found', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'rules'), 'deny /etc/passwd w,\n');
    writeFileSync(
      join(dir, 'profile'),
      'abi <abi/3.0>,\nprofile parent flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  signal,\n  include <rules>\n  profile kid { }\n}\n',
    );
    const { ledger, exit } = await harness([spec({ file: join(dir, 'profile') }, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
    expect(entry(ledger, 'denied').witnesses).to.have.length(1);
  });

  it('refuses a copy that would mean something else, and names the rule', async () => {
    for (const rule of ['/srv/@{profile_name}/** w', 'deny signal peer=[t]win', '/usr/bin/* px']) {
      const text = `${profileText('twin', `  ${rule},`)}profile other /usr/bin/head { }\n`;
      const { ledger, exit } = await harness([spec({ file: file('twin', text), name: 'twin' }, DENIED)]);
      expect(
        [exit, ledger.suites[0]!.faults[0]?.code, ledger.suites[0]!.faults[0]?.message.includes(rule)],
        story(ledger),
      ).to.deep.equal([2, 'profile-not-isolated', true]);
    }
  });

  it('a child that stands beside its parent comes along, and the one on the host stays as it is', async () => {
    const host = profileText('svc', '') + profileText('svc//helper', '  deny /etc/shadow r,').replace(/^abi.*\n/, '');
    replacePolicy((await compile('/host', host)).policy);
    const before = [await hostState(), kernelHash('svc')];
    const text =
      profileText('svc', '  /usr/bin/id cx -> helper,') + profileText('svc//helper', '').replace(/^abi.*\n/, '');
    const { ledger, exit } = await harness([spec(text, [{ run: 'id', expect: 'allowed' }])]);
    expect(exit, story(ledger)).to.equal(0);
    expect([await hostState(), kernelHash('svc')]).to.deep.equal(before);
    removeProfile('svc');
  });

  it('what one spec loads is not there for the next', async () => {
    const parent = (child: string): string => profileText('app', `  /usr/bin/id cx -> worker,\n${child}`);
    const [one, other] = [parent('profile worker {\n  file,\n}\n'), parent('')].map((text) =>
      spec(text, [{ name: 'id', run: 'id', expect: 'allowed' }]),
    );
    const { ledger } = await harness([one!, other!]);
    expect(
      ledger.suites.map(({ entries }) => entries[0]?.verdict.code),
      story(ledger),
    ).to.deep.equal(['allowed', 'denied-but-allowed']);
  });

  it('a container that its profile makes unkillable is still removed', async () => {
    const before = await hostState();
    const text =
      'abi <abi/3.0>,\nprofile unkillable flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  deny signal,\n  deny /etc/passwd w,\n}\n';
    const { ledger, exit } = await harness([spec(text, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
  });

  it('loads nothing when the file defines several profiles and none is chosen; the chosen one is tested', async () => {
    const text = file(
      'two',
      `${profileText('one', '')}${profileText('two', '  deny /etc/passwd w,').replace(/^abi.*\n/, '')}`,
    );
    const undecided = await harness([spec({ file: text }, DENIED)]);
    expect([undecided.exit, undecided.ledger.suites[0]!.faults[0]?.code]).to.deep.equal([2, 'profile-ambiguous']);
    const { ledger, exit } = await harness([spec({ file: text, name: 'two' }, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
    expect([...loadedProfiles().keys()].filter((name) => /^(one|two)/.test(name))).to.deep.equal([]);
  });

  it("a rule that overlaps the host's attachments does not catch the host's programs", async () => {
    const text =
      'abi <abi/3.0>,\nprofile greedy /** flags=(attach_disconnected) {\n  file,\n  network,\n  capability,\n  signal,\n  deny /etc/passwd w,\n}\n';
    const { ledger, exit } = await harness([spec(text, DENIED)]); // the harness itself starts programs meanwhile
    expect(exit, story(ledger)).to.equal(0);
  });
});
