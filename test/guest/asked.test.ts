/** What was not asked is no denial: names that are not there, steps that fail before, and what a kernel says first. */
import { expect } from 'chai';
import type { Entry, Ledger } from '#core/model/model.ts';
import { loadedProfiles } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { blockOf, entry, file, harness, hostState, profileOf, profileText, spec, story } from './kit.ts';

const NOT_ASKED = 'inconclusive not-asked';
const OPEN = { 'only-apparmor': true };

function verdicts(ledger: Ledger, suite = 0): Record<string, string> {
  const { entries, faults } = ledger.suites[suite]!;
  expect(faults, story(ledger)).to.deep.equal([]);
  return Object.fromEntries(entries.map(({ probe, verdict }) => [probe.name, `${verdict.kind} ${verdict.code}`]));
}

/** Every try of the list expects this, and is named by its own line. */
function tries(lines: readonly string[], expectation: string | object): object[] {
  return lines.map((line) => ({ name: line, try: line, expect: expectation }));
}

function allOf(lines: readonly string[], verdict: string): Record<string, string> {
  return Object.fromEntries(lines.map((line) => [line, verdict]));
}

function reasons(ledger: Ledger): string {
  return ledger.suites
    .flatMap(({ entries }) => entries)
    .map(({ probe, verdict, observation, witnesses }: Entry) =>
      [
        `${probe.name}: ${verdict.kind} ${verdict.code}: ${verdict.reason}`,
        JSON.stringify([observation?.errno, observation?.stoppedAt, observation?.remark]),
        ...witnesses.map(({ record }) => record.raw),
      ].join('\n    '),
    )
    .join('\n');
}

