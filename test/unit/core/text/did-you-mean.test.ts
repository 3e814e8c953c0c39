import { expect } from 'chai';
import { nearest, suggestion } from '#core/text/did-you-mean.ts';

describe('nearest', () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['opne', ['exec', 'open'], 'open'],
    ['wirte', ['read', 'write'], 'write'],
    ['opn', ['exec', 'open'], 'open'],
    ['deny', ['allowed', 'denied'], 'denied'],
    ['ALLOWED', ['allowed', 'denied'], 'allowed'],
    ['read', ['write', 'append'], undefined],
    ['x', ['write', 'append'], undefined],
    ['', ['write'], undefined],
    ['a'.repeat(100), [`b${'a'.repeat(99)}`], undefined],
  ];
  for (const [word, known, expected] of cases) {
    const list = known.join(', ').slice(0, 20);
    it(`takes ${word.slice(0, 10)} for ${expected ?? 'nothing'} of ${list}`, () => {
      expect(nearest(word, known)).to.equal(expected);
    });
  }
});

describe('suggestion', () => {
  it('is the end of a sentence, or nothing', () => {
    expect(suggestion('opne', ['open'])).to.equal('; did you mean open?');
    expect(suggestion('peruse', ['open'])).to.equal('');
  });
});
