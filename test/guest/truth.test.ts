/** What makes a verdict true: exec rules tried from inside, two witnesses, a control, exact attribution, nothing taken on trust. */
import { expect } from 'chai';
import { join } from 'node:path';
import { docker, entry, file, harness, IMAGE, profileText, ROOT, spec, story } from './kit.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { exec } from '#adapters/host/exec.ts';

const NO_DASH = '  deny /{,usr/}bin/dash mrwklx,';

describe('the exec hole', () => {
  it("docker exec starts a program that the profile denies; the harness's probe of it is denied", async () => {
    const name = 'exec-hole';
    replacePolicy((await compile('/hole', profileText(name, NO_DASH))).policy);
    const { stdout } = await docker('run', '--detach', '--security-opt', `apparmor=${name}`, IMAGE, 'sleep', '600');
    const id = stdout.toString().trim();
    try {
      const direct = await docker('exec', id, 'dash', '-c', 'echo started');
      expect([direct.exit, direct.stdout.toString()]).to.deep.equal([0, 'started\n']);
    } finally {
      await docker('rm', '--force', id);
      removeProfile(name);
    }
    const { ledger, exit } = await harness([
      spec(profileText(name, NO_DASH), [
        {
          run: 'dash -c true',
          name: 'dash',
          expect: { access: 'denied', errno: 'EACCES', audit: { operation: 'exec', denied_mask: 'x' } },
        },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(entry(ledger, 'dash').observation).to.include({ stage: 'exec', errno: 'EACCES' });
  });

  it('`via: docker-exec` shows the hole, and its verdict explains it', async () => {
    const { ledger, exit } = await harness([
      spec(profileText('hole', NO_DASH), [
        { name: 'direct', run: 'dash -c "echo started"', via: 'docker-exec', expect: 'denied' },
        { name: 'missing', run: 'no-such-program', via: 'docker-exec', expect: 'denied' },
        { name: 'slow', run: 'sleep 60', via: 'docker-exec', timeout: '1s', expect: 'allowed' },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(1);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(['let-through', 'not-runnable', 'timeout']);
    expect(entry(ledger, 'direct').observation).to.include({ exit: 0 });
    expect(entry(ledger, 'direct').verdict.notes.join()).to.match(/exec rules were not checked/);
  });
});

describe('two witnesses', () => {
  it('with the audit switch left quiet, the same probes fail as silent', async () => {
    const { ledger, exit } = await harness([join(ROOT, 'specs/docker-nginx.yml')], {
      keepAuditSwitch: true,
      grep: 'docker-nginx (ping|top|touch|sh|dash) ',
    });
    expect(exit).to.equal(1);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(Array(5).fill('silent-denial'));
  });

  it('a denial by file mode, by a read-only mount or for want of a capability is vacuous, never a pass', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('quiet', ''),
        [
          { name: 'mode', open: '/etc/shadow', user: 'www-data', expect: 'denied' },
          { name: 'read-only', open: '/proc/sysrq-trigger', for: 'write', expect: 'denied' },
          { name: 'capability', run: 'mount -t tmpfs none /mnt', expect: 'denied' },
          { name: 'missing', open: '/no/such/file', expect: 'denied' },
        ],
        { control: true },
      ),
    ]);
    expect(exit).to.equal(3);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.kind),
      story(ledger),
    ).to.deep.equal(Array(4).fill('vacuous'));
  });

  it('a denial on the way of a command that fails anyway proves nothing; the one that the spec names does', async () => {
    const noisy = profileText('noisy', '  deny /proc/filesystems r,'); // which ls asks for, and can do without
    const failing = [
      { name: 'noise', run: 'ls /nosuch', expect: 'denied' },
      { name: 'named', run: 'ls /nosuch', expect: { access: 'denied', audit: { name: '/proc/filesystems' } } },
      { name: 'swallowed', shell: 'cat /proc/filesystems | wc -l', expect: 'allowed' },
    ];
    const codes = async (control: boolean): Promise<string[]> =>
      (await harness([spec(noisy, failing, { control })])).ledger.suites[0]!.entries.map(({ verdict }) => verdict.code);
    expect(await codes(true)).to.deep.equal(['vacuous', 'denied-twice', 'denied-on-the-way']);
    expect((await codes(false)).slice(0, 2)).to.deep.equal(['no-witness', 'denied']);
  });

  it("the twin can run under a baseline: what that denies as well is noted, and its records are nobody's witness", async () => {
    const text =
      profileText('stricter', '  deny /etc/passwd w,\n  deny /etc/group w,') +
      profileText('base', '  deny /etc/group w,\n  deny /etc/issue w,').replace(/^abi.*\n/, '');
    const { ledger, exit } = await harness([
      spec(
        { file: file('profiles', text), name: 'stricter' },
        [
          { name: 'beyond', open: '/etc/passwd', for: 'write', expect: 'denied' },
          { name: 'both', open: '/etc/group', for: 'write', expect: 'denied' },
          { name: 'only the baseline', open: '/etc/issue', for: 'write', expect: 'allowed' },
        ],
        { control: { profile: 'base' } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.entries.map(({ verdict, witnesses }) => [verdict.code, witnesses.length])).to.deep.equal([
      ['denied', 1],
      ['denied-twice', 1],
      ['allowed', 0],
    ]);
    expect(entry(ledger, 'beyond').control?.process?.label).to.match(/^base\.\w+ \(enforce\)$/);
  });

  it("three tests known to prove nothing, of the engine's own suite, are called vacuous, with the layer that denies", async () => {
    const { ledger, exit } = await harness([
      spec(
        { engine: 'docker-default' },
        [
          {
            name: 'reading /proc/1/ns/net by a wrong command line',
            run: ['sh', '-c', 'sh -c readlink /proc/1/ns/net'],
            expect: 'denied',
          },
          {
            name: 'writing a filtered path that is mounted read-only',
            run: ['sh', '-c', 'echo x > /proc/sysrq-trigger'],
            expect: 'denied',
          },
          { name: 'mount without the capability', run: 'mount -t tmpfs none /mnt', expect: 'denied' },
        ],
        { control: true },
      ),
    ]);
    expect(exit).to.equal(3);
    const reasons = ledger.suites[0]!.entries.map(({ verdict }) => `${verdict.kind}: ${verdict.reason}`);
    expect(reasons[0], story(ledger)).to.match(/^vacuous: /);
    expect(reasons[1], story(ledger)).to.match(/^vacuous: .*likely (a read-only mount|the engine mounts)/);
    expect(reasons[2], story(ledger)).to.match(/^vacuous: /);
  });

  it('a rule that this kernel does not enforce is let through in the report as it is in life', async () => {
    // Linux 6.12 forgets `deny … m` of some profiles that share a file with another; who asks it without us sees the same
    const text = `${profileText('halves', '  deny /usr/bin/free m,')}profile halves-other flags=(attach_disconnected) {\n  file,\n}\n`;
    const path = file('halves', text);
    expect((await exec(['apparmor_parser', '--replace', '--skip-cache', path])).exit).to.equal(0);
    const inLife = await exec([
      'aa-exec',
      '-p',
      'halves',
      '--',
      '/lib64/ld-linux-x86-64.so.2',
      '/usr/bin/free',
    ]).finally(() => exec(['apparmor_parser', '--remove', path]));
    const { ledger } = await harness([
      spec({ file: path, name: 'halves' }, [{ name: 'mapped', try: 'mmap /usr/bin/free', expect: 'denied' }]),
    ]);
    expect(entry(ledger, 'mapped').verdict.code, story(ledger)).to.equal(inLife.exit === 0 ? 'let-through' : 'denied');
  });

  it("what another container under the same profile is denied meanwhile is no command's", async () => {
    const { stdout } = await docker(
      'run',
      '--detach',
      '--security-opt',
      'systempaths=unconfined',
      IMAGE,
      'sh',
      '-c',
      'while :; do echo x > /proc/sysrq-trigger; sleep 0.1; done',
    );
    const id = stdout.toString().trim();
    try {
      const fails = 'sleep 2; grep -q unconfined /proc/self/attr/current'; // under the profile, without a denial
      const { ledger } = await harness([
        spec({ engine: 'docker-default' }, [{ name: 'fails', shell: fails, expect: 'denied' }], { control: true }),
      ]);
      expect(entry(ledger, 'fails').verdict.code, story(ledger)).to.equal('silent-denial');
      expect(
        ledger.suites[0]!.otherRecords.filter(({ fields }) => fields['name'] === '/proc/sysrq-trigger'),
      ).to.not.have.length(0);
    } finally {
      await docker('rm', '--force', id);
    }
  });

  it('the policy itself, asked through the kernel, is a third witness that agrees', async () => {
    const { ledger, exit } = await harness([
      spec(profileText('asked', '  deny /etc/passwd w,\n  deny /usr/bin/dash x,'), [
        { name: 'denied', open: '/etc/passwd', for: 'write', expect: 'denied' },
        { name: 'allowed', open: '/etc/group', for: 'write', expect: 'allowed' },
        { name: 'link', exec: '/bin/sh', expect: 'denied' },
        { name: 'new', open: '/etc/new', for: 'create', expect: 'allowed' },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(
      ledger.suites[0]!.entries.map(({ ruling }) => [ruling?.path, ruling?.permissions, ruling?.allowed]),
    ).to.deep.equal([
      ['/etc/passwd', 'w', false],
      ['/etc/group', 'w', true],
      ['/usr/bin/dash', 'x', false],
      ['/etc/new', 'w', true],
    ]);
    expect(ledger.suites[0]!.entries.flatMap(({ verdict }) => verdict.notes)).to.deep.equal([]);
  });

  it('with only-apparmor nothing else stands in the way, and a command runs in the unconfined twin only where the spec says so', async () => {
    const { ledger, exit } = await harness([
      spec(
        profileText('alone', '  deny mount,\n  deny /proc/sysrq-trigger w,'),
        [
          { name: 'mount', try: 'mount tmpfs none /mnt', expect: 'denied' },
          { name: 'masked', open: '/proc/sysrq-trigger', for: 'write', expect: 'denied' },
          { name: 'without control', run: 'true', expect: 'allowed' },
          { name: 'with control', run: 'true', control: true, expect: 'allowed' },
        ],
        { control: true, container: { 'only-apparmor': true } },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.layers).to.deep.equal([
      'capabilities: all',
      'seccomp: off',
      'masked and read-only paths: off',
      'file systems: /sys read-only, /proc noexec',
    ]);
    expect(ledger.suites[0]!.entries.map(({ control }) => control !== undefined)).to.deep.equal([
      true,
      true,
      false,
      true,
    ]);
    expect(ledger.suites[0]!.entries.slice(0, 2).map(({ verdict }) => verdict.code)).to.deep.equal([
      'denied',
      'denied',
    ]);
  });

  it('a program that is not in the image, and one that does not end, prove nothing', async () => {
    const { ledger, exit } = await harness([
      spec(profileText('quiet', ''), [
        { name: 'missing', run: 'no-such-program', expect: 'denied' },
        { name: 'missing in sh', shell: 'no-such-program', expect: 'denied' },
        { name: 'endless', run: 'sleep 60', timeout: '1s', expect: 'denied' },
        { name: 'missing but allowed', run: 'no-such-program', expect: 'allowed' },
      ]),
    ]);
    expect(exit).to.equal(3);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(['not-runnable', 'not-runnable', 'timeout', 'not-runnable']);
  });
});

describe('attribution', () => {
  it("each of 200 denials belongs to its own probe, and no probe has another's", async () => {
    const probes = Array.from({ length: 200 }, (_, i) => ({
      name: `n${i}`,
      open: `/etc/none-${i}`,
      for: 'create',
      expect: { access: 'denied', audit: { name: `/etc/none-${i}` } },
    }));
    const { ledger, exit } = await harness([spec(profileText('many', '  deny /etc/** w,'), probes)]);
    expect(exit, story(ledger)).to.equal(0);
    for (const { probe, witnesses } of ledger.suites[0]!.entries) {
      expect(witnesses.map(({ record, by }) => [record.fields['name'], by])).to.deep.equal([
        [(probe.action as { args: readonly string[] }).args[1], 'comm'],
      ]);
    }
  });

  it("denials of the service under the same profile are nobody's witness", async () => {
    const noisy = 'while :; do cat /etc/passwd; sleep 0.02; done 2>/dev/null'; // a new process each time
    const innocent = Array.from({ length: 5 }, (_, i) => ({
      name: `innocent ${i}`,
      run: 'false',
      expect: 'denied',
    }));
    const { ledger } = await harness([
      spec(
        profileText('noisy', '  deny /etc/passwd r,'),
        [
          ...innocent,
          {
            name: 'own',
            run: 'cat /etc/passwd',
            expect: { access: 'denied', audit: { operation: 'open', name: '/etc/passwd' } },
          },
        ],
        { control: true, container: { hold: false, command: ['bash', '-c', noisy] } },
      ),
    ]);
    for (const { name } of innocent) expect(entry(ledger, name).verdict.kind, story(ledger)).to.equal('vacuous');
    expect(entry(ledger, 'own').verdict.kind, story(ledger)).to.equal('pass');
  });

  it("the host's own profile of the same name, and its denials, do not touch the run", async () => {
    const name = 'shared-name';
    replacePolicy((await compile('/shared', profileText(name, '  deny /** w,'))).policy);
    const { ledger, exit } = await harness([
      spec(profileText(name, '  deny /etc/passwd w,'), [
        { name: 'denied', open: '/etc/passwd', for: 'write', expect: 'denied' },
        { name: 'allowed', open: '/etc/group', for: 'write', expect: 'allowed' },
      ]),
    ]);
    removeProfile(name);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.confinement).to.include({ profile: name });
    expect(ledger.suites[0]!.confinement?.loadedAs).to.match(/^shared-name\.\w+$/);
  });
});

describe('kill mode', () => {
  it('who is denied is killed, which the KILLED record says; the next probe is tried all the same', async () => {
    const { ledger, exit } = await harness([
      spec(
        {
          file: file('profile', profileText('killer', '  deny /etc/passwd w,', 'kill,attach_disconnected')),
          mode: 'kill',
        },
        [
          {
            name: 'killed',
            open: '/etc/passwd',
            for: 'write',
            expect: { access: 'denied', audit: { apparmor: 'KILLED' } },
          },
          { name: 'alive', open: '/etc/passwd', expect: 'allowed' },
        ],
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(entry(ledger, 'killed').observation?.signal).to.equal('SIGKILL');
  });
});

describe('complain mode', () => {
  it('the access succeeds and an ALLOWED record is the witness; a spec that expects enforcement is refused', async () => {
    const text = file(
      'profile',
      'abi <abi/3.0>,\nprofile lenient flags=(complain,attach_disconnected) {\n  file,\n  network,\n  capability,\n  signal,\n}\n'.replace(
        'file,',
        '/** rix,\n  / r,',
      ),
    );
    const probes = [
      { name: 'complains', open: '/etc/passwd', for: 'write', expect: 'complains' },
      { name: 'no complaint', open: '/etc/passwd', expect: 'complains' },
    ];
    const { ledger } = await harness([spec({ file: text, mode: 'complain' }, probes)]);
    expect(entry(ledger, 'complains').verdict.code, story(ledger)).to.equal('complained');
    expect(entry(ledger, 'no complaint').verdict.code).to.equal('no-complaint');
    const strict = await harness([spec({ file: text }, probes)]);
    expect([strict.exit, strict.ledger.suites[0]!.faults.map(({ code }) => code)]).to.deep.equal([4, ['not-loaded']]);
  });
});
