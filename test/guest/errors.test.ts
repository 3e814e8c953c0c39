/** Everything that can be wrong around a run: one clear error with its code, its documented exit status, and nothing left behind. */
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ExecResult } from '#adapters/host/exec.ts';
import { exec } from '#adapters/host/exec.ts';
import { CLI, cli, file, folder, hostState, IMAGE, profileText, ROOT, spec, type HostState } from './kit.ts';

const PROBES = [{ run: 'true', expect: 'allowed' }];
const run = (...args: string[]): Promise<ExecResult> =>
  cli(['run', '--host', 'local', '--report-dir', folder(), ...args]);
const said = (result: ExecResult): string => result.stdout.toString() + result.stderr;

describe('errors', () => {
  let state: HostState;
  before(async () => {
    state = await hostState();
  });
  afterEach(async () => {
    expect(await hostState(), 'nothing is left behind').to.deep.equal(state);
  });

  it('a spec with three mistakes: all three, with line and column', async () => {
    const bad = file(
      'bad.yml',
      'profile: nowhere\ncontainer: {image: x, colour: red}\nprobes:\n  - run: a | b\n    expect: denied\n  - open: etc/passwd\n    expect: denied\n',
    );
    const result = await run(bad);
    expect(result.exit).to.equal(2);
    expect(said(result))
      .to.match(/error \[spec-invalid\]/)
      .and.match(/bad\.yml:2:23: unknown key "colour"/)
      .and.match(/bad\.yml:4:10: .*needs a shell/)
      .and.match(/bad\.yml:6:11: .*absolute path/);
  });

  it('a spec that is not there', async () => {
    const result = await run('/no/such.yml');
    expect([result.exit, /\[spec-unreadable\]/.test(said(result))]).to.deep.equal([2, true]);
  });

  it('a profile that does not parse: file and line', async () => {
    const profile = file('broken', 'profile broken {\n  file,\n  deny /etc/passwd z,\n}\n');
    const result = await run(spec({ file: profile }, PROBES));
    expect(result.exit).to.equal(2);
    expect(said(result))
      .to.match(/\[profile-invalid\]/)
      .and.contain(`${profile}:3: `);
  });

  it('a profile that is not there', async () => {
    const result = await run(spec({ file: '/no/such/profile' }, PROBES));
    expect([result.exit, /\[profile-unreadable\]/.test(said(result))]).to.deep.equal([2, true]);
  });

  it('a profile of the engine that is not loaded', async () => {
    const result = await run(spec({ engine: 'no-such-profile' }, PROBES));
    expect([result.exit, /\[not-loaded\]/.test(said(result))]).to.deep.equal([4, true]);
  });

  it('an image that is missing', async () => {
    const result = await run(spec(profileText('fine', ''), PROBES, { container: { image: 'no-such-image:1' } }));
    expect([result.exit, /\[image-unavailable\]/.test(said(result))], said(result)).to.deep.equal([2, true]);
  });

  it('a command that is not in the image is inconclusive: exit 3', async () => {
    const result = await run(spec(profileText('fine', ''), [{ run: 'no-such-command', expect: 'denied' }]));
    expect([result.exit, /INCONCLUSIVE/.test(said(result))], said(result)).to.deep.equal([3, true]);
  });

  it('Docker down', async () => {
    const result = await cli(
      ['run', '--host', 'local', '--report-dir', folder(), spec(profileText('fine', ''), PROBES)],
      { env: { DOCKER_HOST: 'unix:///run/nobody.sock' } },
    );
    expect([result.exit, /\[no-docker\]/.test(said(result))], said(result)).to.deep.equal([4, true]);
  });

  it('an engine on another machine', async () => {
    const result = await cli(
      ['run', '--host', 'local', '--report-dir', folder(), spec(profileText('fine', ''), PROBES)],
      { env: { DOCKER_HOST: 'tcp://192.0.2.1:2375' } },
    );
    expect([result.exit, /\[engine-remote\]/.test(said(result))], said(result)).to.deep.equal([4, true]);
  });

  it('no AppArmor in the kernel', async () => {
    const off = file('enabled', 'N\n');
    const script = 'mount --bind "$1" /sys/module/apparmor/parameters/enabled && shift && exec "$@"';
    const result = await exec(
      [
        'unshare',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        off,
        process.execPath,
        CLI,
        'run',
        '--host',
        'local',
        '--report-dir',
        folder(),
        spec(profileText('fine', ''), PROBES),
      ],
      { cwd: ROOT },
    );
    expect([result.exit, /\[no-apparmor\]/.test(said(result))], said(result)).to.deep.equal([4, true]);
  });

  it('AppArmor that enforces nothing', async () => {
    const complain = file('mode', 'complain');
    const script = 'mount --bind "$1" /sys/module/apparmor/parameters/mode && shift && exec "$@"';
    const result = await exec(
      [
        'unshare',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        complain,
        process.execPath,
        CLI,
        'run',
        '--host',
        'local',
        '--report-dir',
        folder(),
        spec(profileText('fine', ''), PROBES),
      ],
      { cwd: ROOT },
    );
    expect([result.exit, /\[not-enforcing\]/.test(said(result))], said(result)).to.deep.equal([4, true]);
  });

  it('no rights; and a user with passwordless sudo needs none', async () => {
    const reports = '/home/runner/reports';
    const own = `/tmp/own-${process.pid}.yml`;
    const profile = file('profile', profileText('fine', ''));
    await exec(['sh', '-c', 'cat > "$1"; chmod 644 "$1"; chmod 755 "$(dirname "$2")"', 'sh', own, profile], {
      input: stringify({ profile, container: { image: IMAGE, hold: true }, probes: PROBES }),
    });
    const as = (user: string, dir: string): Promise<ExecResult> =>
      exec(
        [
          'setpriv',
          `--reuid=${user}`,
          `--regid=${user}`,
          '--init-groups',
          'env',
          `HOME=/home/${user}`,
          process.execPath,
          CLI,
          'run',
          '--host',
          'local',
          '--report-dir',
          dir,
          own,
        ],
        { cwd: '/tmp' },
      );
    const refused = await as('norights', '/home/norights/reports');
    expect([refused.exit, /\[no-rights\]/.test(said(refused))], said(refused)).to.deep.equal([4, true]);
    const runner = await as('runner', reports);
    expect(runner.exit, said(runner)).to.equal(0);
    expect(
      (await exec(['stat', '--format', '%U', `${reports}/junit.xml`])).stdout.toString().trim(),
      'the reports belong to the user',
    ).to.equal('runner');
  });

  it('--grep that matches nothing, an option that is unknown, a report folder that leads elsewhere', async () => {
    const one = spec(profileText('fine', ''), PROBES);
    const nothing = await run('--grep', 'no such probe', one);
    expect([nothing.exit, /\[no-probes\]/.test(said(nothing))]).to.deep.equal([2, true]);
    expect((await cli(['run', '--colour'])).exit).to.equal(2);
    const link = `${folder()}/reports`;
    await exec(['ln', '--symbolic', '/etc', link]);
    const led = await cli(['run', '--host', 'local', '--report-dir', link, one]);
    expect([led.exit, /\[report-failed\]/.test(said(led))], said(led)).to.deep.equal([4, true]);
  });

  it('doctor finds nothing amiss here, and names the cure where something is', async () => {
    const good = await cli(['doctor']);
    expect(good.exit, said(good)).to.equal(0);
    expect(said(good)).to.match(/records arrive +through .dev.kmsg, after \d+ ms/);
    const bad = await cli(['doctor'], { env: { DOCKER_HOST: 'unix:///run/nobody.sock' } });
    expect([bad.exit, /\[no-docker\] Start Docker/.test(said(bad))], said(bad)).to.deep.equal([4, true]);
  });
});
