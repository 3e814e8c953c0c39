/** `npm run test:matrix`: both shipped specs on each suite's kernel, AppArmor and Docker; the verdicts must be the same everywhere. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUITES } from '../src/lab/index.ts';
import { exec } from '../src/process.ts';
import type { JsonReport } from '../src/report/json.ts';
import { root } from './bundle.mjs';

const SPECS = ['specs/docker-nginx.yml', 'specs/docker-default.yml'];
const counts = { passed: 0, failed: 0 };
const verdicts = new Map<string, Map<string, string>>();

for (const suite of SUITES) {
  const reports = mkdtempSync(join(tmpdir(), `apparmor-probe-${suite}-`));
  const { exit } = await exec([process.execPath, join(root, 'dist/cli.cjs'), 'run', '--host', 'lab', '--lab-suite', suite, '--report-dir', reports, ...SPECS],
    { cwd: root, onStdout: (text) => process.stdout.write(text), onStderr: (text) => process.stderr.write(text) });
  counts[exit === 0 ? 'passed' : 'failed'] += 1;
  try {
    const { host, suites } = JSON.parse(readFileSync(join(reports, 'report.json'), 'utf8')) as JsonReport;
    const column = `${suite}: ${host === undefined ? '?' : `${host.kernel}, ${host.parser}, ${host.engine}, ${host.runtime}`}`;
    for (const { title, entries } of suites) for (const { probe, verdict } of entries) {
      const row = `${title}: ${probe.name}`;
      verdicts.set(row, (verdicts.get(row) ?? new Map<string, string>()).set(column, `${verdict.kind} (${verdict.code})`));
    }
  } catch (error) {
    process.stderr.write(`${suite}: no report: ${String(error)}\n`);
  }
}

const columns = [...new Set([...verdicts.values()].flatMap((row) => [...row.keys()]))];
process.stdout.write(`\n${columns.join('\n')}\n`);
for (const [name, row] of verdicts) {
  const same = row.size === SUITES.length && new Set(row.values()).size === 1;
  counts[same ? 'passed' : 'failed'] += 1;
  process.stdout.write(`${same ? '✓' : '✗'} ${name}: ${same ? [...row.values()][0] ?? '' : columns.map((column) => row.get(column) ?? 'none').join(' / ')}\n`);
}
process.stdout.write(`${String(counts.passed)} passed, ${String(counts.failed)} failed, 0 skipped\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
