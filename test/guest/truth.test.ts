/** What makes a verdict true: exec rules tried from inside, two witnesses, a control, exact attribution. */
import { expect } from 'chai';
import { join } from 'node:path';
import { IMAGE, ROOT, blockOf, docker, entry, file, harness, profileOf, profileText, spec, story } from './kit.ts';
import { compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { exec } from '#adapters/host/exec.ts';

const NO_DASH = '  deny /{,usr/}bin/dash mrwklx,';

describe('the exec hole', () => {
  it("lets docker exec start a program that the profile denies, but not the harness's probe of it", async () => {
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

  it('shows with `via: docker-exec`, whose verdict explains it', async () => {
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
  it('make the same probes fail as silent when the audit parameter stays quiet', async () => {
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

  it('call a denial by file mode, read-only mount or missing capability vacuous, never a pass', async () => {
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

  it('take no denial on the way of a failing command for proof, unless the spec names it', async () => {
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

  it('note what the baseline of the control denies as well, and do not use its records', async () => {
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

  it("call three tests of the engine's own suite vacuous, and name the layer that denies", async () => {
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

  it('report a rule as let through that this kernel does not enforce', async () => {
    // Linux 6.12 ignores `deny … m` of some profiles that share a file with another; aa-exec shows the same
    const text = profileText('halves', '  deny /usr/bin/free m,') + blockOf('halves-other', ['file,']);
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

  it('give no command the denials of another container under the same profile', async () => {
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

  it("agree with the kernel's own answer about the policy", async () => {
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

  it('leave nothing but AppArmor with only-apparmor, where a command has a control only on request', async () => {
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

  it('prove nothing for a program that is missing or does not end', async () => {
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
  it('gives each of 200 denials to its own probe', async () => {
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

  it('gives denials of the service under the same profile to no probe', async () => {
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

  it("ignores the host's own profile of the same name, and its denials", async () => {
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
  it('kills who is denied, with a KILLED record, and the next probe is tried all the same', async () => {
    const { ledger, exit } = await harness([
      spec(
        {
          file: file('profile', profileText('killer', '  audit deny /etc/passwd w,', 'kill,attach_disconnected')),
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
  it('lets an access succeed with an ALLOWED record, and refuses a spec that expects enforcement', async () => {
    const text = file(
      'profile',
      profileOf('lenient', ['/** rix,', '/ r,', 'network,', 'capability,', 'signal,'], 'complain,attach_disconnected'),
    );
    const probes = [
      { name: 'complains', open: '/etc/passwd', for: 'write', expect: 'complains' },
      { name: 'no complaint', open: '/etc/passwd', expect: 'complains' },
    ];
    const { ledger } = await harness([spec({ file: text, mode: 'complain' }, probes)]);
    expect(entry(ledger, 'complains').verdict.code, story(ledger)).to.equal('complained');
    expect(entry(ledger, 'no complaint').verdict.code).to.equal('no-complaint');
    const strict = await harness([spec({ file: text }, probes)]);
    expect([strict.exit, strict.ledger.suites[0]!.faults.map(({ code }) => code)]).to.deep.equal([1, ['wrong-mode']]);
  });
});
