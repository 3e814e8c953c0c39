import { expect } from 'chai';
import { expandMatrices } from '#core/spec/matrix.ts';
import { validateSpec } from '#core/spec/validate.ts';

const HEAD = 'profile: p\ncontainer: {image: i}\nprobes:\n  - run: first\n    expect: allowed\n';

describe('matrix', () => {
  it('makes a probe of each combination, in order, in every text', () => {
    const { probes, origins } = expandMatrices([
      {
        matrix: { path: ['/a', '/b'], how: ['read', 'write'] },
        open: '{path}',
        for: '{how}',
        expect: { access: 'denied', audit: { name: '{path}' } },
      },
      { run: '{x}' },
    ]);
    expect(probes.map((probe) => JSON.stringify(probe))).to.deep.equal([
      ...['/a', '/b'].flatMap((path) =>
        ['read', 'write'].map((how) =>
          JSON.stringify({ open: path, for: how, expect: { access: 'denied', audit: { name: path } } }),
        ),
      ),
      '{"run":"{x}"}',
    ]);
    expect(origins).to.deep.equal([0, 0, 0, 0, 1]);
  });

  it('tells probes apart by name', () => {
    const names = (name: string): unknown[] =>
      expandMatrices([{ matrix: { a: [1, 2] }, name, run: '{a}' }]).probes.map(
        (probe) => (probe as { name: string }).name,
      );
    expect(names('same')).to.deep.equal(['same (1)', 'same (2)']);
    expect(names('own {a}')).to.deep.equal(['own 1', 'own 2']);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['matrix: x', /map of names to lists/],
    ['matrix: {}', /is empty/],
    ['matrix: {a: []}', /list of strings or numbers/],
    ['matrix: {A: [x]}', /not a valid name/],
    ['matrix: {b: [x]}', /no action or expectation uses \{b\}/],
    [`matrix: {a: [${'x,'.repeat(101)}x], b: [${'x,'.repeat(101)}x]}`, /more than 10000|uses/],
  ];
  for (const [text, pattern] of wrong) {
    it(`refuses {${text.slice(0, 40)}}`, () => {
      const { problems } = validateSpec('s.yml', `${HEAD}  - {${text}, run: "{a}", expect: allowed}\n`);
      expect(
        problems.some(({ at, message }) => at.line === 6 && pattern.test(message)),
        JSON.stringify(problems),
      ).to.equal(true);
    });
  }

  it('reports a mistake in what it makes where the file has it', () => {
    const { problems } = validateSpec(
      's.yml',
      `${HEAD}${[
        '  - matrix: {p: [/ok, not-absolute]}',
        '    open: "{p}"',
        '    expect: denied',
        '  - run: a | b',
        '    expect: denied',
      ].join('\n')}`,
    );
    expect(problems.map(({ at, message }) => [at.line, /absolute|shell/.exec(message)?.[0]])).to.deep.equal([
      [7, 'absolute'],
      [9, 'shell'],
    ]);
  });

  it('reports other mistakes at their place where a matrix cannot be expanded', () => {
    const { problems } = validateSpec(
      's.yml',
      `profile: p\ncontainer: {image: i}\nprobes:\n${[
        '  - {matrix: {p: [/a, /b]}, open: "{p}", expect: denied}',
        '  - {matrix: {}, open: /c, expect: denied}',
        '  - {run: a | b, expect: denied}',
      ].join('\n')}`,
    );
    expect(problems.map(({ at, message }) => [at.line, /empty|shell/.exec(message)?.[0]])).to.deep.include.members([
      [5, 'empty'],
      [6, 'shell'],
    ]);
  });
});
