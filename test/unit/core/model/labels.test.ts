import { expect } from 'chai';
import { asLoaded, asWritten, labelText, sameLabel } from '#core/model/labels.ts';

const NAMES = new Map([
  ['x.run', 'x'],
  ['x-next.run', 'x-next'],
  ['/usr/bin/y.run', '/usr/bin/y'],
]);

describe('labels as loaded and as written', () => {
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
    it(`turns ${loaded} into ${written}, and back`, () => {
      expect(asWritten(loaded, NAMES)).to.equal(written);
      expect(asLoaded(written, NAMES)).to.equal(loaded);
    });
  }
});

describe('sameLabel', () => {
  it('takes a stack in another order as the same', () => {
    expect(sameLabel('a//&b (enforce)', 'b//&a (enforce)')).to.equal(true);
  });

  it('tells modes, parts of a stack and names apart', () => {
    expect(sameLabel('a//&b (enforce)', 'b//&a (complain)')).to.equal(false);
    expect(sameLabel('a//&b', 'a')).to.equal(false);
    expect(sameLabel('a', 'b')).to.equal(false);
  });
});

describe('labelText', () => {
  it('puts the mode after the label, as the kernel does', () => {
    expect(labelText('a', 'enforce')).to.equal('a (enforce)');
  });

  it('leaves a label without a mode as it is', () => {
    expect(labelText('unconfined')).to.equal('unconfined');
  });
});
