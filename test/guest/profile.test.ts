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
import { entry, file, folder, harness, hostState, profileText, spec, profileOf, story } from './kit.ts';

const DENIED = [{ name: 'denied', open: '/etc/passwd', for: 'write', expect: 'denied' }];

describe('loading a profile', () => {
  it('is not changed by a file of its name in disable/ or force-complain/', async () => {
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

  it('happens under its own name with --in-place, and the policy that was there is put back', async () => {
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

  it('finds includes in the folders of the spec and of -I, and in the base folder that -b names', async () => {
    const tree = folder();
    const put = (name: string, text: string): string => {
      const path = join(tree, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    };
    const includes = ['tunables/global', 'abstractions/base', 'abstractions/web-common', 'abstractions/web'];
    const profile = put(
      'groups/web/front',
      `include <${includes[0]}>\nprofile front flags=(attach_disconnected,mediate_deleted) {\n` +
        `${includes
          .slice(1)
          .map((name) => `  include <${name}>\n`)
          .join('')}  file,\n}\n`,
    );
    put('own/tunables/global', '@{SECRET}=/etc/passwd\n');
    put('own/abstractions/base', '  network,\n');
    put('common/abstractions/web-common', '  deny @{SECRET} w,\n');
    put('more/abstractions/web', '  deny /etc/issue w,\n');
    const probes = [...DENIED, { name: 'issue', open: '/etc/issue', for: 'write', expect: 'denied' }];

    const inSpec = spec({ file: profile, include: [join(tree, 'common')] }, probes);
    const { ledger, exit } = await harness([inSpec], {
      includes: { search: [join(tree, 'more')], base: join(tree, 'own') },
      withoutCoverage: false,
    });
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.coverage).to.not.have.property('unknown');
  });

  it('renames references to itself: a signal rule for its own peer still holds', async () => {
    const text = profileOf('kin', [
      ...['file,', 'network,', 'capability,'],
      'signal (receive) peer={unconfined,runc},',
      'signal (send, receive) peer=kin,',
    ]);
    const { ledger, exit } = await harness([
      spec(text, [{ name: 'kill', shell: 'sleep 30 & kill $!', expect: 'allowed' }]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
  });

  it('names a rule in the evidence that the compiled policy leaves out', async () => {
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

  it('brings its children along, and finds an include beside it', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'rules'), 'deny /etc/passwd w,\n');
    writeFileSync(
      join(dir, 'profile'),
      profileOf('parent', ['file,', 'network,', 'capability,', 'signal,', 'include <rules>', 'profile kid { }']),
    );
    const { ledger, exit } = await harness([spec({ file: join(dir, 'profile') }, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
    expect(entry(ledger, 'denied').witnesses).to.have.length(1);
  });

  it('refuses a copy that would mean something else, and names the rule', async () => {
    for (const rule of ['/srv/@{profile_name}/** w', 'deny signal peer=[s]ame', '/usr/bin/* px']) {
      const text = `${profileText('same', `  ${rule},`)}profile other /usr/bin/head { }\n`;
      const { ledger, exit } = await harness([spec({ file: file('same', text), name: 'same' }, DENIED)]);
      expect(
        [exit, ledger.suites[0]!.faults[0]?.code, ledger.suites[0]!.faults[0]?.message.includes(rule)],
        story(ledger),
      ).to.deep.equal([2, 'profile-not-isolated', true]);
    }
  });

  it('brings a child along that stands beside its parent, and leaves the one on the host', async () => {
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

  it('leaves nothing of one spec for the next', async () => {
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

  it('still removes a container that its profile makes unkillable', async () => {
    const before = await hostState();
    const text = profileOf('unkillable', ['file,', 'network,', 'capability,', 'deny signal,', 'deny /etc/passwd w,']);
    const { ledger, exit } = await harness([spec(text, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
  });

  it('fails where the file defines several profiles and none is chosen, and tests the chosen one', async () => {
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

  it("does not catch the host's programs by an attachment of the copy", async () => {
    const text = profileOf('greedy /**', ['file,', 'network,', 'capability,', 'signal,', 'deny /etc/passwd w,']);
    // the harness itself starts programs meanwhile
    const { ledger, exit } = await harness([spec(text, DENIED)]);
    expect(exit, story(ledger)).to.equal(0);
  });
});
