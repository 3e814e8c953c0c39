import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complexFunction, findings } from '../../../../scripts/lint/figures/functions.ts';

const BRANCHES = Array.from({ length: 15 }, (_, number) => `  if (a === ${number}) return ${number};\n`).join('');

describe('figures: functions', () => {
  // prettier-ignore
  const messages = [
    ["Function 'convert' has a complexity of 44. Maximum allowed is 15.", 'convert (44)'],
    ["Async private method '#tryAll' has a complexity of 16. Maximum allowed is 15.", '#tryAll (16)'],
    ['Arrow function has a complexity of 30. Maximum allowed is 15.', 'arrow function (30)'],
  ] as const;
  for (const [message, text] of messages)
    it(`names ${text}`, () => {
      expect(complexFunction(message)).to.equal(text);
    });

  it('finds each of the counted rules in a checkout, and what is exempt with its reason', async () => {
    const root = mkdtempSync(join(tmpdir(), 'apparmor-probe-figures-'));
    try {
      mkdirSync(join(root, 'src'));
      writeFileSync(
        join(root, 'src/a.ts'),
        [
          `function branchy(a: number) {\n${BRANCHES}}`,
          `// eslint-disable-next-line complexity -- it reads characters\nfunction lexer(a: number) {\n${BRANCHES}}`,
          'const nested = a ? 1 : b ? 2 : 3;',
          'first(); second();',
          'const many = (a, b, c, d, e) => 0;',
        ].join('\n'),
      );
      const found = await findings(root, ['src', 'no-such-folder']);
      expect(found.map(({ rule, file, exempt }) => ({ rule, file, exempt }))).to.have.deep.members([
        { rule: 'complexity', file: 'src/a.ts', exempt: undefined },
        { rule: 'complexity', file: 'src/a.ts', exempt: 'it reads characters' },
        { rule: 'no-nested-ternary', file: 'src/a.ts', exempt: undefined },
        { rule: 'max-statements-per-line', file: 'src/a.ts', exempt: undefined },
        { rule: 'max-params', file: 'src/a.ts', exempt: undefined },
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
