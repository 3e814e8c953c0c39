/** Renamed, added and removed profiles: what is compared with what, and what has nothing to be compared with. */
import { expect } from 'chai';
import { addedDifference, removedDifference } from '#core/profile/compare/one-sided.ts';
import { pairProfiles } from '#core/profile/compare/profile-pairs.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';

function blocks(text: string): readonly ProfileBlock[] {
  const read = readProfileText('p', text, () => undefined);
  if (!isRead(read)) throw new Error(read.message);
  return read.profiles;
}

function pairs(base: string, head: string): string[] {
  return pairProfiles(blocks(base), blocks(head)).map(
    (pair) => `${pair.base?.name ?? 'none'} → ${pair.head?.name ?? 'none'}`,
  );
}

describe('profiles of two versions', () => {
  it('belong together by their names', () => {
    const text = 'profile a { profile k { } }\nprofile b { }\n';
    expect(pairs(text, text)).to.have.members(['a → a', 'a//k → a//k', 'b → b']);
  });

  it('belong together where one is gone and one is new, with all their children', () => {
    const base = 'profile a { file, profile k { } ^h { } }\nprofile same { }\n';
    const head = 'profile same { }\nprofile b { network, profile k { } ^i { } }\n';
    expect(pairs(base, head)).to.have.members(['a → b', 'a//k → b//k', 'a//h → none', 'none → b//i', 'same → same']);
  });

  it('belong together by their attachments and by their rules', () => {
    const base = 'profile a /usr/bin/a { /x r, }\nprofile b { /y r, /z r, }\nprofile c { signal, }\n';
    const head = 'profile d { /y r, /z w, }\nprofile e /usr/bin/a { file, }\nprofile f { ptrace, }\n';
    expect(pairs(base, head)).to.have.members(['a → e', 'b → d', 'c → f']);
  });

  it('are left alone where nothing tells which became which', () => {
    const base = 'profile a { /x r, }\nprofile b { /y r, }\n';
    const head = 'profile c { signal, }\nprofile d { ptrace, }\n';
    expect(pairs(base, head)).to.have.members(['a → none', 'b → none', 'none → c', 'none → d']);
  });
});

describe('a profile that only one side has', () => {
  const added = (base: string, head: string): string => {
    const after = blocks(head);
    const { change, detail } = addedDifference(
      after.find(({ name }) => name === 'new')!,
      blocks(base),
      after,
    );
    return `${change}: ${detail}`;
  };

  for (const rule of [
    '/usr/bin/x px -> new,',
    '/usr/bin/x Pix -> new,',
    '/usr/bin/x px -> new//&other,',
    'change_profile -> new,',
    'change_profile,',
    'change_profile -> n*,',
    'all,',
  ]) {
    it(`is newly allowed where a compared one enters it by ${rule}`, () => {
      const old = `profile old { ${rule} }\n`;
      expect(added(old, `${old}profile new { file, }\n`)).to.include('loosened: the profile was added, and old can');
    });
  }

  it('is newly allowed where it attaches to programs of another', () => {
    const old = 'profile old /usr/bin/{x,y} { }\n';
    expect(added(old, `${old}profile new /usr/bin/x* { file, }\n`)).to.include('programs that old confined');
    expect(added(old, `${old}profile new /usr/bin/z* { file, }\n`)).to.include('tightened');
  });

  it('is newly allowed where a program is executed under whatever attaches to it', () => {
    const old = 'profile old { /usr/bin/* px, }\n';
    expect(added(old, `${old}profile new /usr/bin/x { file, }\n`)).to.include('old can enter it');
    expect(added(old, `${old}profile new { file, }\n`)).to.include('tightened');
  });

  for (const rule of ['/usr/bin/x ix,', '/usr/bin/x px -> other,', 'deny change_profile -> new,', 'file,']) {
    it(`is only reported where ${rule} leads elsewhere`, () => {
      const old = `profile old { ${rule} }\n`;
      expect(added(old, `${old}profile new { file, }\n`)).to.include(
        'none of the profiles that are compared enters it',
      );
    });
  }

  const removed = (base: string, name: string, parent: string): string => {
    const block = blocks(base).find((each) => each.name === name)!;
    const { change, detail } = removedDifference(block, blocks(parent)[0]);
    return `${change}: ${detail}`;
  };

  it('leaves what it confined without it', () => {
    expect(removedDifference(blocks('profile a { }')[0]!).change).to.equal('loosened');
  });

  it('is no loss where its parent allows no more, or nothing enters it', () => {
    const base = 'profile a { ^h { /x rw, } profile k { /x r, } }\n';
    expect(removed(base, 'a//h', 'profile a { /x r, }')).to.include('tightened: the hat was removed: what it confined');
    expect(removed(base, 'a//h', 'profile a { file, }'))
      .to.include('loosened')
      .and.to.include('allows more');
    expect(removed(base, 'a//k', 'profile a { file, }'))
      .to.include('tightened')
      .and.to.include('nothing can enter');
    expect(removed(base, 'a//k', 'profile a { file, /k cix, }')).to.include('loosened');
  });
});
