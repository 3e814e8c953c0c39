import { expect } from 'chai';
import { asLoaded, asWritten, labelText, sameLabel, staysUnder } from '#core/model/labels.ts';
import type { ProfileMode } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';

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

describe('staysUnder', () => {
  const modes = new Map<string, ProfileMode>([
    ['p', 'enforce'],
    ['p//open', 'unconfined'],
    ['p//loose', 'complain'],
    ['q', 'complain'],
    ['r', 'kill'],
  ]);

  const cases: readonly [label: string, mode: ProfileMode | undefined, profile: string, stays: boolean][] = [
    ['p', 'enforce', 'p', true],
    ['p//child', 'enforce', 'p', true],
    ['p//child//deeper', 'kill', 'p', true],
    ['p//&q', 'mixed', 'p', true],
    ['q//&p//child', 'mixed', 'p', false], // a child of unknown mode, in a stack of several
    ['unconfined', undefined, 'p', false],
    ['pp', 'enforce', 'p', false],
    ['q//p', 'enforce', 'p', false],
    ['p//open', 'unconfined', 'p', false],
    ['p//loose', 'complain', 'p', false],
    ['p//&r', 'mixed', 'p//&r', true],
    ['p', 'enforce', 'p//&r', false],
    ['q//null-/bin/sh', 'complain', 'q', true],
    ['q', 'unconfined', 'q', true], // the list of loaded profiles has the last word
  ];
  for (const [label, mode, profile, stays] of cases)
    it(`${stays ? 'holds' : 'does not hold'} for ${label} (${mode ?? 'no mode'}) and ${profile}`, () => {
      expect(staysUnder(defined({ label, mode }), profile, modes)).to.equal(stays);
    });
});
