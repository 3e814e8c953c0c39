/** Closed classes in every report: one row each, what is wrong by itself, and the classes of which nothing is said. */
import { expect } from 'chai';
import type { ClosedResult, Entry, Ledger } from '#core/model/model.ts';
import { html } from '#core/report/html-report.ts';
import { json, readJson } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { countsOf, exitCode, meaningOf } from '#core/report/summary.ts';
import { closedLines, closing } from '#core/report/terminal-report.ts';
import { entries, entry, ledger, suite } from './ledger.ts';

const STYLE = { color: false };
const HOSTILE = 'x\u001b[2J\n::error::[[ATTACHMENT|/etc/passwd]]<script>|`';

function member(name: string, kind: 'pass' | 'fail' | 'inconclusive', code: string, id: string): Entry {
  const made = entry(kind, id);
  const probe = {
    ...made.probe,
    name: `closed capability: ${name} is denied`,
    closed: { class: 'capability', member: name },
  };
  return { ...made, probe, verdict: { ...made.verdict, kind, code: code as never, reason: `Reason of ${name}.` } };
}

function resultOf(name: string, members: readonly Entry[], untried: ClosedResult['untried'] = []): ClosedResult {
  return { class: name, allow: [], entries: members, untried, durationMs: 1500 };
}

const green = resultOf('capability', [member('chown', 'pass', 'denied', 'm1')], [{ member: '41', why: 'not known' }]);
const red = resultOf('network', [
  member('inet stream', 'fail', 'let-through', 'm2'),
  member('unix raw', 'pass', 'denied', 'm3'),
]);
const undecided = resultOf('mount', [member('bind', 'inconclusive', 'not-asked', 'm4')]);

function run(closed: readonly ClosedResult[]): Ledger {
  return ledger([suite(entries(['pass']), { closed, notClosed: { open: ['signal'], unknown: ['ptrace', 'userns'] } })]);
}

describe('closed classes in reports', () => {
  it('decide on the exit code, and are counted apart from probes', () => {
    expect(exitCode(run([green]))).to.equal(0);
    expect(exitCode(run([green, red]))).to.equal(1);
    expect(exitCode(run([green, undecided]))).to.equal(3);
    expect(countsOf(run([green, red, undecided]))).to.include({
      total: 1,
      pass: 1,
      fail: 0,
      closed: 3,
      closedGreen: 1,
      closedRed: 1,
      closedUndecided: 1,
      closedAttempts: 4,
    });
    expect(meaningOf(run([red]))).to.equal('the profile fails its spec');
  });

  it('are one line on the terminal, and what is wrong is shown by itself', () => {
    const [line, ...rest] = closedLines(green, STYLE);
    expect(line).to.equal('  ✓ closed: capability: 1 of 2 denied, 1 not tried (41: not known) (1 attempt, 1.5 s)');
    expect(rest).to.deep.equal([]);
    const lines = closedLines(red, STYLE).join('\n');
    expect(lines).to.match(/^ {2}✗ closed: network: 1 of 2 denied, 1 not as declared/);
    expect(lines).to.match(/FAIL closed capability: inet stream is denied/);
    expect(lines).not.to.match(/unix raw/);
    const end = closing(run([green, red]), STYLE).join('\n');
    expect(end).to.match(/2 closed classes \(3 attempts\): 1 green, 1 red/);
    expect(end).to.match(/The spec says nothing of these classes: ptrace, userns\./);
    expect(end).to.match(/left open: signal/);
  });

  it('are one case in JUnit with all members in it, and a case for each failure', () => {
    const xml = junit(run([green, red]));
    expect(xml).to.match(/<testcase[^>]* name="closed: capability"[^>]*>/);
    expect(xml).to.match(/name="closed: network"[\s\S]*?<failure message="1 of 2 denied, 1 not as declared"/);
    expect(xml).to.match(/name="closed capability: inet stream is denied"[\s\S]*?<failure/);
    expect(xml).to.contain('unix raw: denied. Reason of unix raw.');
    expect(xml).to.match(/tests="4" failures="2" errors="0"/);
  });

  it('are a row in Markdown and folded in HTML, with the failures apart', () => {
    const text = markdown(run([green, red]));
    expect(text).to.match(/\| ❌ \| .* \| closed&#58; network \| 1 of 2 denied, 1 not as declared \|\n\| ✅/);
    expect(text).to.match(/closed capability&#58; inet stream is denied/);
    expect(text).to.match(/2 closed classes \(3 attempts\): 1 green, 1 red/);
    const page = html(run([green, red]));
    expect(page).to.match(/<details open=""><summary><span class="bad">✗<\/span> <strong>closed: network/);
    expect(page).to.match(/all 2 members/);
    expect(page).to.contain('41: not tried. not known');
  });

  it('are all in JSON, which reads back', () => {
    const read = readJson(json(run([green, red])));
    expect(typeof read === 'string' ? read : read.suites[0]?.closed).to.deep.equal([green, red]);
  });

  it('have no text that a report would obey', () => {
    const hostile = resultOf(
      'change_profile',
      [member(HOSTILE, 'pass', 'denied', 'm5')],
      [{ member: HOSTILE, why: HOSTILE }],
    );
    const made = run([hostile]);
    const texts = [junit(made), markdown(made), html(made), closedLines(hostile, STYLE).join('\n')];
    for (const text of texts) {
      expect(text).not.to.match(/\u001b/);
      expect(text).not.to.match(/^::error/m);
    }
    expect(html(made) + markdown(made)).not.to.contain('<script>');
    expect(junit(made), 'viewers fetch such a file').not.to.match(/\[\[ATTACHMENT/);
  });
});
