import { expect } from 'chai';
import { asLoaded, asWritten, labelText, sameLabel } from '#core/model/labels.ts';

const NAMES = new Map([
  ['x.run', 'x'],
  ['x-next.run', 'x-next'],
  ['/usr/bin/y.run', '/usr/bin/y'],
]);

describe('labels', () => {
  const pairs: readonly (readonly [loaded: string, written: string])[] = [
    ['x.run', 'x'],
    ['x-next.run', 'x-next'],
    ['x.run//child', 'x//child'],
    ['x.run//child//&x-next.run', 'x//child//&x-next'],
    ['/usr/bin/y.run', '/usr/bin/y'],
    ['x.run//null-/usr/bin/z', 'x//null-/usr/bin/z'],
    ['unconfined', 'unconfined'],
    ['other', 'other'],
    ['x.running', 'x.running'],
  ];
  for (const [loaded, written] of pairs) {
    it(written, () => {
      expect([asWritten(loaded, NAMES), asLoaded(written, NAMES)]).to.deep.equal([written, loaded]);
    });
  }

  it('a stack is the same in any order, with its mode', () => {
    expect(sameLabel('a//&b (enforce)', 'b//&a (enforce)')).to.equal(true);
    expect(sameLabel('a//&b (enforce)', 'b//&a (complain)')).to.equal(false);
    expect(sameLabel('a//&b', 'a')).to.equal(false);
    expect(sameLabel('a', 'b')).to.equal(false);
    expect([labelText('a', 'enforce'), labelText('unconfined')]).to.deep.equal(['a (enforce)', 'unconfined']);
  });
});
