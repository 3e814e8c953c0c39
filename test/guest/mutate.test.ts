/** Mutation on the real kernel: what the probes notice, what they do not, and a host that is put back. */
import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { mutateProfile, type MutateOptions } from '#harness/mutate/mutate-profile.ts';
import { LOOSENING, type Operator } from '#core/mutation/operators.ts';
import { scoreOf, type MutantResult, type MutationReport } from '#core/mutation/results.ts';
import { start } from '#adapters/host/exec.ts';
import { mutationExit } from '#core/report/mutation-report.ts';
import { cli, CLI, docker, folder, hostState, profileOf, profileText, read, ROOT, spec } from './kit.ts';

const RULES = [
  '  deny /etc/** wl,',
  '  deny /srv/** w,',
  '  deny /etc/hosts w,',
  '  deny mount,',
  '  /usr/bin/top px -> other,',
  '  deny /usr/bin/top x,',
].join('\n');
const ADDING: readonly Operator[] = ['add-flag', 'add-capability', 'add-change-profile', 'add-ptrace'];
const PROBES = [
  { name: 'passwd cannot be written', open: '/etc/passwd', for: 'write', expect: 'denied' },
  { name: 'nothing is made below', open: '/etc/nginx/thing', for: 'create', expect: 'denied' },
  { name: 'the rest can be written', open: '/var/tmp/thing', for: 'create', expect: 'allowed' },
];

async function mutated(file: string, options: Partial<MutateOptions> = {}): Promise<MutationReport> {
  const silent = (): void => undefined;
  return mutateProfile(
    {
      spec: file,
      included: false,
      operators: LOOSENING,
      keepAuditSwitch: false,
      signal: new AbortController().signal,
      ...options,
    },
    { progress: silent, fault: silent, result: silent },
  );
}

