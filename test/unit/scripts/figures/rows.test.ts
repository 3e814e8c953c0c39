import { expect } from 'chai';
import type { Figures } from '../../../../scripts/lint/figures/measure.ts';
import { brokenLimits, details, table } from '../../../../scripts/lint/figures/rows.ts';

const NO_LINES = { lines: 0, tableRows: 0 };

/** A checkout that keeps every limit, but for what is given. */
function figuresWith(changed: Partial<Figures>): Figures {
  return {
    root: '/house',
    wide: { src: NO_LINES, test: NO_LINES, scripts: NO_LINES, agent: NO_LINES },
    findings: [],
    files: 2,
    imports: 1,
    repeatedNames: [],
    fileCircles: [],
    folderCircles: [],
    rooms: 2,
    floors: 2,
    arrows: 1,
    arrowsBackUp: [],
    ...changed,
  };
}

const complex = { rule: 'complexity', file: 'src/glob.ts', line: 7, text: 'convert (44)' } as const;

describe('figures: rows', () => {
  it('a checkout that keeps all limits breaks none', () => {
    const wide = { src: NO_LINES, test: { lines: 0, tableRows: 9 }, scripts: NO_LINES, agent: NO_LINES };
    expect(brokenLimits(figuresWith({}))).to.deep.equal([]);
    expect(brokenLimits(figuresWith({ wide })), 'tables of tests may be wide').to.deep.equal([]);
    expect(brokenLimits(figuresWith({ findings: [{ ...complex, exempt: 'a lexer' }] }))).to.deep.equal([]);
  });

  // prettier-ignore
  const cases: readonly (readonly [changed: Partial<Figures>, broken: string])[] = [
    [{ findings: [complex] }, 'functions over complexity 15: src'],
    [{ repeatedNames: [{ name: 'run', files: ['a/run.ts', 'b/run.ts'] }] }, 'file names that occur twice'],
    [{ fileCircles: [['a.ts', 'b.ts']] }, 'circles of files'],
    [{ folderCircles: [['a', 'b']] }, 'circles of folders'],
    [{ floors: 6 }, 'floors of rooms'],
    [{ arrowsBackUp: [{ from: 'a', to: 'b', imports: 1 }] }, 'arrows that run back up'],
  ];
  for (const [changed, broken] of cases)
    it(`knows the limit of ${broken}`, () => {
      expect(brokenLimits(figuresWith(changed))).to.deep.equal([broken]);
    });

  it('shows checkouts side by side', () => {
    const text = table([
      { name: 'before', figures: figuresWith({ floors: 13 }) },
      { name: 'after', figures: figuresWith({ floors: 4 }) },
    ]);
    expect(text).to.match(/^ +before +after +limit\n/);
    expect(text).to.match(/^floors of rooms +13 +4 +5$/m);
  });

  it('names what breaks a limit', () => {
    const text = details(figuresWith({ findings: [complex], fileCircles: [['a.ts', 'b.ts']] }));
    expect(text).to.contain('\n  src/glob.ts:7 convert (44)\n').and.to.contain('\n  a.ts ↔ b.ts\n');
    expect(details(figuresWith({}))).to.equal('');
  });
});
