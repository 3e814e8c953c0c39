import { expect } from 'chai';
import {
  arrows,
  arrowsBackUp,
  circles,
  floors,
  graphOf,
  grouped,
  nameOf,
  type Graph,
} from '../../../../scripts/lint/figures/graph.ts';

/** A graph from arrows: `a>b b>c`. */
function drawn(text: string): Graph {
  const imports = text.split(' ').map((arrow): [string, string] => {
    const [from = '', to = ''] = arrow.split('>');
    return [from, to];
  });
  return graphOf([], imports);
}

describe('figures: graph', () => {
  it('keeps nodes without imports, and counts imports between the same two', () => {
    const graph = graphOf(
      ['alone'],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    );
    expect([...graph.keys()]).to.have.members(['alone', 'a', 'b']);
    expect(arrows(graph)).to.deep.equal([{ from: 'a', to: 'b', imports: 2 }]);
  });

  describe('circles', () => {
    // prettier-ignore
    const cases: readonly (readonly [name: string, graph: string, circles: string[][]])[] = [
      ['a chain has none', 'a>b b>c a>c', []],
      ['two that import each other', 'a>b b>a b>c', [['a', 'b']]],
      ['three in a ring', 'a>b b>c c>a d>a', [['a', 'b', 'c']]],
      ['two rings that share a node are one', 'a>b b>a b>c c>b', [['a', 'b', 'c']]],
      ['two rings with a way from one to the other are two', 'a>b b>a b>c c>d d>c', [['a', 'b'], ['c', 'd']]],
      ['one that imports itself', 'a>a a>b', [['a']]],
    ];
    for (const [name, graph, expected] of cases)
      it(name, () => {
        expect(circles(drawn(graph))).to.deep.equal(expected);
      });
  });

  describe('arrows that run back up', () => {
    // prettier-ignore
    const cases: readonly (readonly [name: string, graph: string, back: string[]])[] = [
      ['a chain has none', 'a>b b>c a>c', []],
      ['the one with fewer imports', 'a>b a>b b>a', ['b → a']],
      ['one for each circle', 'a>b a>b b>a b>c c>d c>d d>c', ['b → a', 'd → c']],
      ['the first in the alphabet among equals', 'b>a a>b', ['a → b']],
    ];
    for (const [name, graph, expected] of cases)
      it(name, () => {
        expect(arrowsBackUp(drawn(graph)).map(nameOf)).to.have.members(expected);
      });
  });

  describe('floors', () => {
    // prettier-ignore
    const cases: readonly (readonly [name: string, graph: Graph, floors: number])[] = [
      ['nothing has none', graphOf([], []), 0],
      ['nodes that import nothing stand on one', graphOf(['a', 'b'], []), 1],
      ['the longest chain counts', drawn('a>b b>c c>d a>d'), 4],
      ['an arrow back up adds none', drawn('a>b a>b b>a'), 2],
    ];
    for (const [name, graph, expected] of cases)
      it(name, () => {
        expect(floors(graph)).to.equal(expected);
      });
  });

  it('groups nodes, adds up their imports and leaves out those inside a group', () => {
    const graph = grouped(drawn('x/a>x/b x/a>y/a x/b>y/b z>y/a'), (node) => node.split('/')[0] ?? '');
    expect([...graph.keys()]).to.have.members(['x', 'y', 'z']);
    expect(arrows(graph)).to.have.deep.members([
      { from: 'x', to: 'y', imports: 2 },
      { from: 'z', to: 'y', imports: 1 },
    ]);
  });
});
