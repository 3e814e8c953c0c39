/** Modes, stacks, and rules that audit: each has its expectation and its verdict. */
import { expect } from 'chai';
import { entry, file, harness, profileText, spec, story } from './kit.ts';

const WRITE = { open: '/etc/passwd', for: 'write' };

describe('modes', () => {
  it('unconfined: nothing is denied, whatever the rules say, and a spec that expects enforcement is refused', async () => {
    const text = file('profile', profileText('idle', '  deny /etc/passwd w,', 'unconfined,attach_disconnected'));
    const probes = [
      { name: 'allowed', ...WRITE, expect: 'allowed' },
      { name: 'denied', ...WRITE, expect: 'denied' },
      { name: 'command', run: 'true', expect: 'allowed' },
    ];
    const { ledger } = await harness([spec({ file: text, mode: 'unconfined' }, probes)]);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(['allowed', 'let-through', 'allowed']);
    expect(entry(ledger, 'command').observation?.process?.label).to.match(/^idle\.\w+ \(unconfined\)$/);
    const strict = await harness([spec({ file: text }, probes)]);
    expect([strict.exit, strict.ledger.suites[0]!.faults.map(({ code }) => code)]).to.deep.equal([4, ['not-loaded']]);
  });

  it('prompt: the kernel lists it as such, and without anybody to ask it denies, with a record', async () => {
    const text = file(
      'profile',
      'abi <abi/3.0>,\nprofile asking flags=(prompt,attach_disconnected) {\n  network,\n  capability,\n  signal,\n  /** rix,\n  / r,\n}\n',
    );
    const { ledger, exit } = await harness([
      spec(
        { file: text, mode: 'prompt' },
        [
          { name: 'denied', ...WRITE, expect: 'denied' },
          { name: 'allowed', open: '/etc/passwd', expect: 'allowed' },
        ],
        { control: true },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.confinement?.mode).to.equal('prompt');
  });

  it('kill, with a signal of its own: the process ends by what the kernel sends', async () => {
    const text = file(
      'profile',
      profileText('killing', '  deny /etc/passwd w,', 'kill,kill.signal=hup,attach_disconnected'),
    );
    const { ledger, exit } = await harness([
      spec({ file: text, mode: 'kill' }, [
        { name: 'killed', ...WRITE, expect: { access: 'denied', audit: { apparmor: 'KILLED' } } },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(entry(ledger, 'killed').observation?.signal).to.be.oneOf(['SIGHUP', 'SIGKILL']); // a kernel before 6.17 does not read it
  });

  it("error=: the errno is the profile's where the kernel reads it", async () => {
    const text = file('profile', profileText('otherwise', '  deny /etc/passwd w,', 'error=EPERM,attach_disconnected'));
    const { ledger, exit } = await harness([
      spec({ file: text }, [
        { name: 'denied', ...WRITE, expect: { access: 'denied', audit: { operation: 'open' } } },
        { name: 'expected', ...WRITE, expect: { access: 'denied', errno: 'EPERM' } },
      ]),
    ]);
    const errno = entry(ledger, 'denied').observation?.errno;
    expect(errno, story(ledger)).to.be.oneOf(['EPERM', 'EACCES']);
    expect(entry(ledger, 'expected').verdict.code).to.equal(errno === 'EPERM' ? 'denied' : 'condition');
    expect(exit).to.equal(errno === 'EPERM' ? 0 : 1);
  });

  it("a stack: what either profile denies is denied, and the record is that one's", async () => {
    const text =
      profileText('pile', '  deny /etc/passwd w,') +
      profileText('pile-two', '  deny /etc/group w,').replace(/^abi.*\n/, '');
    const { ledger, exit } = await harness([
      spec(
        { file: file('pile', text), name: 'pile//&pile-two' },
        [
          { name: 'one', ...WRITE, expect: { access: 'denied', audit: { profile: { matches: '^pile\\.' } } } },
          {
            name: 'two',
            open: '/etc/group',
            for: 'write',
            expect: { access: 'denied', audit: { profile: { matches: '^pile-two\\.' } } },
          },
          { name: 'neither', open: '/etc/issue', for: 'write', expect: 'allowed' },
          { name: 'command', run: 'true', expect: 'allowed' },
          {
            name: 'inherited',
            exec: '/usr/bin/top',
            expect: { access: 'allowed', label: 'pile-two//&pile', mode: 'enforce' },
          },
        ],
        { control: true },
      ),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    expect(ledger.suites[0]!.confinement?.profile).to.equal('pile//&pile-two');
    expect(entry(ledger, 'command').observation?.process?.label).to.match(/^pile[\w.-]+\/\/&pile[\w.-]+ \(enforce\)$/);
  });

  it('a stack in two modes is mixed: only the enforcing part denies', async () => {
    const text =
      profileText('pile', '  deny /etc/passwd w,') +
      'profile pile-soft flags=(complain,attach_disconnected) {\n  /** rix,\n  / r,\n  network,\n  capability,\n  signal,\n}\n';
    const { ledger, exit } = await harness([
      spec({ file: file('pile', text), name: 'pile//&pile-soft', mode: 'mixed' }, [
        { name: 'enforced', ...WRITE, expect: 'denied' },
        { name: 'complains', open: '/etc/group', for: 'write', expect: 'complains' },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
  });
});

describe('rules that audit', () => {
  it('an allowed access with an AUDIT record, expected as such; and one without is told apart', async () => {
    const { ledger } = await harness([
      spec(profileText('heard', '  audit /etc/group w,\n  audit capability chown,'), [
        {
          name: 'heard',
          open: '/etc/group',
          for: 'write',
          expect: { access: 'allowed', audit: { apparmor: 'AUDIT', operation: 'open', requested_mask: 'w' } },
        },
        {
          name: 'capability',
          try: 'capable chown',
          expect: { access: 'allowed', audit: { apparmor: 'AUDIT', capname: 'chown' } },
        },
        { name: 'unheard', ...WRITE, expect: { access: 'allowed', audit: { apparmor: 'AUDIT' } } },
        { name: 'not to be heard', open: '/etc/group', for: 'write', expect: { access: 'allowed', audit: 'none' } },
      ]),
    ]);
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(['allowed', 'allowed', 'condition', 'condition']);
  });

  it('`audit deny` speaks by itself, `deny` only with the audit switch', async () => {
    const { ledger } = await harness(
      [
        spec(profileText('loud', '  audit deny /etc/passwd w,\n  deny /etc/group w,'), [
          { name: 'audit deny', ...WRITE, expect: 'denied' },
          { name: 'deny', open: '/etc/group', for: 'write', expect: 'denied' },
        ]),
      ],
      { keepAuditSwitch: true },
    );
    expect(
      ledger.suites[0]!.entries.map(({ verdict }) => verdict.code),
      story(ledger),
    ).to.deep.equal(['denied', 'silent-denial']);
  });
});
