/**
 * Ten thousand native probes in one session, each in both containers: as many denials, as many records, each on its
 * probe. And a thousand that leave no record, so that their pace is kept by records made on purpose.
 */
import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { harness, profileText, spec } from './kit.ts';

const PROBES = 10_000;

describe('ten thousand probes', () => {
  it('in one session: ten thousand records, each on its probe, none lost', async function () {
    this.timeout(1_200_000);
    const probes = [
      {
        open: '/etc/none-{n}',
        for: 'create',
        expect: { access: 'denied', audit: { name: '/etc/none-{n}' } },
        matrix: { n: Array.from({ length: PROBES }, (_, i) => i) },
      },
    ];
    const started = performance.now();
    const { ledger, exit } = await harness([
      spec(profileText('thousands', '  deny /etc/** w,'), probes, { control: true }),
    ]);
    const seconds = (performance.now() - started) / 1000;
    const { entries } = ledger.suites[0]!;
    const attributed = entries.filter(({ probe, witnesses }) =>
      witnesses.some(
        ({ record, by }) =>
          by === 'comm' && record.fields['name'] === (probe.action as { args: readonly string[] }).args[1],
      ),
    ).length;
    const figures = {
      probes: entries.length,
      seconds,
      msPerProbe: (seconds * 1000) / PROBES,
      recordsExpected: PROBES,
      recordsAttributed: attributed,
      recordsLost: PROBES - attributed,
      passed: entries.filter(({ verdict }) => verdict.kind === 'pass').length,
    };
    console.log(`      ${JSON.stringify(figures)}`);
    mkdirSync('/run/results', { recursive: true });
    writeFileSync('/run/results/thousands.json', JSON.stringify(figures, null, 1));
    expect(figures).to.include({ probes: PROBES, recordsAttributed: PROBES, recordsLost: 0, passed: PROBES });
    expect(entries.every(({ witnesses }) => witnesses.length === 1)).to.equal(true);
    expect(exit).to.equal(0);
  });

  it('and a thousand that are allowed, without a record', async function () {
    this.timeout(600_000);
    const matrix = { n: Array.from({ length: 1000 }, (_, i) => i) };
    const probes = [{ open: '/tmp/none-{n}', for: 'create', expect: 'allowed', matrix }];
    const { ledger, exit } = await harness([
      spec(profileText('thousand', '  deny /etc/** w,'), probes, { control: true }),
    ]);
    const { entries } = ledger.suites[0]!;
    expect(entries.filter(({ verdict }) => verdict.kind === 'pass')).to.have.length(1000);
    expect(entries.every(({ witnesses }) => witnesses.length === 0)).to.equal(true);
    expect(exit).to.equal(0);
  });
});