describe('mutants', () => {
  let report: MutationReport;
  const states = (): Record<string, string> =>
    Object.fromEntries(report.results.map(({ before, after, state }) => [`${before} → ${after}`, state]));

  it('are killed by the probes that notice them, on one container, and the host is as it was', async () => {
    const before = await hostState();
    report = await mutated(spec(profileText('mutated', RULES), PROBES, {}), { grep: 'line (9|1[0-9]):' });
    expect(report.faults, JSON.stringify(report.faults)).to.deep.equal([]);
    expect(await hostState()).to.deep.equal(before);
    const all = states();
    expect(all['deny /etc/** wl → '], JSON.stringify(all)).to.equal('killed');
    expect(all['deny /etc/** wl → /etc/** wl']).to.equal('killed');
    expect(all['deny /etc/** wl → deny /etc/** l']).to.equal('killed');
    expect(all['deny /etc/** wl → deny /etc/* wl']).to.equal('killed');
    const killer = report.results.find(({ after }) => after === 'deny /etc/* wl');
    expect(killer?.killedBy).to.equal('nothing is made below');
  });

  it('survive where no probe tries the access', () => {
    const all = states();
    expect(all['deny /etc/** wl → deny /etc/** w']).to.equal('survived');
    expect(all['deny /srv/** w → ']).to.equal('survived');
    const survivor = report.results.find(({ before, after }) => before === 'deny /srv/** w' && after === '');
    expect(survivor?.reason).to.match(/\/srv\//);
    expect(survivor?.probe, 'a probe that would kill it').to.match(/\/srv\/[\s\S]*expect: denied[\s\S]*because: /);
  });

  it('are equivalent where the compiled policy is, and where it decides every access alike', () => {
    expect(report.results.find(({ before, after }) => before === 'deny /etc/hosts w' && after === '')?.reason).to.match(
      /byte for byte|decide every access alike/,
    );
    expect(report.results.find(({ before, after }) => before === 'deny mount' && after === '')).to.include({
      state: 'equivalent',
    });
    expect(states()['deny mount → mount'], 'allowing it is no equivalent').to.equal('survived');
  });

  it('are invalid where the parser rejects them', () => {
    const invalid = report.results.find(
      ({ before, after }) => before === 'deny /usr/bin/top x' && after === '/usr/bin/top ix',
    );
    expect(invalid?.state, JSON.stringify(states())).to.equal('invalid');
    expect(invalid?.reason).to.match(/conflicting x modifiers/);
  });

  it('also add rules and carve letters out, by operators that the report names', async () => {
    const peers = { host: { profile: 'unconfined' } };
    const file = spec(profileOf('opened', ['file,', 'signal,', 'deny /etc/** wl,']), PROBES, { peers });
    const grep =
      '→ (deny /etc/\\[.*|change_profile -> unconfined|capability sys_chroot|ptrace peer=.*|flags=.*unconfined.*)$';
    const { faults, results } = await mutated(file, { grep, operators: ['carve-letter', ...ADDING] });
    expect(faults, JSON.stringify(faults)).to.deep.equal([]);
    const told = JSON.stringify(results, null, 1);
    const of = (kind: string): MutantResult | undefined => results.find((result) => result.kind === kind);
    expect(of('add-flag')?.state, told).to.equal('killed');
    expect(of('add-capability')?.probe, told).to.include('try: capable sys_chroot');
    expect(of('add-change-profile')?.probe, told).to.include('try: change_profile unconfined');
    expect(of('add-ptrace')?.probe, told).to.match(/ptrace (read|trace) (peer host|container)/);
    const carved = of('carve-letter');
    expect(carved?.probe ?? carved?.killedBy, told).to.match(/\/etc\/|passwd|below/);
  });

  it('fail the run when their score is below --min-score', () => {
    const score = scoreOf(report.results)!;
    expect(score).to.be.greaterThan(20).and.lessThan(100);
    const gated = (minScore: number): number => mutationExit({ ...report, options: { ...report.options, minScore } });
    expect([gated(20), gated(100)]).to.deep.equal([0, 1]);
  });

  it('are tried again in a new container where a probe removed what it cannot remove twice', async () => {
    const before = await hostState();
    const removal = { name: 'types stay', try: 'unlink /etc/nginx/mime.types', expect: 'denied' };
    const file = spec(profileText('mutated', '  deny /etc/nginx/mime.types w,\n  deny /srv/** w,'), [removal]);
    const spoilt = await mutated(file, { grep: 'line (9|1[0-9]):' });
    expect(spoilt.faults, JSON.stringify(spoilt.faults)).to.deep.equal([]);
    expect(spoilt.restarts).to.be.greaterThan(0);
    const drop = spoilt.results.find((mutant) => mutant.before.includes('mime.types') && mutant.after === '');
    expect(drop).to.include({ state: 'killed', killedBy: 'types stay' });
    expect(await hostState()).to.deep.equal(before);
  });

  it('have no score where the spec is red', async () => {
    const red = await mutated(
      spec(profileText('mutated', RULES), [{ name: 'wrong', open: '/etc/passwd', expect: 'denied' }]),
    );
    expect(red.faults.map(({ code }) => code)).to.deep.equal(['spec-not-green']);
    expect(red.results).to.deep.equal([]);
    expect(mutationExit(red)).to.equal(1);
  });

  it('become probes of the spec with --write-probes: it stays green, and they kill', async () => {
    const file = spec(profileText('mutated', '  deny /etc/** wl,'), PROBES.slice(0, 1));
    const grep = 'line 9:';
    const reports = folder();
    const args = ['--report-dir', reports, '--grep', grep, '--operators', 'loosen', '--write-probes', file];
    const before = read(file);
    const { exit, stderr, stdout } = await cli(['mutate', '--host', 'local', ...args]);
    expect(exit, stderr + stdout.toString()).to.equal(0);

    const first = JSON.parse(read(`${reports}/mutation.json`)) as MutationReport;
    const survived = first.results.filter(({ state }) => state === 'survived');
    expect(survived.length).to.be.greaterThan(1);
    expect(
      survived.filter(({ probe }) => probe === undefined),
      'each has a probe',
    ).to.deep.equal([]);
    expect(read(file).startsWith(before.trimEnd()), read(file)).to.equal(true);

    const second = await mutated(file, { grep });
    expect(second.faults, JSON.stringify(second.faults)).to.deep.equal([]);
    expect(second.probes).to.be.greaterThan(first.probes);
    expect(second.results.length).to.equal(first.results.length);
    expect(
      scoreOf(second.results),
      JSON.stringify(second.results.filter(({ state }) => state === 'survived')),
    ).to.equal(100);
  });

  it('are reported as far as they were judged after Ctrl-C, and the host is put back', async () => {
    const before = await hostState();
    const reports = folder();
    const child = start(
      [
        process.execPath,
        CLI,
        'mutate',
        '--host',
        'local',
        '--report-dir',
        reports,
        spec(profileText('mutated', RULES), PROBES),
      ],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    while (!/\n +3\/\d+ /.test(out)) {
      if (child.exitCode !== null) throw new Error(out);
      await sleep(100);
    }
    child.kill('SIGINT');
    expect(await ended).to.equal(4);
    expect(await hostState()).to.deep.equal(before);
    const { results, faults } = JSON.parse(read(`${reports}/mutation.json`)) as MutationReport;
    expect(faults.map(({ code }) => code)).to.include('interrupted');
    expect(results.some(({ state }) => state === 'untried')).to.equal(true);
    expect(results.filter(({ state }) => state !== 'untried').length).to.be.greaterThan(2);
    expect((await docker('ps', '--all', '--quiet')).stdout.toString()).to.equal('');
  });
});
