/** A generated spec: green at once on the kernel that it was tried on, and it notices when the profile is weakened. */
import { expect } from 'chai';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { cli, file, folder, harness, hostState, IMAGE, read, red, story } from './kit.ts';

const PROFILE = `abi <abi/3.0>,
profile generated flags=(attach_disconnected,mediate_deleted) {
  file,
  network inet stream,
  signal,
  # Nobody else's passwords.
  deny /etc/shadow r,
  deny /srv/** w,
  deny /usr/bin/top x,
  deny /sys/fs/c[^g]*/** wklx,
  deny /opt/app/{,**} rwklx,
  deny owner /etc/issue r,
  /usr/bin/id cx -> child,
  profile child {
    file,
  }
}
profile other {
  file,
}
`;

describe('init', () => {
  const output = join(folder(), 'generated.yml');
  const profile = file('generated', PROFILE);

  it('writes a spec with each rule, its place and its reason, and puts the host back', async () => {
    const before = await hostState();
    const { exit, stdout, stderr } = await cli([
      'init',
      '--host',
      'local',
      '--profile',
      profile,
      '--name',
      'generated',
      '--image',
      IMAGE,
      '-o',
      output,
    ]);
    expect(exit, stderr + stdout.toString()).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
    const text = read(output);
    expect(text).to.contain('generated:7: deny /etc/shadow r').and.contain("Nobody else's passwords.");
    expect(text, 'no container has such a name').to.contain('source: generated.placeholders/sys, target: /sys');
    expect(text, 'the image lacks the folder').to.contain('source: generated.placeholders/opt/app, target: /opt/app');
    expect(text, 'who does not own it').to.match(/open: \/etc\/issue\n {4}user: "65534:65534"\n {4}expect: allowed/);
    expect(text).to.contain('exec: /usr/bin/id\n    expect: {access: allowed, label: generated//child}');
    expect(text).to.match(/profile:\n {2}file: .*\n {2}name: generated\n/);
    expect(stdout.toString()).to.match(/probes for \d+ of 10 rules/);
    expect(stdout.toString(), 'said').to.contain('generated//child (rules: 1)').and.contain('other (rules: 1)');
  });

  it('writes a spec that is green at once', async () => {
    const { ledger, exit } = await harness([output]);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.entries.length).to.be.greaterThan(6);
  });

  /** Each with what its own probes are about. Those of a list are made at once. */
  const weaker: readonly (readonly (readonly [about: string, from: string, to: string])[])[] = [
    [
      ['reading /etc/shadow ', '  deny /etc/shadow r,\n', ''],
      ['writing to /srv/', '  deny /srv/** w,\n', ''],
      ['executing /usr/bin/top ', '  deny /usr/bin/top x,\n', ''],
      ['reading /etc/issue by a user who does not own it ', 'deny owner', 'deny'],
      [' /opt/app', '  deny /opt/app/{,**} rwklx,\n', ''],
      ['executing /usr/bin/id ', 'cx -> child', 'ix'],
      ['locking /sys/fs/c', '** wklx', '** wlx'],
    ],
    [['executing /sys/fs/c', '** wklx', '** wkl']],
  ];
  for (const changes of weaker)
    it(`writes a spec that is red where rules, or letters of them, are taken away: ${changes.length}`, async () => {
      let other = PROFILE;
      for (const [, from, to] of changes) {
        expect(other.split(from).length, `it is there once: ${from}`).to.equal(2);
        other = other.replace(from, to);
      }
      const { ledger, exit } = await harness([output], { profile: file('generated', other) });
      expect(exit, story(ledger)).to.equal(1);
      const names = red(ledger);
      for (const [about] of changes) expect(names.join('\n')).to.include(about);
      const others = names.filter((name) => !changes.some(([about]) => name.includes(about)));
      expect(others, 'red by itself').to.deep.equal([]);
    });

  it('leaves nothing behind where it fails', async () => {
    const other = join(folder(), 'other.yml');
    const { exit } = await cli([
      'init',
      '--host',
      'local',
      '--profile',
      profile,
      '--image',
      'apparmor-probe/none:none',
      '-o',
      other,
    ]);
    expect(exit).to.not.equal(0);
    expect(existsSync(other) || existsSync(other.replace('.yml', '.placeholders'))).to.equal(false);
  });

  it('does not overwrite a file unless it is told to', async () => {
    const { exit, stderr } = await cli([
      'init',
      '--host',
      'local',
      '--profile',
      profile,
      '--image',
      IMAGE,
      '-o',
      output,
    ]);
    expect(exit).to.equal(2);
    expect(stderr).to.contain('--force');
    expect(existsSync(output)).to.equal(true);
  });
});
