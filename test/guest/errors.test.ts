/** Everything that can be wrong around a run: one clear error with its code and exit status, nothing left behind. */
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ExecResult } from '#adapters/host/exec.ts';
import { exec } from '#adapters/host/exec.ts';
import {
  CLI,
  cli,
  expectError,
  file,
  folder,
  hostState,
  IMAGE,
  printed,
  profileText,
  ROOT,
  spec,
  type HostState,
} from './kit.ts';

const PROBES = [{ run: 'true', expect: 'allowed' }];
const run = (...args: string[]): Promise<ExecResult> =>
  cli(['run', '--host', 'local', '--report-dir', folder(), ...args]);

/** A run that finds another file in place of one of the kernel's. */
function runWithFile(kernelFile: string, replacement: string): Promise<ExecResult> {
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const command = [process.execPath, CLI, 'run', '--host', 'local', '--report-dir', folder()];
  return exec(
    [
      'unshare',
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      replacement,
      kernelFile,
      ...command,
      spec(profileText('fine', ''), PROBES),
    ],
    { cwd: ROOT },
  );
}

describe('the command line', () => {
  let state: HostState;
  before(async () => {
    state = await hostState();
  });
  afterEach(async () => {
    expect(await hostState(), 'nothing is left behind').to.deep.equal(state);
  });

  it('reports all three mistakes of a spec, with line and column', async () => {
    const lines = [
      'profile: nowhere',
      'container: {image: x, colour: red}',
      'probes:',
      '  - run: a | b',
      '    expect: denied',
      '  - open: etc/passwd',
      '    expect: denied',
    ];
    const bad = file('bad.yml', `${lines.join('\n')}\n`);
    const result = await run(bad);
    expect(result.exit).to.equal(2);
    expect(printed(result))
      .to.match(/error \[spec-invalid\]/)
      .and.match(/bad\.yml:2:23: unknown key "colour"/)
      .and.match(/bad\.yml:4:10: .*needs a shell/)
      .and.match(/bad\.yml:6:11: .*absolute path/);
  });

  it('reports a spec that is missing', async () => {
    const result = await run('/no/such.yml');
    expectError(result, 'spec-unreadable', 2);
  });

  it('reports a profile that does not parse, with file and line', async () => {
    const profile = file('broken', 'profile broken {\n  file,\n  deny /etc/passwd z,\n}\n');
    const result = await run(spec({ file: profile }, PROBES));
    expect(result.exit).to.equal(2);
    expect(printed(result))
      .to.match(/\[profile-invalid\]/)
      .and.contain(`${profile}:3: `);
  });

  it('reports a profile that is missing', async () => {
    const result = await run(spec({ file: '/no/such/profile' }, PROBES));
    expectError(result, 'profile-unreadable', 2);
  });

  it('reports a profile of the engine that is not loaded', async () => {
    const result = await run(spec({ engine: 'no-such-profile' }, PROBES));
    expectError(result, 'not-loaded', 4);
  });

  it('reports an image that is missing', async () => {
    const result = await run(spec(profileText('fine', ''), PROBES, { container: { image: 'no-such-image:1' } }));
    expectError(result, 'image-unavailable', 2);
  });

  it('ends with status 3 for a command that is not in the image', async () => {
    const result = await run(spec(profileText('fine', ''), [{ run: 'no-such-command', expect: 'denied' }]));
    expect(printed(result)).to.include('INCONCLUSIVE');
    expect(result.exit).to.equal(3);
  });

  it('reports an engine that does not answer', async () => {
    const result = await cli(
      ['run', '--host', 'local', '--report-dir', folder(), spec(profileText('fine', ''), PROBES)],
      { env: { DOCKER_HOST: 'unix:///run/nobody.sock' } },
    );
    expectError(result, 'no-docker', 4);
  });

  it('reports an engine on another machine', async () => {
    const result = await cli(
      ['run', '--host', 'local', '--report-dir', folder(), spec(profileText('fine', ''), PROBES)],
      { env: { DOCKER_HOST: 'tcp://192.0.2.1:2375' } },
    );
    expectError(result, 'engine-remote', 4);
  });

  it('reports a kernel without AppArmor', async () => {
    const result = await runWithFile('/sys/module/apparmor/parameters/enabled', file('enabled', 'N\n'));
    expectError(result, 'no-apparmor', 4);
  });

  it('reports an AppArmor that enforces nothing', async () => {
    const result = await runWithFile('/sys/module/apparmor/parameters/mode', file('mode', 'complain'));
    expectError(result, 'not-enforcing', 4);
  });

  it('reports missing rights, and needs none where sudo asks for no password', async () => {
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
    expectError(refused, 'no-rights', 4);
    const runner = await as('runner', reports);
    expect(runner.exit, printed(runner)).to.equal(0);
    expect(
      (await exec(['stat', '--format', '%U', `${reports}/junit.xml`])).stdout.toString().trim(),
      'the reports belong to the user',
    ).to.equal('runner');
  });

  it('reports a --grep that matches nothing, an unknown option, and a report folder that is a link', async () => {
    const one = spec(profileText('fine', ''), PROBES);
    const nothing = await run('--grep', 'no such probe', one);
    expectError(nothing, 'no-probes', 2);
    expect((await cli(['run', '--colour'])).exit).to.equal(2);
    const link = `${folder()}/reports`;
    await exec(['ln', '--symbolic', '/etc', link]);
    const led = await cli(['run', '--host', 'local', '--report-dir', link, one]);
    expectError(led, 'report-failed', 4);
  });

  it('finds nothing wrong with `doctor` here, and gets a cure where something is', async () => {
    const good = await cli(['doctor']);
    expect(good.exit, printed(good)).to.equal(0);
    expect(printed(good)).to.match(/records arrive +through .dev.kmsg, after \d+ ms/);
    const bad = await cli(['doctor'], { env: { DOCKER_HOST: 'unix:///run/nobody.sock' } });
    expect(printed(bad)).to.include('[no-docker] Start Docker');
    expect(bad.exit).to.equal(4);
  });
});
