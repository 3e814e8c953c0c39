import { expect } from 'chai';
import { columns, wideLines } from '../../../../scripts/lint/figures/lines.ts';

const TEXT = 'x'.repeat(120);

describe('figures: lines', () => {
  it('counts characters, and tabs to the next tab stop', () => {
    expect(columns('a→😀')).to.equal(3);
    expect(columns('\ta', 8)).to.equal(9);
    expect(columns('ab\tc', 8)).to.equal(9);
  });

  it('counts lines over the limit, and rows of tables apart', () => {
    expect(wideLines(`${TEXT}\r\n`)).to.deep.equal({ lines: 0, tableRows: 0 });
    expect(wideLines(`${TEXT}x\n  ['${TEXT}'],\n  name: { text: '${TEXT}' },\n`)).to.deep.equal({
      lines: 1,
      tableRows: 2,
    });
  });
});
