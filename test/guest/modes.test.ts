/** Modes, stacks, and rules that audit: each has its expectation and its verdict. */
import { expect } from 'chai';
import { blockOf, entry, file, harness, profileOf, profileText, spec, story } from './kit.ts';

const WRITE = { open: '/etc/passwd', for: 'write' };

describe('a profile', () => {
  it('denies nothing in unconfined mode, and refuses a spec that expects enforcement', async () => {
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
    expect([strict.exit, strict.ledger.suites[0]!.faults.map(({ code }) => code)]).to.deep.equal([1, ['wrong-mode']]);
  });

  it('denies with a record in prompt mode, where nobody is there to be asked', async () => {
    const text = file(
      'profile',
      profileOf('asking', ['network,', 'capability,', 'signal,', '/** rix,', '/ r,'], 'prompt,attach_disconnected'),
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

  it('ends the process in kill mode with the signal that the kernel sends', async () => {
    const text = file(
      'profile',
      profileText(
        'killing',
        '  audit deny /etc/group w,\n  deny /etc/passwd w,',
        'kill,kill.signal=hup,attach_disconnected',
      ),
    );
    const { ledger, exit } = await harness([
      spec({ file: text, mode: 'kill' }, [
        {
          name: 'killed',
          open: '/etc/group',
          for: 'write',
          expect: { access: 'denied', audit: { apparmor: 'KILLED' } },
        },
        { name: 'quiet', ...WRITE, expect: { access: 'denied', errno: 'EACCES' } },
      ]),
    ]);
    expect(exit, story(ledger)).to.equal(0);
    // what is not logged is not killed for, whatever a run does to see its record
    expect(entry(ledger, 'quiet').verdict.code).to.equal('denied-quietly');
    // a kernel before 6.17 does not read kill.signal
    expect(entry(ledger, 'killed').observation?.signal).to.be.oneOf(['SIGHUP', 'SIGKILL']);
  });

  it('answers with the errno of error= where the kernel reads it', async () => {
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

  it("denies in a stack what either of them denies, and the record is that one's", async () => {
    const text =
      profileText('pile', '  deny /etc/passwd w,') +
      profileText('pile-two', '  deny /etc/group w,').replace(/^abi.*\n/, '');
    const { ledger, exit } = await harness([
      spec(
        { file: file('pile', text), name: 'pile//&pile-two' },
        [
          { name: 'one', ...WRITE, expect: { access: 'denied', audit: { profile: 'pile' } } },
          {
            name: 'two',
            open: '/etc/group',
            for: 'write',
            expect: { access: 'denied', audit: { profile: 'pile-two' } },
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

  it('denies in a stack of two modes only what the enforcing one denies', async () => {
    const text =
      profileText('pile', '  deny /etc/passwd w,') +
      blockOf('pile-soft', ['/** rix,', '/ r,', 'network,', 'capability,', 'signal,'], 'complain,attach_disconnected');
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
  it('give an allowed access an AUDIT record, which the spec can ask for', async () => {
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

  it('write a record by themselves where they deny; a plain `deny` only with the audit parameter', async () => {
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
