import { expect } from 'chai';
import fc from 'fast-check';
import type { Ledger } from '#core/model/model.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { fenced, plain } from '#core/text/markdown.ts';
import { byteLength } from '#core/text/visible.ts';
import { ATTACKS, poisoned } from './hostile-text.ts';
import { ALL_KINDS, captured, entries, entry, fault, ledger, observation, record, run, suite } from './ledger.ts';

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
      { faults: [fault('not-ready')] },
    ),
  ],
  { faults: [fault('no-records')] },
);

/** A poisoned copy whose probes keep their ids: those are the harness's own, and two of the same would be an error. */
function hostile(next: () => string): Ledger {
  const made = poisoned(rich, next);
  return {
    ...made,
    suites: made.suites.map((one) => ({
      ...one,
      entries: one.entries.map((each, index) => ({ ...each, probe: { ...each.probe, id: `p${index}` } })),
    })),
  };
}

/** Splits a summary into what stands in fences and what does not, as CommonMark reads fences. */
function split(text: string): { readonly outside: readonly string[]; readonly fences: number } {
  const outside: string[] = [];
  let fence = '';
  let fences = 0;
  for (const line of text.split('\n')) {
    const run = /^ {0,3}(`{3,})/.exec(line)?.[1] ?? '';
    if (fence === '' && run !== '') {
      fence = run;
      fences += 1;
    } else if (fence === '') outside.push(line);
    else if (run.length >= fence.length && /^ {0,3}`+[ \t]*$/.test(line)) fence = '';
  }
  expect(fence, 'every fence is closed').to.equal('');
  return { outside, fences };
}

/** The shape of a summary with all that is foreign taken out: the same whatever the ledger's texts are. */
function shape(text: string): readonly string[] {
  const { outside, fences } = split(text);
  for (const line of outside) {
    expect(line.replace(/^- |<\/?(?:code|details|summary)>|<br>/g, '')).not.to.match(/[<>`[\]@~\\]|:\/\/|www\./);
    if (line.startsWith('|')) expect(line.split('|').length).to.be.oneOf([4, 7]);
  }
  return [
    ...outside.map((line) => line.replace(/(?<!<)\/|[^|<>/#*-]|<code>.*?<\/code>/g, '').replace(/&#\d+;|#|-/g, '')),
    String(fences),
  ];
}

describe('the job summary', () => {
  it('leads with the verdict, the counts and the host', () => {
    const text = markdown(run(['pass', 'fail', 'skipped']), { root: '/repo' });
    expect(text.split('\n')[0]).to.equal('## 🔴 Red: the profile fails its spec');
    expect(text)
      .to.contain('**3 probes** · ✅ 1 pass · ❌ 1 fail · ⏭️ 1 skipped')
      .and.to.contain('| kernel | <code>6&#46;12&#46;107</code> |');
  });

  it('lists what is wrong first, and has details for only that', () => {
    const text = markdown(run(['pass', 'skipped', 'vacuous', 'fail', 'inconclusive']));
    expect(Array.from(text.matchAll(/^\| (❌|❔|⚠️|⏭️|✅) /gm), ([, mark]) => mark)).to.deep.equal([
      '❌',
      '❔',
      '⚠️',
      '⏭️',
      '✅',
    ]);
    expect(Array.from(text.matchAll(/^<details><summary>(\S+) /gm), ([, mark]) => mark)).to.deep.equal([
      '❌',
      '❔',
      '⚠️',
    ]);
  });

  it('says why a run without a bad probe is not green', () => {
    expect(markdown(ledger([], { faults: [fault('no-docker', 'Gone.')] })))
      .to.contain('🔴 Error')
      .and.to.contain('<code>&#91;no-docker&#93; Gone&#46;</code>: Mend it&#46;');
    expect(markdown(ledger([suite([])])))
      .to.contain('🟡 Undecided')
      .and.to.contain('The suite has no probe with a verdict&#46;');
  });

  it('keeps its shape whichever attack stands in every field', () => {
    const usual = shape(markdown(hostile(() => 'usual')));
    for (const attack of ATTACKS.filter((one) => one !== '' && one.length < 1000))
      expect(shape(markdown(hostile(() => attack))), attack).to.deep.equal(usual);
  });

  it('keeps its shape whatever strings stand in the fields', () => {
    const text = fc
      .oneof(
        fc.constantFrom(...ATTACKS),
        fc.string({ unit: 'binary' }),
        fc.string({ minLength: 1 }),
        fc
          .array(
            fc.constantFrom(
              '`',
              '```',
              '~~~',
              '\n',
              '|',
              '<',
              '>',
              '&',
              '\\',
              '[',
              ']',
              '(',
              ')',
              '!',
              '*',
              '_',
              '#',
              '-',
              ' ',
              '\t',
              'a',
              '@',
              'http://',
              'www.',
            ),
          )
          .map((parts) => parts.join('')),
      )
      .map((one) => `x${one}`);
    const usual = shape(markdown(hostile(() => 'x')));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        let at = 0;
        const summary = markdown(hostile(() => texts[at++ % texts.length] as string));
        expect(shape(summary)).to.deep.equal(usual);
        expect(summary.replace(/[\n\t]/g, '')).not.to.match(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
      }),
      { numRuns: 200 },
    );
  });

  it('turns every ASCII sign that has a meaning into a reference', () => {
    const signs = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    expect(plain(signs).replace(/&#\d+;/g, '')).to.match(/^[A-Za-z0-9 ,/()-]*$/);
    expect(plain('漢 é 😀')).to.equal('漢 é 😀');
    expect(fenced('a\n````\nb').split('\n')).to.deep.equal(['`````text', 'a', '````', 'b', '`````']);
  });

  it('fits its budget and says what it left out', function () {
    this.timeout(20_000);
    const big = '<'.repeat(3000);
    const kinds = Array.from({ length: 5000 }, (_, index) => ALL_KINDS[index % 5] ?? 'pass');
    const list = entries(kinds).map((one) => ({ ...one, probe: { ...one.probe, name: big } }));
    const made: Ledger = ledger(
      [
        suite(list),
        ...Array.from({ length: 2000 }, () =>
          suite([entry('pass', 'q')], { title: big, faults: [fault('not-ready', big)] }),
        ),
      ],
      { faults: Array.from({ length: 3000 }, () => fault('internal', big)) },
    );
    for (const budget of [900 * 1024, 100_000, 20_000]) {
      const text = markdown(made, { budget });
      expect(byteLength(text)).to.be.at.most(budget);
      expect(text).to.match(/> Shortened to fit a job summary: [\d,]+ of 7,000 probes are listed/);
      split(text);
    }
    expect(byteLength(markdown(made))).to.be.above(400 * 1024);
    expect(markdown(run(ALL_KINDS))).not.to.contain('Shortened');
  });
});
