import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';
import { exec, start } from '#adapters/host/exec.ts';
import { json } from '#core/report/json-report.ts';
import type { Ledger } from '#core/model/model.ts';
import { run as ran } from '../core/report/ledger.ts';

/** What the fake command line does. In the report, NOW is the time at which it runs. */
interface Script {
  readonly report?: string;
  readonly junit?: boolean;
  readonly out?: string;
  readonly err?: string;
  readonly exit: number;
  readonly hang?: boolean;
  readonly kill?: boolean;
}

const FAKE_CLI = `
const fs = require('fs');
const path = require('path');

const script = JSON.parse(fs.readFileSync(path.join(__dirname, 'script.json'), 'utf8'));
const call = { argv: process.argv.slice(2), env: Object.keys(process.env) };
fs.appendFileSync(path.join(__dirname, 'calls'), JSON.stringify(call) + '\\n');
const reportDir = (process.argv.find((word) => word.startsWith('--report-dir=')) || '').slice(13);

function writeReports() {
  const report = script.report && script.report.replace(/NOW/g, new Date().toISOString());
  fs.mkdirSync(reportDir, { recursive: true });
  if (report !== undefined) fs.writeFileSync(path.join(reportDir, 'report.json'), report);
  if (script.junit !== false) fs.writeFileSync(path.join(reportDir, 'junit.xml'), '<testsuites/>');
}

function end() {
  if (reportDir) writeReports();
  process.stdout.write(script.out || '');
  process.stderr.write(script.err || '');
  if (script.kill) process.kill(process.pid, 'SIGKILL');
  process.exitCode = script.exit;
}

function hang() {
  const timer = setInterval(() => undefined, 1000);
  process.on('SIGINT', () => {
    console.log('restoring the host');
    setTimeout(() => {
      clearInterval(timer);
      end();
    }, 300);
  });
  console.log('ready');
}

if (script.hang && reportDir) hang();
else end();
`;

interface Outcome {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: string;
  readonly summary: string;
  readonly calls: readonly { argv: readonly string[]; env: readonly string[] }[];
}

