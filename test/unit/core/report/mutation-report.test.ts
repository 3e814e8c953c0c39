import { expect } from 'chai';
import type { ErrorCode } from '#core/model/errors.ts';
import type { MutantResult, MutationReport } from '#core/mutation/results.ts';
import {
  mutantLine,
  mutationClosing,
  mutationExit,
  mutationMarkdown,
  scoreText,
} from '#core/report/mutation-report.ts';
import { fault } from './ledger.ts';

function mutant(changes: Partial<MutantResult> = {}): MutantResult {
  return {
    id: 'm1',
    kind: 'drop',
    file: '/repo/profiles/p',
    line: 31,
    before: 'deny /usr/** wl',
    after: '',
    state: 'killed',
    ms: 5,
    ...changes,
  };
}

function reportOf(results: readonly MutantResult[], changes: Partial<MutationReport> = {}): MutationReport {
  return {
    schema: 1,
    tool: 'apparmor-probe 0.1.0',
    run: 'r1',
    startedAt: '2026-11-22T10:00:00.000Z',
    durationMs: 120_000,
    spec: '/repo/specs/p.yml',
    title: 'p',
    profileFile: '/repo/profiles/p',
    probes: 3,
    options: { included: false },
    mutantsMs: 60_000,
    restarts: 0,
    results,
    notes: [],
    faults: [],
    ...changes,
  };
}

const MIXED = [
  mutant(),
  mutant({ state: 'survived', after: 'deny /usr/** w', probe: '- open: /usr/x\n  expect: denied\n' }),
  mutant({ state: 'equivalent', line: 40, reason: 'The policies are equal.' }),
];

describe('the mutation report', () => {
  it('shows a killed mutant with the probe that killed it', () => {
    const line = mutantLine(mutant({ killedBy: 'ping is denied' }), 7, 53);
    expect(line).to.equal('   7/53 ✓ killed     drop: line 31: deny /usr/** wl → nothing  · by ping is denied · 5 ms');
  });

  it('names the file of a mutant in an included file, and the mutant with the same policy', () => {
    const included = mutant({ state: 'invalid', file: '/inc', reason: 'rejected', sameAs: 'm0' });
    expect(mutantLine(included, 1, 1, '/repo/profiles/p')).to.equal(
      '  1/1 - invalid    drop: /inc line 31: deny /usr/** wl → nothing  · rejected (same policy as m0) · 5 ms',
    );
  });

  it('states the score, and what does not count for it', () => {
    expect(scoreText(reportOf(MIXED))).to.equal(
      'mutation score 50 %: 1 killed of 2 (1 survived); not counted: 1 equivalent; 1 min 0 s, 3 a minute',
    );
    expect(scoreText(reportOf([mutant()], { restarts: 1 }))).to.equal(
      'mutation score 100 %: 1 killed of 1; 1 min 0 s, 1 a minute, 1 container replaced',
    );
    expect(scoreText(reportOf([], { mutantsMs: 0 }))).to.equal('mutation score none: 0 killed of 0; <1 ms');
  });

  it('ends with what was not killed, a probe for it, the score and the outcome', () => {
    expect(mutationClosing(reportOf(MIXED, { notes: ['A note.'] }), '/repo')).to.deep.equal([
      '',
      '  survived (1)',
      '    ✗ profiles/p:31 drop: deny /usr/** wl → deny /usr/** w',
      '        a probe that would kill it:',
      '          - open: /usr/x',
      '            expect: denied',
      '  equivalent (1)',
      '    = profiles/p:40 drop: deny /usr/** wl → nothing',
      '        The policies are equal.',
      '',
      '  operator  killed  survived  equivalent',
      '  drop           1         1           1',
      '',
      `  ${scoreText(reportOf(MIXED))}`,
      '  note: A note.',
      '  GREEN: no minimum score is set (exit 0)',
    ]);
  });

  it('gates on the minimum score', () => {
    const rows: readonly (readonly [minScore: number, exit: number, last: string])[] = [
      [50, 0, '  GREEN: the score reaches 50 % (exit 0)'],
      [50.1, 1, '  RED: the score is below 50.1 % (exit 1)'],
    ];
    for (const [minScore, exit, last] of rows) {
      const report = reportOf(MIXED, { options: { included: false, minScore } });
      expect(mutationExit(report)).to.equal(exit);
      expect(mutationClosing(report, undefined).at(-1)).to.equal(last);
    }
  });

  it('is not green when no mutant has a result', () => {
    const report = reportOf([mutant({ state: 'invalid' })]);
    expect(mutationExit(report)).to.equal(3);
    expect(mutationClosing(report, undefined).at(-1)).to.equal('  RED: no mutant has a result (exit 3)');
  });

  it('names the fault that ended the run', () => {
    const rows: readonly (readonly [code: ErrorCode, exit: number, word: string])[] = [
      ['spec-not-green', 1, 'RED'],
      ['internal', 4, 'ERROR'],
    ];
    for (const [code, exit, word] of rows) {
      const report = reportOf(MIXED, { faults: [fault(code, 'It broke.\nDetails.')] });
      expect(mutationExit(report)).to.equal(exit);
      expect(mutationClosing(report, undefined).at(-1)).to.equal(
        `  ${word}: the run is not complete: It broke. [${code}] (exit ${exit})`,
      );
    }
  });

  it('has a section of the job summary, where foreign text is only text', () => {
    const survivor = mutant({ state: 'survived', before: 'deny <b> w', probe: '- run: "```"\n' });
    expect(mutationMarkdown(reportOf([survivor]), '/repo')).to.equal(
      [
        '## Mutation score: p',
        '',
        'mutation score 0 &#37;&#58; 0 killed of 1 (1 survived)&#59; 1 min 0 s, 1 a minute',
        '',
        '| operator | survived |',
        '| --- | --: |',
        '| drop | 1 |',
        '',
        '### survived (1)',
        '',
        '- profiles/p&#58;31 drop: <code>deny &#60;b&#62; w</code> → nothing',
        '',
        '````text\n- run: "```"\n````',
        '',
        '',
        '',
      ].join('\n'),
    );
  });
});
