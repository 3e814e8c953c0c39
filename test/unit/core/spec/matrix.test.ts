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
    ['matrix: {a: []}', /list of texts/],
    ['matrix: {A: [x]}', /no name/],
    ['matrix: {b: [x]}', /nothing that is tried or expected uses \{b\}/],
    [`matrix: {a: [${'x,'.repeat(101)}x], b: [${'x,'.repeat(101)}x]}`, /more than 10000|uses/],
  ];
  for (const [text, pattern] of wrong) {
    it(text.slice(0, 40), () => {
      const { problems } = validateSpec('s.yml', `${HEAD}  - {${text}, run: "{a}", expect: allowed}\n`);
      expect(
        problems.some(({ at, message }) => at.line === 6 && pattern.test(message)),
        JSON.stringify(problems),
      ).to.equal(true);
    });
  }

  it('mistakes in what it makes are told at the place in the file', () => {
    const { problems } = validateSpec(
      's.yml',
      `${HEAD}  - matrix: {p: [/ok, not-absolute]}\n    open: "{p}"\n    expect: denied\n  - run: a | b\n    expect: denied\n`,
    );
    expect(problems.map(({ at, message }) => [at.line, /absolute|shell/.exec(message)?.[0]])).to.deep.equal([
      [7, 'absolute'],
      [9, 'shell'],
    ]);
  });
});
