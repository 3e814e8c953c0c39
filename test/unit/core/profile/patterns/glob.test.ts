import { expect } from 'chai';
import { translate } from '#core/profile/patterns/glob.ts';
import { Automaton } from '#core/profile/patterns/automaton.ts';
import { readRegex } from '#core/profile/patterns/regex.ts';
import { PATH } from '#core/profile/patterns/possible-names.ts';
import fc from 'fast-check';

function automaton(...texts: string[]): Automaton {
  return new Automaton(
    texts.map((text) => {
      const path = translate(text, { path: true });
      const nfa = 'regex' in path ? readRegex(path.regex) : path;
      if ('problem' in nfa) throw new Error(`${text}: ${nfa.problem}`);
      return nfa;
    }),
  );
}

describe('translate', () => {
  // what apparmor_parser 4.1 prints with --dump=rule-exprs
  const translations: readonly (readonly [string, string])[] = [
    ['/*', '/[^/\\x00][^/\\x00]*'],
    ['/foo/**', '/foo/[^/\\x00][^\\x00]*'],
    ['/foo/*bar', '/foo/[^/\\x00]*bar'],
    ['/proc/{*,**^[0-9*]}', '/proc/([^/\\x00]*|[^\\x00]*\\^[0-9[^/\\x00]*])'],
    ['/a[b*]c', '/a[b[^/\\x00]*]c'],
    ['///a//b', '/a/b'],
    ['//a//b', '//a/b'],
    ['/\\052\\x41\\d66', '/\\*AB'],
    ['/a.b+c', '/a\\.b\\+c'],
  ];
  for (const [text, regex] of translations)
    it(`translates ${text}`, () => expect(translate(text, { path: true })).to.deep.equal({ regex }));

  const matches: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['/a/*', ['/a/x', '/a/x y', '/a/\n'], ['/a/', '/a', '/a/x/', '/a/x/y']],
    ['/a/**', ['/a/x', '/a/x/', '/a/x/y'], ['/a/', '/a', '/a//']],
    ['/sys/[^f]*/**', ['/sys/kernel/x', '/sys//x/y'], ['/sys/fs/x', '/sys//x', '/sys/kernel', '/sys/kernel/']],
    ['/{,usr/}bin/{sh,dash}', ['/bin/sh', '/usr/bin/dash'], ['/usrbin/sh', '/usr/bin/']],
    ['/{**,}', ['/', '/x', '//', '/x/y/'], ['', 'x']],
    ['/a{b,}{,c}', ['/a', '/ab', '/ac', '/abc'], ['/acb']],
    ['/a\\*\\{', ['/a*{'], ['/ax{']],
    ['/ü?', ['/üx'], ['/üü', '/ü']], // a wildcard is one byte
    ['/[a-c]x', ['/ax', '/cx'], ['/dx', '/-x']],
  ];
  for (const [text, yes, no] of matches) {
    it(`gives an automaton that matches ${text} as the kernel does`, () => {
      const one = automaton(text);
      for (const path of yes) expect(one.match(path), path).to.deep.equal([0]);
      for (const path of no) expect(one.match(path), path).to.deep.equal([]);
    });
  }

  for (const text of [
    '/{a}',
    '/{a,b',
    '/a}',
    '/[a',
    '/a]',
    '/a\\',
    '/{'.repeat(60),
    '/[a-]',
    `/${'a'.repeat(600_000)}`,
  ]) {
    it(`reports what is wrong with ${text.slice(0, 20)}`, () => {
      const path = translate(text, { path: true });
      expect('regex' in path ? readRegex(path.regex) : path).to.have.property('problem');
    });
  }

  it('translates or refuses any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const path = translate(`/${text}`, { path: true });
        if ('regex' in path) readRegex(path.regex);
      }),
    );
  });
});

describe('Automaton', () => {
  it('gives the expressions that match', () => {
    expect(automaton('/etc/**', '/etc/shadow', '/**').match('/etc/shadow')).to.deep.equal([0, 1, 2]);
  });

  it('finds every set of expressions that paths match, with plain examples', () => {
    const { sets, complete } = automaton('/etc/**', '/etc/shadow', '/proc/{*,**^[0-9*]}').tagSets(PATH);
    const examples = Object.fromEntries(
      sets.map(({ tags, examples: [first] }) => [tags.join(), Buffer.from(first ?? []).toString()]),
    );
    expect(complete).to.equal(true);
    expect(examples).to.deep.equal({ '': '/x', '0': '/etc/x', '0,1': '/etc/shadow', '2': '/proc/x' });
  });

  it('finds the sets that trying every short path finds', () => {
    const parts = ['a', 'b', '.a', 'ab'];
    const folders = ['', ...parts.map((name) => `/${name}`)];
    const paths = folders.flatMap((folder) => parts.flatMap((name) => [`${folder}/${name}`, `${folder}/${name}/`]));
    const some = fc.constantFrom(
      '/a',
      '/*',
      '/**',
      '/a/*',
      '/a/**',
      '/{a,b}',
      '/[ab]',
      '/.*',
      '/{a,b}/*',
      '/**b',
      '/?',
      '/a*/',
      '/[^a]',
      '/*/.a',
    );
    fc.assert(
      fc.property(fc.uniqueArray(some, { minLength: 1, maxLength: 5 }), (texts) => {
        const { sets, complete } = automaton(...texts).tagSets(PATH);
        const fresh = automaton(...texts);
        const found = new Set(sets.map(({ tags }) => tags.join()));
        expect(complete).to.equal(true);
        for (const path of paths) expect(found, path).to.include(fresh.match(path).join());
        for (const { tags, examples } of sets)
          for (const example of examples) expect(fresh.match(example)).to.deep.equal(tags);
      }),
      { numRuns: 50 },
    );
  });

  it('reports that it has reached its bound, and still matches', () => {
    const big = new Automaton(
      ['/**a????????????????????', '/**b????????????????????'].map((text) => {
        const path = translate(text, { path: true });
        const nfa = readRegex('regex' in path ? path.regex : '');
        if ('problem' in nfa) throw new Error(nfa.problem);
        return nfa;
      }),
      2000,
    );
    expect(big.tagSets(PATH).complete).to.equal(false);
    expect(big.match(`/x/a${'y'.repeat(20)}`)).to.deep.equal([0]);
  });
});