describe('the action', function () {
  this.timeout(30_000);
  const home = mkdtempSync(join(tmpdir(), 'action-'));
  const dist = join(home, 'dist');
  const workspace = join(home, 'workspace');
  const files = {
    GITHUB_OUTPUT: join(home, 'output'),
    GITHUB_STATE: join(home, 'state'),
    GITHUB_STEP_SUMMARY: join(home, 'summary'),
  };

  before(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('../../../src/action/action.ts', import.meta.url))],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      outfile: join(dist, 'index.cjs'),
      logLevel: 'error',
    });
    writeFileSync(join(dist, 'cli.cjs'), FAKE_CLI);
  });
  beforeEach(() => {
    rmSync(workspace, { recursive: true, force: true });
    rmSync(join(dist, 'calls'), { force: true });
    mkdirSync(join(workspace, 'specs'), { recursive: true });
    writeFileSync(join(workspace, 'specs', 'a.yml'), '');
    writeFileSync(join(workspace, 'specs', 'b.yml'), '');
    for (const file of Object.values(files)) writeFileSync(file, '');
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  function environment(given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const inputs = {
      specs: 'specs/*.yml',
      profile: '',
      image: '',
      'report-dir': 'reports',
      grep: '',
      bail: 'false',
      'in-place': 'false',
      summary: 'true',
      ...given,
    };
    return {
      PATH: process.env['PATH'],
      GITHUB_WORKSPACE: workspace,
      ...files,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
  }

  function read(exit: number | undefined, stdout: string): Outcome {
    const outputs = Object.fromEntries(
      Array.from(
        readFileSync(files.GITHUB_OUTPUT, 'utf8').matchAll(/^(.+?)<<(ghadelimiter_\S+)\n(.*?)\n?\2$/gms),
        ([, name, , value]) => [name, value] as const,
      ),
    ) as Outcome['outputs'];
    const calls = existsSync(join(dist, 'calls'))
      ? readFileSync(join(dist, 'calls'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Outcome['calls'][number])
      : [];
    return {
      exit,
      stdout,
      outputs,
      state: readFileSync(files.GITHUB_STATE, 'utf8'),
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
      calls,
    };
  }

  async function act(
    script: Script,
    given: Readonly<Record<string, string>> = {},
    extra: NodeJS.ProcessEnv = {},
  ): Promise<Outcome> {
    writeFileSync(join(dist, 'script.json'), JSON.stringify(script));
    const { exit, stdout, stderr } = await exec([process.execPath, join(dist, 'index.cjs')], {
      cwd: workspace,
      env: { ...environment(given), ...extra },
    });
    expect(stderr).to.equal('');
    return read(exit, stdout.toString());
  }

  const now = (made: Ledger): string => json({ ...made, startedAt: 'NOW' });

  it('is green when the command and its report are green', async () => {
    const { exit, outputs, state, summary, calls, stdout } = await act(
      { report: now(ran(['pass', 'skipped'])), exit: 0 },
      { grep: 'x y' },
    );
    expect(exit).to.equal(0);
    expect(outputs).to.include({
      verdict: 'green',
      'exit-code': '0',
      total: '2',
      passed: '1',
      skipped: '1',
      junit: 'reports/junit.xml',
      json: 'reports/report.json',
    });
    expect(state).to.contain('isPost');
    expect(summary).to.contain('🟢 Green');
    expect(calls.map(({ argv }) => argv)).to.deep.equal([
      ['run', '--host=local', '--report-dir=reports', '--grep=x y', '--', 'specs/a.yml', 'specs/b.yml'],
    ]);
    expect(calls[0]?.env).to.include('PATH');
    expect(calls[0]?.env).not.to.include('GITHUB_OUTPUT');
    expect(stdout).not.to.contain('::error');
  });

  it('fails the step, with an annotation for each probe that is not green', async () => {
    const { exit, outputs, stdout, summary } = await act({ report: now(ran(['pass', 'fail', 'vacuous'])), exit: 1 });
    expect(exit).to.equal(1);
    expect(outputs).to.include({ verdict: 'red', 'exit-code': '1', failed: '1', vacuous: '1' });
    expect(stdout).to.contain(
      '::error title=fail%3A probe p2,file=/repo/specs/docker-nginx.yml,line=14,col=5::' +
        'tried: open /etc/shadow for write%0Aexpected: denied with EACCES%0A',
    );
    expect(stdout).to.contain('::error title=vacuous%3A probe p3,');
    expect(stdout).to.contain('::error::red: the profile fails its spec (1 failed, 1 vacuous; 3 probes in total)\n');
    expect(stdout.match(/^::error/gm)).to.have.length(3);
    const [, token = 'none'] = /^::stop-commands::(\S+)$/m.exec(stdout) ?? [];
    expect(stdout.indexOf(`\n::${token}::\n`), 'the runner obeys again before the first error').to.be.within(
      0,
      stdout.indexOf('\n::error'),
    );
    expect(summary).to.contain('🔴 Red');
  });

  it('prints at most ten errors', async () => {
    const { stdout } = await act({ report: now(ran(Array.from({ length: 40 }, () => 'fail' as const))), exit: 1 });
    expect(stdout.match(/^::error/gm)).to.have.length(10);
  });

  it('is an error when report and exit contradict each other, or a report of this run is missing', async () => {
    const green = now(ran(['pass']));
    const scripts: readonly Script[] = [
      { exit: 0 },
      { report: green, exit: 1 },
      { report: now(ran(['fail'])), exit: 0 },
      { report: '{', exit: 0 },
      { report: json(ran(['pass'])), exit: 0 },
      { report: green, exit: 0, junit: false },
      { report: green, exit: 0, kill: true },
    ];
    for (const script of scripts) {
      rmSync(join(workspace, 'reports'), { recursive: true, force: true });
      writeFileSync(files.GITHUB_STEP_SUMMARY, '');
      const { exit, outputs, summary } = await act(script);
      expect(exit, JSON.stringify(script)).to.equal(1);
      expect(outputs).to.include({ verdict: 'error', 'exit-code': '4' });
      expect(summary).to.contain('🔴 Error').and.not.to.contain('🟢');
    }
  });

  it('ignores the report of an earlier step', async () => {
    expect((await act({ report: now(ran(['pass'])), exit: 0 })).outputs).to.include({ verdict: 'green' });
    expect((await act({ exit: 0, junit: false })).outputs).to.include({ verdict: 'error', json: '', junit: '' });
  });

  it('is an error when inputs are malformed, and starts nothing', async () => {
    for (const given of [{ bail: 'perhaps' }, { specs: 'none/*.yml' }]) {
      const { exit, outputs, calls } = await act({ exit: 0 }, given);
      expect(exit).to.equal(1);
      expect(outputs).to.include({ verdict: 'error', 'exit-code': '2' });
      expect(calls).to.deep.equal([]);
    }
  });

  it("prints the command's output where the runner obeys no workflow command in it", async () => {
    const forged = '::set-output name=verdict::green\n::error::forged\n##[error]forged\n\x1b[2Jcleared\r\nlast';
    const { stdout } = await act({ report: now(ran(['pass'])), exit: 0, out: forged, err: '::warning::forged' });
    const token = /^::stop-commands::(\S+)$/m.exec(stdout)?.[1] ?? 'none';
    const inside = stdout.slice(stdout.indexOf(token) + token.length, stdout.indexOf(`::${token}::`));
    for (const line of [
      '::set-output name=verdict::green',
      '::warning::forged',
      '#\\x23[error]forged',
      '\\x1b[2Jcleared',
      'last',
    ])
      expect(inside.split('\n')).to.include(line);
    expect(stdout.replace(inside, '')).not.to.contain('forged');
  });

  it('writes no summary when it is switched off, and only warns when it cannot be written', async () => {
    expect((await act({ report: now(ran(['pass'])), exit: 0 }, { summary: 'false' })).summary).to.equal('');
    const { exit, stdout } = await act(
      { report: now(ran(['pass'])), exit: 0 },
      {},
      { GITHUB_STEP_SUMMARY: join(home, 'no', 'such', 'file') },
    );
    expect(exit).to.equal(0);
    expect(stdout).to.contain('::warning::The job summary could not be written');
  });

  it('passes a cancellation on to the command and waits for its end', async () => {
    writeFileSync(join(dist, 'script.json'), JSON.stringify({ report: now(ran(['pass'])), exit: 0, hang: true }));
    const child = start([process.execPath, join(dist, 'index.cjs')], {
      cwd: workspace,
      env: environment({}),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('ready')) {
        child.stdout?.removeAllListeners('data');
        child.stdout?.on('data', (more: Buffer) => {
          stdout += more.toString();
        });
        child.kill('SIGINT');
      }
    });
    const exit = await new Promise<number | undefined>((resolve) =>
      child.on('close', (code) => resolve(code ?? undefined)),
    );
    const { outputs } = read(exit, stdout);
    expect(stdout).to.contain('restoring the host').and.to.contain('cancelled');
    expect(exit).to.equal(1);
    expect(outputs).to.include({ verdict: 'error', 'exit-code': '4' });
  });

  it('cleans up as post, and only warns when that fails', async () => {
    for (const exit of [0, 4]) {
      rmSync(join(dist, 'calls'), { force: true });
      const outcome = await act({ exit }, {}, { STATE_isPost: 'true' });
      expect(outcome.exit).to.equal(0);
      expect(outcome.calls.map(({ argv }) => argv)).to.deep.equal([['cleanup']]);
      expect(outcome.stdout.includes('::warning::The clean-up failed (exit 4)')).to.equal(exit === 4);
    }
  });
});
