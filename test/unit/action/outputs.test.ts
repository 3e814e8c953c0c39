import { expect } from 'chai';
import { cleanLine, childEnvironment } from '#action/run-cli.ts';
import { annotationsOf, interpretExit, MOST_ANNOTATIONS, outputsOf } from '#action/outputs.ts';
import { json } from '#core/report/json-report.ts';
import type { Ledger, VerdictKind } from '#core/model/model.ts';
import { entries, fault, ledger, run, suite } from '../core/report/ledger.ts';

const STARTED = Date.parse('2026-11-22T10:00:00.000Z');

function judged(made: Ledger, exit: number): ReturnType<typeof interpretExit> {
  return interpretExit({ exit }, json(made), STARTED);
}

describe('the result of the action', () => {
  it('is green only when the command and its report are', () => {
    expect(judged(run(['pass', 'skipped']), 0))
      .to.include({ verdict: 'green', exitCode: 0 })
      .and.not.to.have.property('failure');
    const others: readonly (readonly [VerdictKind, number, string])[] = [
      ['fail', 1, 'red'],
      ['vacuous', 3, 'undecided'],
      ['inconclusive', 3, 'undecided'],
    ];
    for (const [kind, exit, verdict] of others)
      expect(judged(run(['pass', kind]), exit))
        .to.include({ verdict, exitCode: exit })
        .and.to.have.property('failure');
    expect(judged(run(['pass'], { faults: [fault('no-docker', 'Gone.')] }), 4)).to.include({
      verdict: 'error',
      exitCode: 4,
      failure: 'error: the harness or the host failed (1 faults; 1 probes in total): [no-docker] Gone. Mend it.',
    });
  });

  it('is an error when the command and its report disagree, in any pair', () => {
    const ledgers = [
      run(['pass']),
      run(['fail']),
      run([], { faults: [fault('usage')] }),
      run(['vacuous']),
      run(['pass'], { faults: [fault('internal')] }),
    ];
    ledgers.forEach((made, gives) => {
      for (const exit of [0, 1, 2, 3, 4, 137])
        if (exit !== gives)
          expect(judged(made, exit)).to.include({
            verdict: 'error',
            exitCode: 4,
            failure: `The command ended with exit ${exit}, but its report.json gives ${gives}.`,
          });
    });
  });

  it('is an error without a sound report of this run', () => {
    const sound = json(run(['pass']));
    for (const text of [undefined, '', '{', sound.slice(0, 100), sound.replace('"exitCode": 0', '"exitCode": 1')])
      expect(interpretExit({ exit: 0 }, text, STARTED))
        .to.include({ verdict: 'error', exitCode: 4 })
        .and.not.to.have.property('report');
    expect(interpretExit({ exit: 0 }, sound, STARTED + 1)).to.include({
      verdict: 'error',
      failure: 'the harness or the host failed: the command ended with exit 0. report.json is from an earlier run.',
    });
    expect(interpretExit({ exit: 0 }, json(run(['pass'], { startedAt: 'tomorrow' })), STARTED)).to.include({
      verdict: 'error',
    });
    expect(interpretExit({ exit: 2 }, undefined, STARTED)).to.include({ verdict: 'error', exitCode: 2 });
  });

  it('is an error when the command did not end by itself', () => {
    const sound = json(run(['pass']));
    for (const ended of [{ signal: 'SIGKILL' }, { startError: 'ENOENT' }, { exit: 0, cancelled: 'SIGINT' }, {}])
      expect(interpretExit(ended, sound, STARTED))
        .to.include({ verdict: 'error', exitCode: 4 })
        .and.to.have.property('failure');
  });

  it('gives the counts as outputs', () => {
    const result = judged(run(['pass', 'pass', 'fail', 'vacuous', 'inconclusive', 'skipped']), 1);
    expect(outputsOf(result, { json: 'r/report.json', junit: 'r/junit.xml' })).to.deep.equal({
      verdict: 'red',
      'exit-code': 1,
      total: 6,
      passed: 2,
      'not-started': 0,
      failed: 1,
      vacuous: 1,
      inconclusive: 1,
      skipped: 1,
      closed: 0,
      'closed-failed': 0,
      'closed-undecided': 0,
      junit: 'r/junit.xml',
      json: 'r/report.json',
    });
  });

  it('says which closed class failed, and of what', () => {
    const [passed, letThrough] = entries(['pass', 'fail']);
    const at = { class: 'capability', allow: [], untried: [], durationMs: 1 };
    const made = ledger([suite([passed!], { closed: [{ ...at, entries: [letThrough!] }] })]);
    const result = judged(made, 1);
    expect(result.failure).to.include('1 closed class (1 attempt): 1 red');
    expect(outputsOf(result, {})).to.include({ failed: 0, closed: 1, 'closed-failed': 1, 'closed-undecided': 0 });
    expect(annotationsOf(made, '/repo')).to.have.length(1);
  });

  it('annotates faults, then failures, then what is undecided, within the limit', () => {
    const made = ledger([suite(entries(['pass', 'vacuous', 'fail', 'skipped']), { faults: [fault('not-ready')] })]);
    const list = annotationsOf(made, '/repo');
    expect(list.map(({ title }) => title)).to.deep.equal(['docker-nginx', 'fail: probe p3', 'vacuous: probe p2']);
    expect(list[1]).to.include({ file: 'specs/docker-nginx.yml', startLine: 14, startColumn: 5 });
    expect(list[1]?.message)
      .to.contain('tried: open /etc/shadow for write\n')
      .and.to.contain('verdict: fail [code-fail] It is a fail.');
    expect(annotationsOf(run(Array.from({ length: 50 }, () => 'fail' as const)), '/repo')).to.have.length(
      MOST_ANNOTATIONS,
    );
  });

  it('prints nothing that moves the cursor, and keeps colours', () => {
    expect(cleanLine('\x1b[31mred\x1b[39m \x1b[2J\x1b[1;1H\x1b[8mx\u202e\r')).to.equal(
      '\x1b[31mred\x1b[39m \\x1b[2J\\x1b[1;1H\\x1b[8mx\\u202e',
    );
    expect(cleanLine('##[error]x')).to.equal('#\\x23[error]x');
    expect(cleanLine('\\x1b[31m')).to.equal('\\x1b[31m');
  });

  it("keeps the runner's files and tokens from the command", () => {
    const kept = childEnvironment({
      PATH: '/bin',
      DOCKER_HOST: 'x',
      GITHUB_SHA: 's',
      GITHUB_OUTPUT: 'o',
      GITHUB_ENV: 'e',
      GITHUB_TOKEN: 't',
      GH_TOKEN: 't',
      ACTIONS_RUNTIME_TOKEN: 't',
      'INPUT_REPORT-DIR': 'r',
      STATE_isPost: 'true',
      GITHUB_STEP_SUMMARY: 's',
    });
    expect(kept).to.deep.equal({ PATH: '/bin', DOCKER_HOST: 'x', GITHUB_SHA: 's', FORCE_COLOR: '1' });
    expect(childEnvironment({ NO_COLOR: '1' })).to.deep.equal({ NO_COLOR: '1' });
  });
});
