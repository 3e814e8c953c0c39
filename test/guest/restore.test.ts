/** The host is put back: after Ctrl-C, after SIGKILL and cleanup, after two runs at once. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '#adapters/host/exec.ts';
import { cli, CLI, file, folder, harness, hostState, profileText, read, ROOT, spec, story } from './kit.ts';

/** Whether a process has exactly these arguments, in whatever container. Asking the engine would slow the run down. */
function isRunning(...argv: readonly string[]): boolean {
  const wanted = argv.map((word) => `${word}\0`).join('');
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === wanted;
    } catch {
      return false; // it has ended
    }
  });
}

/** A run that is in the middle of its probes when `then` is called. */
async function midway(then: (pid: number) => void, reports = folder()): Promise<number | null> {
  const slow = spec(
    profileText('slow', '  deny /etc/passwd w,'),
    [{ name: 'slow', run: 'sleep 60', timeout: '90s', expect: 'allowed' }],
    { control: true },
  );
  const child = start([process.execPath, CLI, 'run', '--host', 'local', '--report-dir', reports, slow], {
    cwd: ROOT,
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  while (!isRunning('sleep', '60')) {
    if (child.exitCode !== null) throw new Error(`the run ended early with ${child.exitCode}`);
    await sleep(200);
  }
  then(child.pid ?? 0);
  return ended;
}

describe('the host', () => {
  it('is put back after Ctrl-C, and the reports say that the run was interrupted', async () => {
    const before = await hostState();
    const reports = folder();
    const exit = await midway((pid) => process.kill(pid, 'SIGINT'), reports);
    expect(exit).to.equal(4);
    expect(await hostState()).to.deep.equal(before);
    expect(read(join(reports, 'junit.xml'))).to.match(/interrupted/);
  });

  it('is put back by cleanup after SIGKILL', async () => {
    const before = await hostState();
    await midway((pid) => process.kill(pid, 'SIGKILL'));
    const between = await hostState();
    expect(between.parameters.audit, 'the killed run left something').to.equal('noquiet');
    expect(before.parameters.auditBacklog).to.equal('64');
    expect(between.parameters.auditBacklog).to.equal('1024');
    expect(between.containers.length).to.be.greaterThan(before.containers.length);
    const result = await cli(['cleanup']);
    expect(result.exit, result.stderr).to.equal(0);
    expect(result.stdout.toString())
      .to.match(/removed 2 container/)
      .and.match(/removed profile slow\./)
      .and.match(/restored the kernel parameter audit to normal/);
    expect(await hostState()).to.deep.equal(before);
    expect((await cli(['cleanup'])).stdout.toString()).to.equal('nothing to clean up\n');
  });

  it('is put back by the next run after SIGKILL', async () => {
    const before = await hostState();
    await midway((pid) => process.kill(pid, 'SIGKILL'));
    const { exit, ledger } = await harness([spec(profileText('next', ''), [{ run: 'true', expect: 'allowed' }])]);
    expect(exit, story(ledger)).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
  });

  it('serves two runs of the same profile and peers at once, and the last one puts it back', async () => {
    const before = await hostState();
    const profile = { file: file('twice', profileText('twice', '  deny /etc/passwd w,')) };
    const results = await Promise.all(
      [1, 20].map((seconds) => {
        const one = spec(
          profile,
          [
            { open: '/etc/passwd', for: 'write', expect: { access: 'denied', audit: { name: '/etc/passwd' } } },
            { run: `sleep ${seconds}`, timeout: '60s', expect: 'allowed' },
            { try: 'signal urg peer other', expect: 'allowed' },
            { from: 'other', try: 'signal urg container', expect: 'allowed' },
          ],
          { peers: { other: { profile: 'nobody-else' } } },
        ); // which is not loaded here: a profile for it comes with the first run
        return cli(['run', '--host', 'local', '--report-dir', folder(), one]);
      }),
    );
    for (const { exit, stdout, stderr } of results) expect(exit, stdout.toString() + stderr).to.equal(0);
    expect(await hostState()).to.deep.equal(before);
  });
});
