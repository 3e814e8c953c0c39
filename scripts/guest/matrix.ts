/**
 * `npm run test:matrix`: both shipped specs on each suite's kernel, AppArmor and Docker, where the verdicts must be the same
 * everywhere; then one access of each mediated class, and every operation. `-- --write` writes docs/classes.md from what was seen.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUITES } from '#adapters/lab/index.ts';
import { exec } from '#adapters/host/exec.ts';
import type { JsonReport } from '#core/report/json-report.ts';
import type { Verdict } from '#core/model/model.ts';
import { root } from '../build/bundle.mjs';
import { bundleTests, guestTests } from './with-guest.ts';

const SPECS = ['specs/docker-nginx.yml', 'specs/docker-default.yml'];
const counts = { passed: 0, failed: 0 };
const verdicts = new Map<string, Map<string, string>>();

/** A row of /run/results/classes.json, see test/guest/classes.test.ts. */
interface ClassRow {
  readonly class: string;
  readonly access: string;
  readonly rule: string;
  readonly operation: string;
  readonly denied?: Verdict;
  readonly allowed?: Verdict;
  readonly record?: string;
}
const classes = new Map<string, Map<string, ClassRow>>();
const tests = await bundleTests();

for (const suite of SUITES) {
  const reports = mkdtempSync(join(tmpdir(), `apparmor-probe-${suite}-`));
  const { exit } = await exec(
    [
      process.execPath,
      join(root, 'dist/cli.cjs'),
      'run',
      '--host',
      'lab',
      '--lab-suite',
      suite,
      '--report-dir',
      reports,
      ...SPECS,
    ],
    { cwd: root, onStdout: (text) => process.stdout.write(text), onStderr: (text) => process.stderr.write(text) },
  );
  counts[exit === 0 ? 'passed' : 'failed'] += 1;
  try {
    const { host, suites } = JSON.parse(readFileSync(join(reports, 'report.json'), 'utf8')) as JsonReport;
    const column = `${suite}: ${host === undefined ? '?' : `${host.kernel}, ${host.parser}, ${host.engine}, ${host.runtime}`}`;
    for (const { title, entries } of suites)
      for (const { probe, verdict } of entries) {
        const row = `${title}: ${probe.name}`;
        verdicts.set(
          row,
          (verdicts.get(row) ?? new Map<string, string>()).set(column, `${verdict.kind} (${verdict.code})`),
        );
      }
  } catch (error) {
    process.stderr.write(`${suite}: no report: ${String(error)}\n`);
  }
  const run = await guestTests(suite, ['classes', 'operations'], tests, (line) =>
    process.stdout.write(`${suite}: ${line}\n`),
  );
  counts.passed += run.counts.passed;
  counts.failed += run.counts.failed + run.counts.skipped;
  for (const row of JSON.parse(run.files['classes.json'] ?? '[]') as ClassRow[]) {
    const name = `${row.class} | ${row.access} | \`${row.operation}\` | ${row.rule === '' ? 'no rule' : `\`${row.rule}\``}`;
    classes.set(name, (classes.get(name) ?? new Map<string, ClassRow>()).set(suite, row));
  }
}

const columns = [...new Set([...verdicts.values()].flatMap((row) => [...row.keys()]))];
process.stdout.write(`\n${columns.join('\n')}\n`);
for (const [name, row] of verdicts) {
  const promised = [...row.values()].filter((verdict) => verdict !== 'skipped (engine-older)'); // what an older engine's own profile never promised
  const same = row.size === SUITES.length && promised.length > 0 && new Set(promised).size === 1;
  counts[same ? 'passed' : 'failed'] += 1;
  process.stdout.write(
    `${same ? '✓' : '✗'} ${name}: ${same ? `${promised[0] ?? ''}${promised.length < row.size ? `, on ${String(promised.length)} of ${String(row.size)}: the others' engine is older` : ''}` : columns.map((column) => row.get(column) ?? 'none').join(' / ')}\n`,
  );
}
if (process.argv.includes('--write')) writeFileSync(join(root, 'docs/classes.md'), classesDoc(columns));
process.stdout.write(`${String(counts.passed)} passed, ${String(counts.failed)} failed, 0 skipped\n`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

/** One access of each class on each kernel: what the rule did, which record told so, and that it is allowed without the rule. */
function classesDoc(hosts: readonly string[]): string {
  const cell = (row: ClassRow | undefined): string => {
    if (row?.denied === undefined) return 'not run';
    if (row.denied.kind === 'skipped')
      return row.denied.reason.replace(/^This kernel's AppArmor does not mediate .*: /, 'not mediated: ');
    if (row.denied.code === 'not-asked' && row.allowed?.code === 'not-asked')
      return 'in the features, but not asked: a bus daemon asks AppArmor, the kernel does not by itself';
    return row.denied.kind === 'pass' && row.allowed?.kind === 'pass'
      ? `denied (\`${row.record ?? '?'}\`), allowed without`
      : `${row.denied.kind} / ${row.allowed?.kind ?? 'not run'}`;
  };
  const rows = [...classes].map(
    ([name, row]) => `| ${name} | ${SUITES.map((suite) => cell(row.get(suite))).join(' | ')} |`,
  );
  return `# What each kernel mediates\n\n<!-- Generated by \`npm run test:matrix -- --write\` from what the tests saw. Do not edit. -->\n\nEach row is one access that a rule denies, and that is allowed without the rule; in brackets the operation of the audit record\nthat was attributed to the probe. The policy version is the kernel's own list of features.\n\n${hosts.map((host) => `- ${host}`).join('\n')}\n\n| class | access | operation | rule | ${SUITES.join(' | ')} |\n|---|---|---|---|${SUITES.map(() => '---|').join('')}\n${rows.join('\n')}\n`;
}
