/** Rules and flags that mutants add to a profile. */
import { expect } from 'chai';
import { additionsTo } from '#core/mutation/additions.ts';
import { changeText, mutatedText, numbered } from '#core/mutation/mutant.ts';
import { UNKNOWN_WORLD, type MutationWorld } from '#core/mutation/mutation-world.ts';
import type { Operator } from '#core/mutation/operators.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

function text(rules: string, header = 'profile p'): ProfileText {
  const read = readProfileText('/p', `${header} {\n${rules}\n}\n`, () => undefined);
  if (!isRead(read)) throw new Error(read.message);
  return read;
}

/** What an operator adds to a profile with these rules. */
function added(operator: Operator, rules: string, world: MutationWorld = UNKNOWN_WORLD): string[] {
  return additionsTo(text(rules), world)
    .filter(({ kind }) => kind === operator)
    .map(({ after }) => after);
}

describe('additionsTo', () => {
  it('stands before the last brace, in a text that can be read, and says what is added', () => {
    const original = text('  file,\n  profile child {\n  }');
    const mutants = numbered(additionsTo(original, UNKNOWN_WORLD));
    const one = mutants.find(({ after, profile }) => after === 'capability chown' && profile === 'p');
    expect(changeText(one!)).to.equal('nothing → capability chown');
    expect(mutatedText(original, one!)).to.match(/ {2}\}\n\n {2}capability chown,\n\}\n$/);
    const inChild = mutants.find(({ after, profile }) => after === 'capability chown' && profile === 'p//child');
    expect(mutatedText(original, inChild!)).to.match(/profile child \{\n {2}\n {2}capability chown,\n\}\n\}\n$/);
    for (const mutant of mutants) {
      const changed = readProfileText('/p', mutatedText(original, mutant), () => undefined);
      expect(isRead(changed), changeText(mutant)).to.equal(true);
    }
  });

  it('adds each capability that is missing, denied ones among them, and all at once', () => {
    const capabilities = added('add-capability', '  capability chown,\n  deny capability sys_admin,');
    expect(capabilities[0]).to.equal('capability');
    expect(capabilities).to.include('capability sys_admin').and.not.include('capability chown');
    expect(added('add-capability', '  capability,')).to.deep.equal([]);
  });

  it('adds families of sockets, and single types of those that have some', () => {
    const rules = added('add-network', '  network inet tcp,');
    expect(rules.slice(0, 3)).to.deep.equal(['network', 'network unix', 'network inet']);
    expect(rules).to.include('network inet raw').and.include('network packet raw').and.include('network bluetooth');
    expect(rules).to.not.include('network inet stream');
    expect(added('add-network', '  network,')).to.deep.equal([]);
  });

  it('adds mounts of each kind, and what undoes them', () => {
    expect(added('add-mount', '')).to.include.members([
      'mount',
      'mount options=(bind)',
      'remount',
      'umount',
      'pivot_root',
    ]);
    expect(added('add-mount', '  umount,')).to.not.include('umount');
  });

  it('adds signals and traces of anybody, and of those who are there', () => {
    const world = { ...UNKNOWN_WORLD, labels: ['a peer'] };
    expect(added('add-ptrace', '', world)).to.include.members(['ptrace', 'ptrace (read)', 'ptrace peer=unconfined']);
    expect(added('add-signal', '', world)).to.include.members(['signal (send)', 'signal (receive) peer="a peer"']);
    expect(added('add-unix', '', world)).to.deep.equal([
      'unix',
      'unix peer=(label=unconfined)',
      'unix peer=(label="a peer")',
    ]);
  });

  it('adds changes of the profile, to its siblings too', () => {
    expect(added('add-change-profile', '  profile child {\n  }')).to.include.members([
      'change_profile',
      'change_profile -> unconfined',
      'change_profile -> p//child',
    ]);
  });

  it('adds a hat with everything to a profile, and to no child of it', () => {
    const hats = added('add-hat', '  profile child {\n  }');
    expect(hats).to.have.lengthOf(1);
    expect(hats[0]).to.match(/^\^opened-hat \{ file, capability, .* \}$/);
  });

  it('adds ways out for programs that exist, those that the profile names first', () => {
    const world = {
      ...UNKNOWN_WORLD,
      programs: ['/bin/a', '/bin/b[', '/bin/c', '/bin/d', '/bin/e', '/bin/sh', '/srv/x'],
    };
    const rules = added('add-exec', '  deny /srv/x rx,\n  /bin/gone ix,', world);
    expect(rules.slice(0, 5)).to.deep.equal(['/srv/x ux', '/srv/x pux', '/srv/x px', '/srv/x cx', '/bin/sh ux']);
    expect(rules).to.include('/** ux').and.not.include('/bin/a ux');
    const others = { ...UNKNOWN_WORLD, programs: ['/opt/b['] };
    expect(added('add-exec', '  deny /srv/x rx,', others)).to.include('/opt/b\\[ ux');
  });

  it('adds writing and linking below folders: denied ones, and those that nothing allows', () => {
    expect(added('add-file', '  file,\n  deny /etc/** wl,\n  deny /usr/lib/* w,')).to.deep.equal([
      '/etc/** wl',
      '/usr/lib/** wl',
    ]);
    expect(added('add-file', '  /** r,')).to.include.members(['/etc/** w', '/etc/** l']);
  });

  it('overrules each deny rule by a priority', () => {
    expect(
      added('add-priority', '  file,\n  audit deny /etc/** wx,\n  priority=3 deny capability chown,'),
    ).to.deep.equal(['priority=1 audit /etc/** wix', 'priority=4 capability chown']);
  });

  it('adds whole classes', () => {
    expect(added('add-class', '')).to.include.members(['userns', 'io_uring', 'mqueue', 'all']);
  });

  it('adds flags, with brackets where there are none', () => {
    const bare = text('  file,', 'profile p /bin/{a,b}');
    const [first] = numbered(additionsTo(bare, UNKNOWN_WORLD)).filter(({ kind }) => kind === 'add-flag');
    expect(mutatedText(bare, first!)).to.equal('profile p /bin/{a,b} flags=(unconfined) {\n  file,\n}\n');
    const flagged = text('  file,', 'profile p flags=(complain, attach_disconnected)');
    const changes = additionsTo(flagged, UNKNOWN_WORLD).filter(({ kind }) => kind === 'add-flag');
    expect(changes.map(changeText)).to.deep.equal([
      'flags=(complain,attach_disconnected) → flags=(complain,attach_disconnected,unconfined)',
      'flags=(complain,attach_disconnected) → flags=(complain,attach_disconnected,default_allow)',
    ]);
  });

  it('can only allow more, but for programs and flags', () => {
    const all = additionsTo(text('  deny /x rx,'), { ...UNKNOWN_WORLD, programs: ['/x'] });
    const narrowing = new Set(all.filter(({ widens }) => !widens).map(({ kind }) => kind));
    expect([...narrowing]).to.deep.equal(['add-exec', 'add-priority', 'add-flag']);
  });
});
