import { expect } from 'chai';
import fc from 'fast-check';
import { html } from '#core/report/html-report.ts';
import type { Ledger } from '#core/model/model.ts';
import { ATTACKS, poisoned } from './hostile-text.ts';
import {
  ALL_KINDS,
  captured,
  covered,
  coverage,
  entry,
  fault,
  ledger,
  observation,
  record,
  run,
  suite,
} from './ledger.ts';

const rich = ledger(
  [
    suite(
      ALL_KINDS.map((kind, index) =>
        entry(kind, `p${index}`, {
          observation: observation({ stdout: captured('out'), stderr: captured('err') }),
          witnesses: [{ record: record(), by: 'window' }],
          verdict: { kind, code: 'let-through', reason: 'r', notes: ['n'], hint: 'h' },
        }),
      ),
      {
        faults: [fault('not-ready')],
        coverage: coverage([
          covered('hit', 2, { probes: ['p1', 'p2'] }),
          covered('unhit', 3),
          covered('shadowed', 4, { shadowedBy: ['x'] }),
          covered('untestable', 4, { reason: 'r' }),
          covered('hit', 9, { included: true, file: '/inc', probes: ['p3'] }),
        ]),
      },
    ),
    suite([entry('pass', 'q')], { coverage: { unknown: 'u' } }),
  ],
  { faults: [fault('no-records')] },
);

/** A poisoned copy that keeps what is the harness's own: ids, and the places that a listing goes by. */
function hostile(next: () => string): Ledger {
  const copy = poisoned(rich, next);
  return {
    ...copy,
    suites: copy.suites.map((one, at) => {
      const before = rich.suites[at]?.coverage;
      const after = one.coverage;
      return {
        ...one,
        entries: one.entries.map((each, index) => ({ ...each, probe: { ...each.probe, id: `p${at}-${index}` } })),
        ...(after !== undefined && 'rules' in after && before !== undefined && 'rules' in before
          ? {
              coverage: {
                file: before.file,
                source: next().replaceAll('\n', ' ') + '\n2\n3\n4',
                rules: after.rules.map((rule, index) => ({
                  ...rule,
                  file: before.rules[index]?.file ?? '',
                  profile: 'p',
                  id: String(index),
                })),
              },
            }
          : {}),
      };
    }),
  };
}

/** All tags in order, with their attributes: the report without its text. */
function shape(text: string): string {
  return (text.replace(/<style>[^]*?<\/style>/, '').match(/<[^>]*>/g) ?? []).join('');
}

describe('the HTML report', () => {
  it('is one file that loads and runs nothing', () => {
    const text = html(rich, { root: '/repo' });
    expect(text).to.match(/^<!doctype html>\n<html lang="en"><head><meta charset="utf-8">/);
    expect(text).to.contain("default-src 'none'");
    expect(text).not.to.match(/<script|<img|<link|<iframe|\ssrc=|\bon\w+=|url\(|@import|https?:/);
  });

  it('closes every element that it opens', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of html(rich).matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (['meta', 'br'].includes(name)) continue;
      if (slash === '') open.push(name);
      else expect(open.pop()).to.equal(name);
    }
    expect(open).to.deep.equal([]);
  });

  it('leads with the verdict, and unfolds only the probes that are not green', () => {
    const text = html(run(['pass', 'fail', 'skipped']));
    expect(text)
      .to.contain('<h1><span class="badge bad">RED</span> the profile fails its spec</h1>')
      .and.to.contain(
        '<strong>3 probes</strong> · <span class="good">✓ 1 pass</span> · <span class="bad">✗ 1 fail</span>',
      );
    expect(text.match(/<details id="probe-0-\d" open="">/g)).to.deep.equal(['<details id="probe-0-1" open="">']);
    expect(text).not.to.contain('Rule coverage');
  });

  it('lists the profile with links to the probes that cover each rule', () => {
    const text = html(rich, { root: '/repo' });
    expect(text).to.contain(
      [
        '<tr class="hit">',
        '<td class="mark" title="covered">✓</td><td class="number">2</td><td class="text">  rule 2,</td>',
        '<td class="explanation"><a href="#probe-0-1">probe p1</a>, <a href="#probe-0-2">probe p2</a></td>',
        '</tr>',
      ].join(''),
    );
    expect(text)
      .to.contain('<tr class="unhit"><td class="mark" title="not covered">✗</td><td class="number">3</td>')
      .and.to.contain('<td class="count">50 %</td>')
      .and.to.contain('<summary><code>/inc</code>, included: 1 of 1 testable rule covered (100 %)</summary>');
    for (const [, anchor = ''] of text.matchAll(/href="#([^"]*)"/g)) expect(text).to.contain(`id="${anchor}"`);
  });

  it('keeps its shape whichever attack stands in every field', () => {
    const usual = shape(html(hostile(() => 'usual')));
    for (const attack of ATTACKS.filter((one) => one.length < 1000))
      expect(shape(html(hostile(() => attack))), attack).to.equal(usual);
  });

  it('keeps its shape whatever strings stand in the fields', () => {
    const text = fc.oneof(
      fc.constantFrom(...ATTACKS.filter((one) => one.length < 1000)),
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom(
            '<',
            '>',
            '&',
            '"',
            "'",
            '`',
            '/',
            '!',
            '-',
            '=',
            ' ',
            '\n',
            'a',
            'style',
            'script',
            '&lt;',
            '\u0000',
            '\ud800',
          ),
        )
        .map((parts) => parts.join('')),
    );
    const usual = shape(html(hostile(() => 'x')));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        let at = 0;
        const report = html(hostile(() => texts[at++ % texts.length] as string));
        expect(shape(report)).to.equal(usual);
        expect(report.replace(/[\n\t]/g, '')).not.to.match(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
      }),
      { numRuns: 200 },
    );
  });
});
