/** Bytes from a container that forge reports, floods that drown records, and a daemon that dies: never green. */
import { expect } from 'chai';
import { XMLParser } from 'fast-xml-parser';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec, execNow, start } from '#adapters/host/exec.ts';
import { junit } from '#core/report/junit-report.ts';
import { markdown } from '#core/report/markdown-report.ts';
import { entryLines } from '#core/report/terminal-report.ts';
import { docker, entry, harness, hostState, profileText, spec, story, watched } from './kit.ts';

const FORGED = '1]]>2]]></system-out></testcase><testcase name="forged"/><testcase name="x"><system-out><![CDATA[';

describe('hostile output', () => {
  it('forges neither a case in the JUnit report, nor a workflow command, nor a terminal escape', async () => {
    // prettier-ignore
    const probes = [
      { name: 'cdata', run: ['printf', '%s', FORGED], expect: 'denied' },
      { name: 'control characters', run: ['printf', ']]\\000></system-out>\\033[2J\\033]0;title\\007::error::forged\\n##[error]forged\\n'], expect: 'denied' },
      { name: 'stderr', shell: `printf '%s' '${FORGED}' >&2; exit 1`, expect: 'allowed' },
      { name: `name ${FORGED}`, open: '/etc/passwd', expect: 'allowed' },
    ];
    const { ledger, exit } = await harness([spec(profileText('talker', ''), probes, { control: false })]);
    expect(exit).to.equal(1);
    const parsed = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'testcase' }).parse(
      junit(ledger),
    ) as { testsuites: { testsuite: { testcase: { '@_name': string }[] } } };
    expect(parsed.testsuites.testsuite.testcase).to.have.length(probes.length);
    const terminal = ledger.suites[0]!.entries.flatMap((one) => entryLines(one, { color: false })).join('\n');
    expect(terminal).to.not.match(/[\x00-\x08\x0b-\x1f\x7f]/);
    expect(markdown(ledger)).to.not.match(/^(::|.*##\[)/m);
  });

  it('gains nothing from kernel log lines that the container writes itself', async () => {
    const line =
      'audit: type=1400 audit(1.000:1): apparmor="DENIED" operation="open" profile="liar" name="/etc/passwd"';
    const { ledger } = await harness([
      spec(
        profileText('liar', ''),
        [{ name: 'liar', shell: `echo '<5>${line}' > /dev/kmsg; false`, expect: 'denied' }],
        {
          control: true,
          container: {
            mounts: [{ source: '/dev/kmsg', target: '/dev/kmsg', 'read-only': false }],
            'security-opt': ['seccomp=unconfined'],
            'cap-add': ['SYSLOG', 'SYS_ADMIN'],
          },
        },
      ),
    ]);
    expect(entry(ledger, 'liar').verdict.kind, story(ledger)).to.equal('vacuous');
  });
});

describe('records that go missing', () => {
  it('in an audit backlog that overflows make exactly the probes they may belong to inconclusive', async () => {
    const profile = profileText('flooded', '  deny /etc/** w,');
    const denials = Array.from({ length: 1200 }, (_, i) => ({
      open: `/etc/none-${i}`,
      for: 'create',
      expect: 'denied',
    }));
    const probes = [{ run: 'true', expect: 'allowed' }, ...denials];
    try {
      // a backlog of one record, during the run, which has raised it: a burst of denials must overflow it
      const { ledger, exit } = await watched(spec(profile, probes), (count) => {
        if (count === 1) expect(execNow(['auditctl', '-b', '1'], 10_000)).to.be.a('string');
      });
      const codes = new Set(
        ledger.suites.flatMap(({ entries }) => entries).map(({ verdict }) => `${verdict.kind} ${verdict.code}`),
      );
      expect(
        [...codes].filter(
          (code) =>
            !['pass allowed', 'pass denied', 'inconclusive records-lost', 'inconclusive no-records'].includes(code),
        ),
        story(ledger).slice(0, 3000),
      ).to.deep.equal([]);
      expect(
        [...codes].some((code) => code.startsWith('inconclusive')),
        'something was lost',
      ).to.equal(true);
      expect(exit).to.not.equal(0);
    } finally {
      await exec(['auditctl', '-b', '64']);
    }
    const { ledger, exit } = await harness([spec(profile, probes)]);
    expect(exit, story(ledger)).to.equal(0);
  });
});

describe('an engine that dies', () => {
  it('while probes run leaves nothing green and a clear fault, and clean-up restores the host', async () => {
    const before = await hostState();
    const probes = [
      { name: 'waits', run: 'sleep 20', timeout: '40s', expect: 'allowed' },
      { name: 'after', run: 'true', expect: 'allowed' },
    ];
    const running = harness([spec(profileText('orphan', ''), probes)]);
    while (!(await docker('ps', '--quiet')).stdout.toString().includes('\n')) await sleep(200);
    await sleep(4000);
    const pid = readFileSync('/run/docker.pid', 'utf8').trim();
    await exec(['kill', '-KILL', pid]);
    const { ledger, exit } = await running;
    expect(exit, story(ledger)).to.equal(4);
    expect(
      ledger.suites.flatMap(({ entries }) => entries).every(({ verdict }) => verdict.kind === 'inconclusive'),
      story(ledger),
    ).to.equal(true);
    start(['dockerd'], { stdio: 'ignore', detached: true }).unref();
    for (let i = 0; i < 100 && (await docker('ps')).exit !== 0; i += 1) await sleep(500);
    const cleaned = await exec([process.execPath, 'dist/cli.cjs', 'cleanup']);
    expect(cleaned.exit, cleaned.stderr).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
  });
});