describe('a change of profile', () => {
  it('to a label that is not loaded proves nothing, with a control or without', async () => {
    const text =
      profileText('asking', 'change_profile,\n hat corner {\n file,\n }') + blockOf('asking-strict', ['file,']);
    const missing = [
      ...['change_profile asking-strcit', 'stack asking-strcit', 'change_onexec asking-strcit'],
      ...['exec-as asking-strcit /usr/bin/free', 'change_profile asking//coner', 'change_hat nowhere'],
    ];
    const { ledger, exit } = await harness([
      spec({ file: file('asking', text), name: 'asking' }, tries(missing, 'denied'), { control: true }),
      spec({ file: file('asking', text), name: 'asking' }, [
        ...tries(missing, 'denied'),
        { name: 'is there', try: 'change_profile asking-strict', expect: 'allowed' },
      ]),
    ]);
    expect(verdicts(ledger, 0)).to.deep.equal(allOf(missing, NOT_ASKED));
    expect(verdicts(ledger, 1)).to.deep.equal({ ...allOf(missing, NOT_ASKED), 'is there': 'pass allowed' });
    expect(entry(ledger, missing[0]!).verdict.reason).to.match(/did you mean asking-strict\?$/);
    expect(exit).to.equal(3);
  });

  it('is asked as libapparmor asks: the rule for it is enough', async () => {
    const rules = [
      ...['/usr/bin/** mr,', '/usr/bin/free px -> worker-strict,', 'signal (receive),'],
      ...['change_profile -> worker-strict,', 'change_profile -> &worker-strict,'],
      'hat reduced {\n  /etc/hostname r,\n  }',
    ];
    const text =
      profileOf('worker', rules) +
      blockOf('worker-strict', ['/usr/{bin,lib}/** mr,']) +
      blockOf('worker-other', ['file,']);
    const allowed = (label: string): object => ({ access: 'allowed', label });
    const { ledger } = await harness([
      spec({ file: file('worker', text), name: 'worker' }, [
        { name: 'change_profile', try: 'change_profile worker-strict', expect: allowed('worker-strict') },
        { name: 'without a label', try: 'change_profile worker-strict', expect: 'allowed' },
        { name: 'change_onexec', try: 'change_onexec worker-strict', expect: 'allowed' },
        { name: 'exec-as', try: 'exec-as worker-strict /usr/bin/free', expect: allowed('worker-strict') },
        { name: 'stack', try: 'stack worker-strict', expect: 'allowed' },
        { name: 'change_hat', try: 'change_hat reduced', expect: allowed('worker//reduced') },
        {
          name: 'to another',
          try: 'change_profile worker-other',
          expect: { access: 'denied', audit: { operation: 'change_profile' } },
        },
        {
          name: 'onexec to another',
          try: 'change_onexec worker-other',
          expect: { access: 'denied', audit: { operation: 'change_onexec' } },
        },
      ]),
    ]);
    for (const [name, verdict] of Object.entries(verdicts(ledger)))
      expect(verdict, `${name}\n${reasons(ledger)}`).to.match(/^pass /);
  });

  it('is asked by the system call as well, where the file for it is barred', async () => {
    const text =
      profileText('barred', 'change_profile -> barred-next,\n deny /proc/** w,') +
      blockOf('barred-next', ['file,']) +
      blockOf('barred-other', ['file,']);
    const lines = ['change_profile barred-next', 'change_onexec barred-next', 'change_profile barred-other'];
    const barred = { file: file('barred', text), name: 'barred' };
    const { ledger } = await harness([
      spec(barred, tries(lines, 'denied'), { container: OPEN }),
      spec(barred, tries(lines.slice(0, 1), 'denied')),
    ]);
    const [first, ...filtered] = ledger.suites.map(({ entries }) => entries);
    // before Linux 6.8 there is no such call
    const hasCall = first!.some(
      ({ observation }) => observation?.remark?.includes('asked by lsm_set_self_attr') === true,
    );
    if (hasCall)
      expect(verdicts(ledger), reasons(ledger)).to.deep.equal({
        [lines[0]!]: 'fail let-through',
        [lines[1]!]: 'fail let-through',
        [lines[2]!]: 'pass denied',
      });
    const remarks = filtered.flat().map(({ observation }) => [observation?.stoppedAt, observation?.remark]);
    expect(remarks).to.deep.equal([['open', 'lsm_set_self_attr(2) cannot be had here; at open']]);
  });

  it('is not denied by a rule where no_new_privs keeps AppArmor from it', async () => {
    const text =
      profileOf('nnp', [
        '/** rwmlk,',
        '/{,**/} r,',
        'signal,',
        '/usr/bin/free px -> nnp-next,',
        '/usr/bin/top ix,',
        'change_profile -> nnp-next,',
      ]) +
      blockOf('nnp-next', ['/usr/bin/** mr,']) +
      blockOf('nnp-other', ['/usr/bin/** mr,']);
    const { ledger } = await harness([
      spec(
        { file: file('nnp', text), name: 'nnp' },
        [
          ...tries(['exec /usr/bin/free', 'exec /usr/bin/slabtop'], 'denied'),
          { name: 'run', run: '/usr/bin/free', expect: 'denied' },
          { name: 'meant', try: 'exec /usr/bin/free no_new_privs', expect: 'denied' },
          { name: 'change', try: 'change_profile nnp-next', expect: 'denied' },
          { name: 'silent', try: 'change_profile nnp-next', expect: { access: 'denied', audit: 'none' } },
          { name: 'rule', try: 'change_profile nnp-other', expect: 'denied' },
        ],
        { control: true, container: { 'security-opt': ['no-new-privileges'] } },
      ),
    ]);
    expect(verdicts(ledger), reasons(ledger)).to.deep.equal({
      'exec /usr/bin/free': NOT_ASKED,
      'exec /usr/bin/slabtop': 'pass denied',
      run: NOT_ASKED,
      meant: 'pass denied',
      change: NOT_ASKED,
      silent: NOT_ASKED,
      rule: 'pass denied',
    });
  });
});

describe('a capability', () => {
  it('that was not asked for is not denied', async () => {
    const text = profileOf('unasked', [
      'file,',
      'capability,',
      'signal,',
      'deny network,',
      'deny /sys/** w,',
      'deny /tmp/** w,',
    ]);
    const lines = [
      ...['net_bind_service', 'net_admin', 'net_raw', 'net_broadcast', 'audit_write', 'audit_read', 'audit_control'],
      ...['mac_admin', 'mknod /tmp/node', 'mac_admin /nowhere'],
    ].map((name) => `capable ${name}`);
    const { ledger } = await harness([spec(text, tries(lines, 'denied'), { container: OPEN })]);
    expect(verdicts(ledger), reasons(ledger)).to.deep.equal(allOf(lines, NOT_ASKED));
  });
});

