import { expect } from 'chai';
import { html } from '#core/report/html-report.ts';
import { json } from '#core/report/json-report.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { closing, entryLines } from '#core/report/terminal-report.ts';
import { entry, ledger, notStarted, suite } from './ledger.ts';

const REASON = 'Could not be started: AppArmor denied exec of /usr/bin/top (x). What it does was not tried.';
const made = ledger([suite([notStarted('p1'), entry('pass', 'p2'), entry('pass', 'p3')])]);

describe('a pass of a command that could not be started', () => {
  it('is said and counted apart on a terminal', () => {
    expect(entryLines(notStarted('p1'), { color: false })).to.include(`      ${REASON}`);
    expect(closing(made, { color: false }).join('\n'))
      .to.include('3 probes: 3 passed (1 of them: could not be started)')
      .and.to.include('GREEN: every probe passed; 1 could not be started (exit 0)');
  });

  it('is said and counted apart in the job summary', () => {
    expect(markdown(made))
      .to.include('3 pass (1 of them: could not be started)')
      .and.to.match(/pass Could.not.be.started/);
  });

  it('is said and counted apart in the HTML report', () => {
    expect(html(made))
      .to.include('3 pass (1 of them: could not be started)')
      .and.to.include('>could not be started</span>')
      .and.to.include(REASON);
  });

  it('is said and counted apart for tools', () => {
    expect(junit(made))
      .to.match(/name="verdicts.notStarted" value="1"/)
      .and.to.match(/name="code" value="not-started"/)
      .and.to.include(REASON);
    expect(JSON.parse(json(made))).to.have.nested.property('counts.notStarted', 1);
  });

  it('leaves no trace where there is none', () => {
    const plain = ledger([suite([entry('pass')])]);
    expect(closing(plain, { color: false }).join('') + markdown(plain) + html(plain)).to.not.match(
      /could not be started/i,
    );
  });
});
