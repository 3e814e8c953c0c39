import { expect } from 'chai';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { appendProbes } from '#core/spec/append-probes.ts';

const PROBE = '  - open: /etc/passwd\n    expect: allowed';
const added = { open: '/etc/passwd', expect: 'allowed' };

describe('appendProbes', () => {
  for (const [what, text, whole] of [
    [
      'at the end of the text',
      'title: a # why\nprobes:\n  - run: x\n    expect: denied # really\n',
      'title: a # why\nprobes:\n  - run: x\n    expect: denied # really\n  - open: /etc/passwd\n    expect: allowed\n',
    ],
    [
      'ahead of another key',
      'probes:\n- run: x\n  expect: denied\nready: {log: x}\n',
      'probes:\n- run: x\n  expect: denied\n- open: /etc/passwd\n  expect: allowed\nready: {log: x}\n',
    ],
    [
      'after a text without a last line break',
      'probes:\n    - run: x',
      'probes:\n    - run: x\n    - open: /etc/passwd\n      expect: allowed\n',
    ],
    [
      'after a block of text',
      'probes:\n  - shell: |\n      a\n      b\n',
      'probes:\n  - shell: |\n      a\n      b\n  - open: /etc/passwd\n    expect: allowed\n',
    ],
    [
      'after a probe on one line',
      'probes:\n  - {run: x, expect: denied} # y\n',
      'probes:\n  - {run: x, expect: denied} # y\n  - open: /etc/passwd\n    expect: allowed\n',
    ],
  ] as const) {
    it(`adds a probe ${what}`, () => {
      expect(appendProbes(text, [PROBE])).to.equal(whole);
    });
  }

  it('refuses a list in brackets, and what is not a list', () => {
    for (const text of ['probes: [{run: x, expect: denied}]\n', 'probes: []\n', 'title: x\n', 'probes: x\n'])
      expect(() => appendProbes(text, [PROBE]), text).to.throw(/cannot be added/);
    expect(appendProbes('title: x\n', [])).to.equal('title: x\n');
  });

  it('keeps what the spec has and adds the probes, or refuses', () => {
    const value = fc.object({ maxDepth: 2, values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)] });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), value, fc.nat(1), (probes, rest, first) => {
        const spec = first === 0 ? { ...rest, probes } : { probes, ...rest };
        const text = stringify(spec);
        let whole: string;
        try {
          whole = appendProbes(text, [PROBE, PROBE]);
        } catch {
          return;
        }
        const before = parse(text) as { probes: unknown[] };
        expect(parse(whole)).to.deep.equal({ ...before, probes: [...before.probes, added, added] });
      }),
    );
  });
});
