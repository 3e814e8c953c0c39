/** The main job, as a user runs it: both shipped specs, the reports, the documented profile, and the host put back. */
import { expect } from 'chai';
import { XMLParser } from 'fast-xml-parser';
import { join } from 'node:path';
import { coverageListing } from '#core/report/coverage-listing.ts';
import { profileCoverages, type ProfileCoverage } from '#core/coverage/coverage-counts.ts';
import { countsText } from '#core/report/coverage-wording.ts';
import { closedText } from '#core/report/closed-rows.ts';
import type { JsonReport } from '#core/report/json-report.ts';
import { cli, folder, harness, hostState, profileText, read, red, ROOT, spec, story } from './kit.ts';

/** How many rules of a profile no probe covers, and the percentage of those covered. */
function figuresOf(coverage: ProfileCoverage | undefined): readonly unknown[] {
  return [coverage?.own.unhit, coverage?.own.percent];
}

describe('the shipped specs', () => {
  /** The figures of docker-default, where the engine's own copy has the same rules as the file. */
  let coveredInEngine: readonly unknown[] | undefined;

  it('are green, with reports that agree, and leave the host as it was', async () => {
    const before = await hostState();
    const reports = folder();
    const result = await cli([
      'run',
      '--host',
      'local',
      '--report-dir',
      reports,
      'specs/docker-nginx.yml',
      'specs/docker-default.yml',
    ]);
    expect(result.exit, result.stdout.toString() + result.stderr).to.equal(0);
    expect(result.stdout.toString()).to.match(
      /GREEN: every probe (?:that this host can check )?passed; \d+ could not be started(?:; \d+ skipped)? \(exit 0\)/,
    );

    const ledger = JSON.parse(read(join(reports, 'report.json'))) as JsonReport;
    expect(ledger.suites.map(({ title }) => title)).to.deep.equal(['docker-nginx', 'docker-default']);
    const entries = ledger.suites.flatMap((suite) => suite.entries);
    expect(
      entries.filter(({ verdict: { kind, code } }) => kind !== 'pass' && code !== 'engine-older'),
      'what is not proven is what an older engine never promised',
    ).to.deep.equal([]);
    for (const name of [
      'ping is denied',
      'top is denied',
      'touch ~/thing is denied',
      'sh is denied',
      'dash is denied',
    ]) {
      const entry = entries.find(({ probe }) => probe.name === name);
      expect(
        entry?.witnesses.some(({ record }) => record.type === 'DENIED'),
        name,
      ).to.equal(true);
      expect(entry?.control?.exit, `${name}: the control succeeds`).to.equal(0);
    }
    const [nginx] = ledger.suites;
    expect(nginx?.confinement?.policyMatchesKernel).to.equal(true);
    expect(
      nginx?.confinement?.labels.some(({ label }) => label === `${String(nginx.confinement?.loadedAs)} (enforce)`),
    ).to.equal(true);

    const shown = JSON.stringify(ledger.coverage);
    expect(
      ledger.coverage.map(({ profile }) => profile),
      shown,
    ).to.deep.equal(['docker-nginx', 'docker-default']);
    const older = entries.some(({ verdict: { code } }) => code === 'engine-older');
    for (const { profile, own } of ledger.coverage)
      if (!older || profile === 'docker-nginx') expect([own.unhit, own.percent], shown).to.deep.equal([0, 100]);
    if (!older) coveredInEngine = figuresOf(ledger.coverage[1]);
    for (const { profile, own, included } of ledger.coverage)
      console.log(`      ${profile}: ${countsText(own)}; included: ${countsText(included)}`);

    const xml = new XMLParser({ ignoreAttributes: false }).parse(read(join(reports, 'junit.xml'))) as {
      testsuites: { '@_tests': string; '@_failures': string; '@_errors': string };
    };
    const closed = ledger.suites.flatMap((suite) => suite.closed ?? []);
    expect(closed.map((result) => result.class)).to.include.members([
      'capability',
      'network',
      'mount',
      'signal',
      'exec',
    ]);
    for (const result of closed) console.log(`      closed: ${result.class}: ${closedText(result)}`);
    expect(Number(xml.testsuites['@_tests'])).to.equal(entries.length + closed.length);
    expect([xml.testsuites['@_failures'], xml.testsuites['@_errors']]).to.deep.equal(['0', '0']);
    expect(await hostState()).to.deep.equal(before);
  });

  it("cover every testable rule of docker-default, whatever the engine's own copy has", async () => {
    expect(coveredInEngine ?? (await coveredInFile())).to.deep.equal([0, 100]);
  });

  /** The same of the profile's file: an older engine's copy lacks some of its rules. */
  async function coveredInFile(): Promise<readonly unknown[]> {
    const { ledger, exit } = await harness([join(ROOT, 'specs/docker-default.yml')], {
      profile: join(ROOT, 'profiles/docker-default'),
      grep: '^docker-default (?!closed:)', // the probes alone cover them
      withoutCoverage: false,
    });
    expect(exit, story(ledger)).to.equal(0);
    console.log(coverageListing(ledger, { color: false }).join('\n'));
    return figuresOf(profileCoverages(ledger)[0]);
  }

  it('are red, with the profile as documented, exactly for what it no longer denies, and say why', async () => {
    const { ledger, exit } = await harness([join(ROOT, 'specs/docker-nginx.yml')], {
      grep: 'docker-nginx (ping|top|touch|sh|dash|nginx|open) ',
      profile: join(ROOT, 'profiles/docker-nginx-documented'),
    });
    expect(exit, story(ledger)).to.equal(1);
    expect(red(ledger)).to.deep.equal([
      'dash is denied',
      'nginx may read its configuration',
      'nginx serves a page',
      'open /usr/bin/dash for read is denied',
      'sh is denied',
    ]);
    const why = Object.fromEntries(
      ledger.suites[0]!.entries.map(({ probe, verdict }) => [probe.name, `${verdict.reason} ${verdict.hint ?? ''}`]),
    );
    expect(why['sh is denied'])
      .to.match(/Not denied: /)
      .and.match(/names \/bin\/sh, a link: the kernel sees \/usr\/bin\/dash/);
    expect(why['dash is denied']).to.match(/names \/bin\/dash, .*the kernel sees \/usr\/bin\/dash/);
    expect(why['nginx serves a page'])
      .to.match(/does not start under the profile/)
      .and.match(/inet6/);
    expect(ledger.suites[0]!.faults.map(({ code }) => code)).to.deep.equal(['container-exited']);
  });
});

describe('a run', () => {
  it('is filtered by --grep and stopped by --bail at the first failure', async () => {
    const probes = ['passwd', 'group', 'hosts'].map((name) => ({ name, open: `/etc/${name}`, expect: 'denied' }));
    const { ledger, exit } = await harness([spec(profileText('bailed', '  deny /etc/hosts r,'), probes)], {
      grep: ' (passwd|hosts)$',
      bail: true,
    });
    expect(exit).to.equal(1);
    expect(ledger.suites[0]!.entries.map(({ probe, verdict }) => [probe.name, verdict.kind])).to.deep.equal([
      ['passwd', 'fail'],
      ['hosts', 'skipped'],
    ]);
    expect(ledger.options).to.include({ planned: 3, selected: 2 });
  });
});