describe('mounts', () => {
  it('that the kernel answers before AppArmor are not asked', async () => {
    const all = profileOf('mounting', ['file,', 'capability,', 'mount,', 'umount,', 'pivot_root,', 'signal,']);
    const none = profileOf('powerless', ['file,', 'mount,', 'umount,', 'signal,', 'capability chown,']);
    const early = [
      'umount /etc',
      'umount /nowhere',
      'pivot_root /etc/passwd /mnt',
      'mount ext9 none /mnt',
      'mount none /nowhere /mnt bind',
    ];
    const without = ['umount /dev/shm', 'pivot_root /mnt /mnt', 'fsmount tmpfs /mnt', 'open_tree /mnt /mnt'];
    const again = without.map((line, i) => ({ name: `again ${i}`, try: line, expect: 'denied' }));
    const { ledger } = await harness([
      spec(all, tries(early, 'denied'), { container: OPEN }),
      spec(
        none,
        [...tries(without, 'denied'), ...again, ...again.map((probe, i) => ({ ...probe, name: `more ${i}` }))],
        { container: OPEN, control: true },
      ),
    ]);
    expect(verdicts(ledger, 0), reasons(ledger)).to.deep.equal(allOf(early, NOT_ASKED));
    for (const { probe, observation, verdict } of ledger.suites[1]!.entries) {
      expect([observation?.errno, observation?.stoppedAt], probe.name).to.deep.equal(['EPERM', 'capability sys_admin']);
      expect(verdict.code, probe.name).not.to.equal('silent-denial');
    }
  });
});

describe("a peer's label", () => {
  it('may have any signs', async () => {
    const labels = ['/usr/sbin/asked-runc', 'asked a b', 'asked-ünï', 'asked-par//child', 'asked"q'];
    const before = await hostState();
    const text = profileOf('met', [
      ...['file,', 'capability,', 'network,', 'signal (receive) peer=unconfined,'],
      ...['signal (receive) set=(term) peer=/usr/sbin/asked-runc,', 'signal (receive) set=(term) peer="asked a b",'],
      ...[
        'signal (receive) set=(term) peer=asked-ünï,',
        'signal (receive) set=(term) peer=asked-par//child,',
        'signal (receive) set=(term) peer="asked\\"q",',
      ],
    ]);
    const { ledger } = await harness([
      spec(
        text,
        labels.flatMap((label, i) => [
          { name: label, from: `p${i}`, try: 'signal term container', expect: 'allowed' },
          {
            name: `${label} denied`,
            from: `p${i}`,
            try: 'signal urg container',
            expect: { access: 'denied', audit: { operation: 'signal', peer: label } },
          },
        ]),
        { peers: Object.fromEntries(labels.map((profile, i) => [`p${i}`, { profile }])) },
      ),
    ]);
    expect([...loadedProfiles().keys()].filter((name) => name.includes('asked'))).to.deep.equal([]);
    expect(await hostState()).to.deep.equal(before);
    for (const [name, verdict] of Object.entries(verdicts(ledger)))
      expect(verdict, `${name}\n${reasons(ledger)}`).to.match(/^pass /);
  });
});

describe('a profile in another mode than the spec expects', () => {
  for (const flags of ['complain', 'unconfined', 'kill', 'prompt', 'default_allow'])
    it(`fails: ${flags}`, async () => {
      const { ledger, exit } = await harness([
        spec(profileText('soft', '', `attach_disconnected, ${flags}`), tries(['open read /etc/hostname'], 'allowed')),
      ]);
      expect(exit).to.equal(1);
      expect(ledger.suites[0]!.faults.map(({ code }) => code)).to.deep.equal(['wrong-mode']);
    });
});
