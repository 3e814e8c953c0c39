/** The action as the runner starts it: the committed bundle, Node 24, the runner's environment, main and post. */
import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exec, type ExecResult } from '#adapters/host/exec.ts';
import { folder, hostState, IMAGE, profileText, read, ROOT } from './kit.ts';

interface Step {
  readonly result: ExecResult;
  readonly outputs: Record<string, string>;
  readonly summary: string;
  readonly state: Record<string, string>;
}

/** The runner's part: inputs as INPUT_…, and files for outputs, summary and state. */
async function step(
  inputs: Record<string, string>,
  state: Record<string, string> = {},
  { cwd = ROOT, env: more = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Step> {
  const dir = folder();
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH'].map((name) => [
      name,
      join(dir, name),
    ]),
  );
  for (const path of Object.values(files)) writeFileSync(path, '');
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: join(tmpdir(), 'compile-cache'),
    HOME: '/root',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: cwd,
    ...files,
    ...more,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
  };
  const result = await exec([process.execPath, join(ROOT, 'dist/index.cjs')], { cwd, env, timeoutMs: 300_000 });
  return {
    result,
    outputs: pairs(read(files['GITHUB_OUTPUT']!)),
    summary: read(files['GITHUB_STEP_SUMMARY']!),
    state: pairs(read(files['GITHUB_STATE']!)),
  };
}

/** `name<<delimiter`, value, delimiter: the format of the runner's files. */
function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name = '', , value = '']) => [name, value]),
  );
}

function write(root: string, name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

/** A spec whose probes are denied to write files of /etc. */
function specOf(profile: string, ...names: readonly string[]): string {
  const probes = names.map(
    (name) => `  - name: ${name} is denied\n    open: /etc/${name}\n    for: write\n    expect: denied`,
  );
  return [`profile: ${profile}`, `container: {image: ${IMAGE}, hold: true}`, 'probes:', ...probes, ''].join('\n');
}

const INPUTS = {
  specs: 'specs/docker-nginx.yml',
  'report-dir': 'action-reports',
  bail: 'false',
  'in-place': 'false',
  summary: 'true',
  grep: '',
  profile: '',
  image: '',
};

describe('the action', () => {
  it('runs on Node 24', () => {
    expect(process.version).to.match(/^v24\./);
  });

  it('is green on the shipped spec, with outputs, summary and state; the post step finds nothing to do', async () => {
    const before = await hostState();
    const { result, outputs, summary, state } = await step({
      ...INPUTS,
      grep: 'docker-nginx (ping|top|touch|sh|dash|nginx serves)',
    });
    expect(result.exit, result.stdout.toString() + result.stderr).to.equal(0);
    expect(outputs).to.include({
      verdict: 'green',
      'exit-code': '0',
      total: '6',
      passed: '6',
      failed: '0',
      vacuous: '0',
      inconclusive: '0',
      skipped: '0',
    });
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
    const root = folder();
    write(root, 'profiles/strict', profileText('strict', '  deny /etc/passwd w,\n  deny /etc/group w,'));
    write(root, 'profiles/weak', profileText('weak', '  deny /etc/passwd w,'));
    write(root, 'specs/strict.yml', specOf('../profiles/strict', 'passwd', 'group', 'hosts'));
    const inputs = { ...INPUTS, specs: 'specs/strict.yml', grep: 'strict (passwd|group) is', profile: 'profiles/weak' };
    const { result, outputs, summary } = await step(inputs, {}, { cwd: root });
    expect(result.exit).to.equal(1);
    expect(outputs).to.include({ verdict: 'red', 'exit-code': '1', passed: '1', failed: '1' });
    expect(result.stdout.toString()).to.match(/^::error [^\n]*file=specs\/strict\.yml,line=8/m);
    expect(summary).to.match(/group is denied/);
  });

  it('fails the step when there is nothing to judge', async () => {
    const { result, outputs } = await step({ ...INPUTS, specs: 'specs/no-such.yml' });
    expect(result.exit).to.equal(1);
    expect(outputs['verdict']).to.equal('error');
  });
});

describe('the action on a pull request', () => {
  const RULES = '  deny /etc/passwd w,\n  deny /etc/group w,';
  const SPEC = specOf('../profiles/guarded', 'passwd');
  const WAIVER = [
    'waivers:',
    '  - allows: /etc/group',
    '    permissions: w',
    '    because: Groups are made at run time.',
    '    until: 2126-12-31',
    '',
  ].join('\n');
  const repository = folder();
  const clone = join(folder(), 'clone');
  const event = join(folder(), 'event.json');
  const git = async (cwd: string, ...args: string[]): Promise<string> => {
    const { exit, stdout, stderr } = await exec(
      ['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args],
      { cwd },
    );
    expect(exit, stderr).to.equal(0);
    return stdout.toString().trim();
  };
  const pull = (): Promise<Step> =>
    step(
      { ...INPUTS, specs: 'specs/guarded.yml', diff: 'auto' },
      {},
      { cwd: clone, env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event } },
    );

  before(async () => {
    write(repository, 'profiles/guarded', profileText('guarded', RULES));
    write(repository, 'specs/guarded.yml', SPEC);
    await git(repository, 'init', '-q', '-b', 'main');
    await git(repository, 'add', '-A');
    await git(repository, 'commit', '-q', '-m', 'base');
    write(
      event.replace(/\/[^/]*$/, ''),
      'event.json',
      JSON.stringify({ pull_request: { base: { sha: await git(repository, 'rev-parse', 'HEAD') } } }),
    );
    write(repository, 'profiles/guarded', profileText('guarded', RULES.replace(/\n.*/, '')));
    await git(repository, 'commit', '-q', '-a', '-m', 'weaken a rule that no probe looks at');
    await git(repository, 'clone', '-q', '--depth=1', `file://${repository}`, clone); // as actions/checkout does it
  });

  it('fails for what the profile newly allows, though every probe holds, and names it', async () => {
    const { result, outputs, summary } = await pull();
    expect(result.exit, result.stdout.toString() + result.stderr).to.equal(1);
    expect(outputs).to.include({ verdict: 'red', failed: '0', passed: '1' });
    expect(summary).to.match(/What this pull request changes[\s\S]*\/etc\/group/);
  });

  it('passes with a waiver, which the summary shows', async () => {
    write(clone, 'specs/guarded.yml', `${read(join(clone, 'specs/guarded.yml'))}${WAIVER}`);
    const { result, outputs, summary } = await pull();
    expect(result.exit, result.stdout.toString() + result.stderr).to.equal(0);
    expect(outputs['verdict']).to.equal('green');
    expect(summary).to.match(/Groups are made at run time/);
  });

  it('fails where the base commit cannot be fetched', async () => {
    writeFileSync(event, JSON.stringify({ pull_request: { base: { sha: '0'.repeat(40) } } }));
    const { result, outputs } = await pull();
    expect(result.exit).to.equal(1);
    expect(outputs['verdict'], result.stdout.toString()).to.equal('error');
    expect(result.stdout.toString()).to.match(/revision-unreadable/);
  });
});
