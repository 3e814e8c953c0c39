import { expect } from 'chai';
import type { Difference } from '#core/profile/compare/access-change.ts';
import { decideAccess } from '#core/profile/semantics/decide-access.ts';
import { compareBlocks } from '#core/profile/compare/access-difference.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { FORM_ONLY, MEANINGFUL, profileText } from '../../../../profile-pairs.ts';

function block(source: string): ProfileBlock {
  const text = readProfileText('p', source, () => undefined);
  if (!isRead(text)) throw new Error(text.message);
  const [only] = text.profiles;
  if (only === undefined) throw new Error('no profile');
  return only;
}

const differences = (...[base, head, options]: Parameters<typeof compareBlocks>): readonly Difference[] =>
  compareBlocks(base, head, options).differences;

const of = (rules: string, flags = ''): ProfileBlock => block(`profile p ${flags}{\n${rules}\n}\n`);

describe('the difference of two profiles', () => {
  for (const pair of MEANINGFUL) {
    it(`is one thing where ${pair.name}`, () => {
      const base = block(profileText('p', pair, 'base'));
      const head = block(profileText('p', pair, 'head'));
      const { differences: found, notes } = compareBlocks(base, head);
      expect(notes).to.deep.equal([]);
      expect(found.map(({ change, class: kind }) => [change, kind])).to.deep.equal([[pair.change, pair.class]]);
      const [first] = found;
      if (pair.permissions.length > 0) expect(first?.permissions).to.have.members([...pair.permissions]);
      const [example] = first?.examples ?? [];
      if (pair.path !== undefined) expect(example).to.have.property('path', pair.path);
      if (example !== undefined && pair.change !== 'transition') {
        expect([decideAccess(base, example).allowed, decideAccess(head, example).allowed]).to.deep.equal(
          pair.change === 'allowed' ? [false, true] : [true, false],
        );
      }
    });
  }

  for (const pair of FORM_ONLY) {
    it(`is empty for ${pair.name}`, () =>
      expect(differences(block(profileText('p', pair, 'base')), block(profileText('p', pair, 'head')))).to.deep.equal(
        [],
      ));
  }

  it('names the rules that are responsible', () => {
    const [first] = differences(of('file,\ndeny /etc/** wl,'), of('file,\ndeny /etc/* wl,'));
    expect(first?.base.map(({ text }) => text)).to.deep.equal(['deny /etc/** wl']);
    expect(first?.permissions).to.have.members(['w', 'l']);
  });

  it('sees flags and limits', () => {
    expect(
      differences(of('set rlimit nofile <= 10,'), of('set rlimit nofile <= 1K,', 'flags=(complain) ')).map(
        ({ change, class: kind, detail }) => [change, kind, detail],
      ),
    ).to.deep.equal([
      ['allowed', 'flags', 'the flag complain was added'],
      ['allowed', 'rlimit', 'the limit nofile was 10 and is 1 K'],
    ]);
  });

  it('sees what is only logged when asked', () => {
    const base = of('file,\ndeny /a w,');
    const head = of('file,\naudit deny /a w,');
    expect(differences(base, head)).to.deep.equal([]);
    expect(differences(base, head, { logging: true }).map(({ change }) => change)).to.deep.equal(['logging']);
  });

  it('says which rule it cannot compare', () => {
    expect(compareBlocks(of('/{a r,'), of('file,')).notes[0]).to.contain('cannot be compared: a { is not closed');
  });
});
