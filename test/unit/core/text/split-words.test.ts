import { expect } from 'chai';
import { splitWords } from '#core/text/split-words.ts';

const words = (line: string): string[] | string => {
  const split = splitWords(line);
  return 'words' in split ? split.words.map(({ text, tilde }) => (tilde ? `HOME:${text}` : text)) : split.problem;
};

describe('a command line', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['top -b -n 1', ['top', '-b', '-n', '1']],
    ['  a\t b  ', ['a', 'b']],
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`'' ""`, ['', '']],
    [`a'b'"c"d`, ['abcd']],
    [`"\\"\\\\\\$\\x"`, ['"\\$\\x']],
    ['touch ~/thing', ['touch', 'HOME:~/thing']],
    ['ls ~', ['ls', 'HOME:~']],
    [`ls '~/x' a~b ~user`, ['ls', '~/x', 'a~b', '~user']],
    [`echo '$HOME' '*' a#b a!b`, ['echo', '$HOME', '*', 'a#b', 'a!b']],
    ['a=b', ['a=b']],
    ['ä "ü ö"', ['ä', 'ü ö']],
  ];
  for (const [line, expected] of cases)
    it(`${line} splits as in a shell`, () => expect(words(line)).to.deep.equal(expected));

  for (const line of [
    'a | b',
    'a > b',
    'a; b',
    'a & b',
    'echo $X',
    'echo "$X"',
    'echo `x`',
    'ls *',
    'ls ?',
    'ls [a]',
    '(a)',
    '{a,b}',
    '# x',
    '! a',
    'a\nb',
  ]) {
    it(`${JSON.stringify(line)} needs a shell`, () => expect(words(line)).to.match(/needs a shell/));
  }
  for (const line of ['', '  ', `'a`, '"a', 'a\\'])
    it(`${JSON.stringify(line)} is refused`, () => expect(words(line)).to.be.a('string'));
});
