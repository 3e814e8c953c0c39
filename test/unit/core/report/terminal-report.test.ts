import { expect } from 'chai';
import fc from 'fast-check';
import type { Ledger } from '#core/model/model.ts';
import { closing, entryLines, faultLines, suiteLines } from '#core/report/terminal-report.ts';
import { ATTACKS, poisoned } from './hostile-text.ts';
import { ALL_KINDS, captured, entry, fault, ledger, observation, record, run, success, suite } from './ledger.ts';

const plain = { color: false, root: '/repo' };

function everything(made: Ledger, color: boolean): readonly string[] {
  const options = { color, root: '/repo' };
  return [
    ...made.suites.flatMap((one) => [
      ...suiteLines(one, options),
      ...one.entries.flatMap((each) => entryLines(each, options)),
      ...one.faults.flatMap((each) => faultLines(each, options)),
    ]),
    ...closing(made, { ...options, reports: [made.tool] }),
  ];
}

const rich = ledger([
  suite(
    ALL_KINDS.map((kind, index) =>
      entry(kind, `p${index}`, {
        observation: observation({ stdout: captured('a\nb'), stderr: captured('c'), problem: 'p' }),
        witnesses: [{ record: record(), by: 'window' }],
        verdict: { kind, code: 'let-through', reason: 'r', notes: ['n'], hint: 'h' },
      }),
    ),
    { faults: [fault('not-ready')] },
  ),
]);

describe('the report on the terminal', () => {
  it('shows a pass in two lines', () => {
    expect(entryLines(entry('pass'), plain)).to.deep.equal([
      '  ✓ probe p1',
      [
        '      tried open /etc/shadow for write: failed with EACCES (<1 ms)',
        'kernel: DENIED open /etc/shadow denied_mask=w requested_mask=w',
        'control: succeeded (<1 ms)',
      ].join(' · '),
    ]);
  });

  it('shows all the evidence for a failure', () => {
    const failed = entry('fail', 'p1', {
      observation: success({
        exit: 0,
        stdout: captured(Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n')),
      }),
      verdict: {
        kind: 'fail',
        code: 'let-through',
        reason: 'Not denied.',
        notes: ['Only a note.'],
        hint: 'deny /etc/shadow w,',
      },
    });
    expect(entryLines(failed, plain)).to.deep.equal([
      '  ✗ FAIL probe p1  specs/docker-nginx.yml:14',
      '      tried     open /etc/shadow for write',
      '      expected  denied with EACCES',
      '      happened  exit 0 (<1 ms)',
      '      kernel    no record',
      '      control   succeeded (<1 ms)',
      '      why       Not denied. [let-through]',
      '      note      Only a note.',
      '      hint      deny /etc/shadow w,',
      '      stdout    149 bytes, the first lines:',
      ...Array.from({ length: 8 }, (_, line) => `                │ line ${line}`),
      '',
    ]);
  });

  it('ends with the counts, the meaning and the reports', () => {
    expect(closing(run(['pass', 'fail', 'skipped']), { ...plain, reports: ['reports/junit.xml'] })).to.deep.equal([
      '',
      '  3 probes: 1 passed, 1 failed, 1 skipped (2.0 s)',
      '  RED: the profile fails its spec (exit 1)',
      '  report: reports/junit.xml',
    ]);
    expect(closing(ledger([suite([])]), plain))
      .to.include('  ! docker-nginx: The suite has no probe with a verdict.')
      .and.include('  UNDECIDED: some probe proves nothing (exit 3)');
    expect(
      closing(
        run(['pass'], { options: { grep: 'x', bail: false, inPlace: false, planned: 9, selected: 1 } }),
        plain,
      )[1],
    ).to.equal('  1 probe: 1 passed (2.0 s, 1 of 9 planned)');
  });

  it('uses only codes that change colour and weight', () => {
    const text = everything(rich, true).join('\n');
    expect(text).to.contain('\x1b[31m');
    expect(text.replace(/\x1b\[(?:1|2|22|3[1236]|39)m/g, '')).to.equal(everything(rich, false).join('\n'));
  });

  it('has no text that could move the cursor, start a line or command the runner', () => {
    const text = fc.oneof(
      fc.constantFrom(...ATTACKS.filter((one) => one.length < 1000)),
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.string().map((tail) => `::error::${tail}`),
      fc.string().map((tail) => `\n::error::${tail}##[error]`),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        let at = 0;
        for (const line of everything(
          poisoned(rich, () => texts[at++ % texts.length] as string),
          false,
        )) {
          expect(line).not.to.match(/[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]|##\[/u);
          expect(line.trimStart().startsWith('::')).to.equal(false);
          expect(line.length).to.be.below(1500);
        }
      }),
      { numRuns: 200 },
    );
  });
});
