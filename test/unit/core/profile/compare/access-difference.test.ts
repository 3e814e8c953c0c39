import { expect } from 'chai';
import type { Difference } from '#core/profile/compare/access-change.ts';
import { compareBlocks } from '#core/profile/compare/access-difference.ts';
import { decideAccess } from '#core/profile/semantics/decide-access.ts';
import { FORM_ONLY, MEANINGFUL, profileText, type Pair } from '../../../../profile-pairs.ts';
import { blockOf, readBlock } from '../reading.ts';

function differences(...[base, head, options]: Parameters<typeof compareBlocks>): readonly Difference[] {
  return compareBlocks(base, head, options).differences;
}

function comparePair(pair: Pair): ReturnType<typeof compareBlocks> {
  return compareBlocks(readBlock(profileText('p', pair, 'base')), readBlock(profileText('p', pair, 'head')));
}

describe('compareBlocks', () => {
  for (const pair of MEANINGFUL) {
    it(`finds exactly one difference where ${pair.name}`, () => {
      const { differences: found, notes } = comparePair(pair);
      expect(notes).to.deep.equal([]);
      expect(found.map(({ change, class: name }) => [change, name])).to.deep.equal([[pair.change, pair.class]]);

      const [difference] = found;
      if (pair.permissions.length > 0) expect(difference?.permissions).to.have.members([...pair.permissions]);
      const [example] = difference?.examples ?? [];
      if (pair.path !== undefined) expect(example).to.have.property('path', pair.path);
    });

    if (pair.change === 'transition') continue;
    it(`gives an example that the two profiles decide differently where ${pair.name}`, () => {
      const base = readBlock(profileText('p', pair, 'base'));
      const head = readBlock(profileText('p', pair, 'head'));
      for (const example of differences(base, head).flatMap(({ examples }) => examples.slice(0, 1))) {
        expect(decideAccess(base, example).allowed, 'in base').to.equal(pair.change !== 'allowed');
        expect(decideAccess(head, example).allowed, 'in head').to.equal(pair.change === 'allowed');
      }
    });
  }

  for (const pair of FORM_ONLY) {
    it(`finds no difference for ${pair.name}`, () => {
      expect(comparePair(pair).differences).to.deep.equal([]);
    });
  }

  it('names the rules that are responsible', () => {
    const [difference] = differences(blockOf('file,\ndeny /etc/** wl,'), blockOf('file,\ndeny /etc/* wl,'));
    expect(difference?.base.map(({ text }) => text)).to.deep.equal(['deny /etc/** wl']);
    expect(difference?.permissions).to.have.members(['w', 'l']);
  });

  it('finds changed flags and limits', () => {
    const base = blockOf('set rlimit nofile <= 10,');
    const head = blockOf('set rlimit nofile <= 1K,', 'flags=(complain)');
    const found = differences(base, head).map(({ change, class: name, detail }) => [change, name, detail]);
    expect(found).to.deep.equal([
      ['allowed', 'flags', 'the flag complain was added'],
      ['allowed', 'rlimit', 'the limit nofile was 10 and is 1 K'],
    ]);
  });

  it('finds what only changes the audit record', () => {
    const base = blockOf('file,\ndeny /a w,');
    const head = blockOf('file,\naudit deny /a w,');
    expect(differences(base, head).map(({ change }) => change)).to.deep.equal(['logging']);
  });

  it('notes which rule it cannot compare', () => {
    const { gaps } = compareBlocks(blockOf('/{a r,'), blockOf('file,'));
    expect(gaps[0]).to.contain('cannot be compared: a { is not closed');
    const same = compareBlocks(blockOf('/{a r,'), blockOf('/{a r,'));
    expect([same.notes.length, same.gaps]).to.deep.equal([2, []]);
  });
});
