import { expect } from 'chai';
import { parseLabel, parseProfileList } from '#adapters/kernel/securityfs/profile-label.ts';

describe('parseLabel', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['unconfined\n', { label: 'unconfined' }],
    ['docker-default (enforce)\n', { label: 'docker-default', mode: 'enforce' }],
    ['a (b) (complain)\n', { label: 'a (b)', mode: 'complain' }],
    ['a//&b (mixed)', { label: 'a//&b', mode: 'mixed' }],
    ['p (user)', { label: 'p', mode: 'prompt' }],
    ['p (something)', { label: 'p (something)' }],
    ['', { label: '' }],
  ];
  for (const [text, expected] of cases)
    it(`reads ${JSON.stringify(text)}`, () => expect(parseLabel(text)).to.deep.equal(expected));

  it('reads a list with one profile a line', () => {
    expect([...parseProfileList('a (enforce)\nb c (complain)\na//kid (enforce)\n')]).to.deep.equal([
      ['a', 'enforce'],
      ['b c', 'complain'],
      ['a//kid', 'enforce'],
    ]);
  });
});
