import { expect } from 'chai';
import { graphOf } from '../../../../scripts/lint/figures/graph.ts';
import { folderCircles, repeatedNames, roomOf } from '../../../../scripts/lint/figures/names.ts';

describe('figures: names', () => {
  it('finds names that occur twice, whatever the folder and the extension', () => {
    expect(repeatedNames(['cli/run.ts', 'run.ts', 'lab/run.d.ts', 'lab/runner.ts'])).to.deep.equal([
      { name: 'run', files: ['cli/run.ts', 'lab/run.d.ts', 'run.ts'] },
    ]);
  });

  it('calls the first parts of a path a room, and a loose file too', () => {
    expect(roomOf('core/profile/glob.ts', 1)).to.equal('core');
    expect(roomOf('core/profile/glob.ts', 2)).to.equal('core/profile');
    expect(roomOf('main.ts', 2)).to.equal('main.ts');
  });

  describe('circles of folders', () => {
    type Imports = readonly (readonly [string, string])[];
    // prettier-ignore
    const cases: readonly (readonly [name: string, imports: Imports, circles: string[][]])[] = [
      ['at the top', [['a/1.ts', 'b/1.ts'], ['b/2.ts', 'a/2.ts']], [['a', 'b']]],
      ['further down', [['a/x/1.ts', 'a/y/1.ts'], ['a/y/2.ts', 'a/x/2.ts']], [['a/x', 'a/y']]],
      ['between a folder and a loose file', [['a/1.ts', 'a/x/1.ts'], ['a/x/2.ts', 'a/1.ts']], [['a/1.ts', 'a/x']]],
      ['not between files alone', [['a/1.ts', 'a/2.ts'], ['a/2.ts', 'a/1.ts'], ['a/x/1.ts', 'a/1.ts']], []],
      ['not where all arrows point one way', [['a/1.ts', 'b/1.ts'], ['a/2.ts', 'b/2.ts']], []],
    ];
    for (const [name, imports, expected] of cases)
      it(name, () => {
        expect(folderCircles(graphOf([], imports))).to.deep.equal(expected);
      });
  });
});
