import { expect } from 'chai';
import fc from 'fast-check';
import { json, readJson } from '#core/report/json-report.ts';
import { countsOf } from '#core/report/summary.ts';
import { ATTACKS, poisoned } from './hostile-text.ts';
import { ALL_KINDS, fault, run } from './ledger.ts';

describe('report.json', () => {
  it('puts the totals before the ledger', () => {
    const made = run(['pass', 'fail'], { faults: [fault('not-ready')] });
    const { schema, ...rest } = made;
    const text = json(made);
    expect(JSON.parse(text)).to.deep.equal({
      schema,
      verdict: 'red',
      exitCode: 1,
      counts: countsOf(made),
      coverage: [],
      ...rest,
    });
    expect(Object.keys(JSON.parse(text) as object).slice(0, 4)).to.deep.equal([
      'schema',
      'verdict',
      'exitCode',
      'counts',
    ]);
    expect(text).to.equal(json(made));
  });

  it('loses nothing of any string, and has no character that a terminal would obey', () => {
    const text = fc.oneof(
      fc.constantFrom(...ATTACKS),
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        let at = 0;
        const made = poisoned(run(ALL_KINDS), () => texts[at++ % texts.length] as string);
        const written = json(made);
        expect(written.replace(/\n/g, '')).not.to.match(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u);
        const read = readJson(written);
        expect(read).to.include({ run: made.run, tool: made.tool });
        expect((read as typeof made).suites).to.deep.equal(JSON.parse(JSON.stringify(made.suites)));
      }),
      { numRuns: 100 },
    );
  });

  it('is refused when it is not what was written', () => {
    const text = json(run(['pass', 'fail']));
    expect(readJson(text)).to.be.an('object');
    for (const other of [
      '',
      '{',
      'null',
      '[]',
      '1',
      '{}',
      '{"schema":1}',
      text.slice(0, -20),
      text.replace('"exitCode": 1', '"exitCode": 0'),
      text.replace('"verdict": "red"', '"verdict": "green"'),
      text.replace('"pass": 1', '"pass": 2'),
      text.replace('"kind": "fail"', '"kind": "pass"'),
      text.replace('"schema": 1', '"schema": 2'),
      text.replace('"selected": 2', '"selected": 3'),
    ]) {
      expect(readJson(other), other.slice(0, 40)).to.be.a('string');
    }
  });
});
