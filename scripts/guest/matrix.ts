/**
 * `npm run test:matrix`: both shipped specs on each suite's kernel, AppArmor and Docker, where the verdicts must be
 * the same everywhere; then one access of each mediated class, every operation, and all modes.
 * `-- --write` writes docs/classes.md from what was seen.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUITES, type LabSuite } from '#adapters/lab/index.ts';
import { exec } from '#adapters/host/exec.ts';
import type { JsonReport } from '#core/report/json-report.ts';
import { root } from '../build/bundle.mjs';
import { classRows, probeRows } from '../../test/guest/programs/verdicts.ts';
import { classesDoc, rowName, type ClassRow } from './classes-doc.ts';
import { exitWith, print } from './print.ts';
import { bundleTests, guestTests, type Counts } from './with-guest.ts';

const SPECS = ['specs/docker-nginx.yml', 'specs/docker-default.yml'];

/** What an older engine's own profile never promised. */
const ENGINE_OLDER = 'skipped (engine-older)';

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Verdicts by `suite: probe`, then by host. */
const verdicts = new Map<string, Map<string, string>>();

/** Accesses by the name of their row, then by the suite of the lab. */
const classes = new Map<string, Map<string, ClassRow>>();

/** Puts a value into a table. */
function put<T>(table: Map<string, Map<string, T>>, row: string, column: string, value: T): void {
  const cells = table.get(row) ?? new Map<string, T>();
  table.set(row, cells.set(column, value));
}

/** Runs the shipped specs on a suite, and keeps the verdicts. */
async function runSpecs(suite: LabSuite): Promise<void> {
  const reports = mkdtempSync(join(tmpdir(), `apparmor-probe-${suite}-`));
  const options = ['--host', 'lab', '--lab-suite', suite, '--report-dir', reports];
  const { exit } = await exec([process.execPath, join(root, 'dist/cli.cjs'), 'run', ...options, ...SPECS], {
    cwd: root,
    onStdout: (text) => process.stdout.write(text),
    onStderr: (text) => process.stderr.write(text),
  });
  counts[exit === 0 ? 'passed' : 'failed'] += 1;

  try {
    keepVerdicts(suite, JSON.parse(readFileSync(join(reports, 'report.json'), 'utf8')) as JsonReport);
  } catch (error) {
    process.stderr.write(`${suite}: no report: ${String(error)}\n`);
  }
}

function keepVerdicts(suite: LabSuite, { host, suites }: JsonReport): void {
  const parts = host === undefined ? ['?'] : [host.kernel, host.parser, host.engine, host.runtime];
  const column = `${suite}: ${parts.join(', ')}`;

  for (const suite of suites) {
    for (const [name, said] of [...probeRows(suite), ...classRows(suite)]) put(verdicts, name, column, said);
  }
}

/** Tries the classes, the operations and the modes on a suite, and keeps what was seen of the classes. */
async function runTests(suite: LabSuite, tests: string): Promise<void> {
  const run = await guestTests(suite, ['classes', 'operations', 'switch'], tests, (line) => {
    print(`${suite}: ${line}`);
  });
  counts.passed += run.counts.passed;
  counts.failed += run.counts.failed + run.counts.skipped;

  const rows = JSON.parse(run.files['classes.json'] ?? '[]') as ClassRow[];
  for (const row of rows) put(classes, rowName(row), suite, row);
}

/** Counts a probe as passed when its verdict is the same on each host, and prints it. */
function compare(probe: string, row: ReadonlyMap<string, string>, hosts: readonly string[]): void {
  const promised = [...row.values()].filter((verdict) => verdict !== ENGINE_OLDER);
  const [verdict = ''] = promised;
  const same = row.size === SUITES.length && promised.length > 0 && promised.every((other) => other === verdict);
  counts[same ? 'passed' : 'failed'] += 1;

  if (!same) print(`✗ ${probe}: ${hosts.map((host) => row.get(host) ?? 'none').join(' / ')}`);
  else if (promised.length === row.size) print(`✓ ${probe}: ${verdict}`);
  else print(`✓ ${probe}: ${verdict}, on ${promised.length} of ${row.size}: the others' engine is older`);
}

const tests = await bundleTests();
for (const suite of SUITES) {
  await runSpecs(suite);
  await runTests(suite, tests);
}

const hosts = [...new Set([...verdicts.values()].flatMap((row) => [...row.keys()]))];
print(`\n${hosts.join('\n')}`);
for (const [probe, row] of verdicts) compare(probe, row, hosts);

if (process.argv.includes('--write'))
  writeFileSync(join(root, 'docs/classes.md'), classesDoc({ suites: SUITES, hosts, classes }));
exitWith(counts);
