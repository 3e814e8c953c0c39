/** The action as the runner starts it: the committed bundle, Node 24, the runner's environment, main and post. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec, type ExecResult } from '../../src/process.ts';
import { folder, hostState, read, ROOT } from './kit.ts';

interface Step { readonly result: ExecResult; readonly outputs: Record<string, string>; readonly summary: string; readonly state: Record<string, string> }

/** The runner's part: inputs as INPUT_…, and files for outputs, summary and state. */
async function step(inputs: Record<string, string>, state: Record<string, string> = {}): Promise<Step> {
  const dir = folder();
  const files = Object.fromEntries(['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH'].map((name) => [name, join(dir, name)]));
  for (const path of Object.values(files)) writeFileSync(path, '');
  const env = { PATH: process.env['PATH'], HOME: '/root', CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: ROOT, ...files,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])) };
  const result = await exec([process.execPath, join(ROOT, 'dist/index.cjs')], { cwd: ROOT, env, timeoutMs: 300_000 });
  return { result, outputs: pairs(read(files['GITHUB_OUTPUT']!)), summary: read(files['GITHUB_STEP_SUMMARY']!), state: pairs(read(files['GITHUB_STATE']!)) };
}

/** `name<<delimiter`, value, delimiter: the format of the runner's files. */
function pairs(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name = '', , value = '']) => [name, value]));
}

const INPUTS = { specs: 'specs/docker-nginx.yml', 'report-dir': 'action-reports', bail: 'false', 'in-place': 'false', summary: 'true', grep: '', profile: '', image: '' };

describe('the action', () => {
  it('runs on Node 24', () => { expect(process.version).to.match(/^v24\./); });

  it('is green on the shipped spec: outputs, summary, state; post finds nothing to do', async () => {
    const before = await hostState();
    const { result, outputs, summary, state } = await step(INPUTS);
    expect(result.exit, result.stdout.toString() + result.stderr).to.equal(0);
    expect(outputs).to.include({ verdict: 'green', 'exit-code': '0', total: '63', passed: '63', failed: '0', vacuous: '0', inconclusive: '0', skipped: '0' });
    expect(read(join(ROOT, outputs['junit'] ?? ''))).to.match(/<testsuites/);
    expect(JSON.parse(read(join(ROOT, outputs['json'] ?? '')))).to.have.property('schema', 1);
    expect(summary).to.match(/docker-nginx/);
    expect(result.stdout.toString()).to.match(/^::stop-commands::[\w-]+$/m);
    expect(state).to.have.property('isPost', 'true');
    const post = await step(INPUTS, state);
    expect(post.result.exit, post.result.stderr).to.equal(0);
    expect(post.result.stdout.toString()).to.match(/nothing to clean up/);
    expect(await hostState()).to.deep.equal(before);
  });

  it('fails the step when the profile fails its spec, and annotates the probes', async () => {
    const { result, outputs, summary } = await step({ ...INPUTS, grep: 'docker-nginx (sh|top) is', profile: 'profiles/docker-nginx-documented' });
    expect(result.exit).to.equal(1);
    expect(outputs).to.include({ verdict: 'red', 'exit-code': '1', passed: '1', failed: '1' });
    expect(result.stdout.toString()).to.match(/^::error [^\n]*file=specs\/docker-nginx\.yml,line=\d+/m);
    expect(summary).to.match(/sh is denied/);
  });

  it('fails the step when there is nothing to judge', async () => {
    const { result, outputs } = await step({ ...INPUTS, specs: 'specs/no-such.yml' });
    expect(result.exit).to.equal(1);
    expect(outputs['verdict']).to.equal('error');
  });
});
