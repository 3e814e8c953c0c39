import { expect } from 'chai';
import { labelAfterExec } from '#core/generate/label-after-exec.ts';

const KNOWN = new Set(['p', 'p//child', 'p///usr/bin/id', 'other']);

describe('labelAfterExec', () => {
  const rows: readonly (readonly [string | undefined, string | undefined])[] = [
    ['cx -> child', 'p//child'],
    ['Cx -> child', 'p//child'],
    ['cx', 'p///usr/bin/id'],
    ['cix -> child', 'p//child'],
    ['px -> other', 'other'],
    ['pux -> other', 'other'],
    ['ux', 'unconfined'],
    ['Ux', 'unconfined'],
    ['ix', undefined],
    ['px -> elsewhere', undefined],
    ['cx -> none', undefined],
    ['px -> &other', undefined],
    [undefined, undefined],
  ];
  for (const [transition, label] of rows)
    it(`${transition ?? 'no transition'} gives ${label ?? 'no label that is certain'}`, () => {
      expect(labelAfterExec({ words: ['exec', '/usr/bin/id'] }, transition, 'p', KNOWN)).to.equal(label);
    });

  it('is asked for programs that the agent executes as they are', () => {
    expect(labelAfterExec({ words: ['exec-copy', '/usr/bin/id', '/x'] }, 'ux', 'p', KNOWN)).to.equal(undefined);
  });
});
