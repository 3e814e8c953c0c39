/** A record has to be of that access: what another process, class or step was denied proves nothing. */
import { expect } from 'chai';
import type { Ledger } from '#core/model/model.ts';
import { entry, file, harness, profileOf, spec, story } from './kit.ts';

/** Without the capabilities that mounts, raw sockets and device nodes need, and with all rules for them. */
const STEPS = profileOf('steps', [
  ...['file,', 'network,', 'mount,', 'umount,', 'pivot_root,', 'signal,', 'ptrace,'],
  ...['capability dac_override,', 'capability dac_read_search,', 'capability fowner,'],
  'deny /usr/bin/free r,',
  'deny /opt/x w,',
  'deny network (bind) inet stream,',
]);

/** Operations that fail for something else than the access itself, and the word for that. */
const BEFORE: readonly (readonly [line: string, by: string, denial: RegExp])[] = [
  ['mmap /usr/bin/free', 'open', /open \/usr\/bin\/free \(r\)/],
  ['mprotect /usr/bin/free', 'open', /open \/usr\/bin\/free \(r\)/],
  ['lock flock read /usr/bin/free', 'open', /open \/usr\/bin\/free \(r\)/],
  ['receive-fd /usr/bin/free', 'open', /open \/usr\/bin\/free \(r\)/],
  ['exec-copy /usr/bin/true /opt/x', 'copy', /mknod \/opt\/x \(c\)/],
  ['listen inet stream', 'bind', /bind inet stream/],
  ['connect inet stream', 'bind', /bind inet stream/],
  ['mount tmpfs none /mnt', 'capability', /capability sys_admin/],
  ['socket inet raw icmp', 'capability', /capability net_raw/],
  ['mknod char /tmp/n', 'capability', /capability mknod/],
];

const only = { container: { 'only-apparmor': true }, control: true };

function codesOf(ledger: Ledger): string[] {
  return ledger.suites.flatMap(({ entries }) => entries.map(({ verdict }) => `${verdict.kind} ${verdict.code}`));
}

describe('a denial of something else than the access', () => {
  let plain: Ledger;
  let declared: Ledger;

  before(async () => {
    const probes = BEFORE.map(([line]) => ({ name: line, try: line, expect: 'denied' }));
    const byWord = BEFORE.map(([line, by]) => ({ name: line, try: line, expect: { access: 'denied', by } }));
    // the kernel logs a denied capability once for each profile: those that come second have no record
    const silent = ['umount /dev/shm', 'pivot_root /mnt /mnt'].map((line) => ({
      name: line,
      try: line,
      expect: 'denied',
    }));
    ({ ledger: plain } = await harness([spec(STEPS, [...probes, ...silent], only)]));
    ({ ledger: declared } = await harness([spec(STEPS, byWord, only)]));
  });

  for (const [line, by, denial] of BEFORE) {
    it(`is vacuous, and passes where it is declared: ${line}`, () => {
      const { verdict } = entry(plain, line);
      expect(`${verdict.kind} ${verdict.code}`, story(plain)).to.equal('vacuous other-denial');
      expect(verdict.reason).to.match(denial);
      expect(verdict.hint).to.contain(`by: ${by}`);
      const passed = entry(declared, line).verdict;
      expect(`${passed.kind} ${passed.code}`, story(declared)).to.equal('pass denied');
      expect(passed.reason).to.match(denial);
    });
  }

  it('is none of umount and pivot_root, which were never asked for', () => {
    for (const line of ['umount /dev/shm', 'pivot_root /mnt /mnt']) {
      const { code } = entry(plain, line).verdict;
      expect(['not-asked', 'other-denial'], story(plain)).to.include(code);
    }
  });
});

/** Children that live for a moment, take the names of the agent's threads, and are refused what the profile denies. */
const FORGER = `
  $SIG{CHLD} = 'IGNORE';
  for (;;) {
    for my $file (glob '/proc/[0-9]*/comm') {
      open my $in, '<', $file or next;
      my $name = <$in> // '';
      chomp $name;
      next unless $name =~ /^[a-z2-7]{15}$/;
      for (1 .. 2) {
        my $child = fork;
        next if !defined $child || $child;
        $0 = $name;
        open my $kcore, '<', '/proc/kcore';
        open my $shadow, '<', '/etc/shadow';
        exit;
      }
    }
  }
`;

describe('children of the service that take the names of probes', () => {
  it('are no witnesses of what the profile does not deny', async () => {
    const profile = profileOf('forged', [
      ...['file,', 'network,', 'capability,', 'mount,', 'signal,', 'ptrace,'],
      'deny /proc/kcore r,',
      'deny /etc/shadow r,',
    ]);
    const pause = (i: number): object => ({ name: `pause ${i}`, run: 'sleep 0.3', expect: 'allowed' });
    const { ledger } = await harness([
      spec(
        profile,
        [
          { name: 'mode', open: '/etc/gshadow', user: 'nobody', expect: 'denied' },
          pause(1),
          { name: 'missing', open: '/no/such/file', expect: 'denied' },
          pause(2),
          { name: 'mount', try: 'mount tmpfs none /mnt', expect: 'denied' },
          pause(3),
          { name: 'capability', try: 'capable sys_time', expect: 'denied' },
          pause(4),
          { name: 'kcore', open: '/proc/kcore', expect: 'denied' },
        ],
        {
          control: true,
          container: { hold: false, entrypoint: ['perl', '-e', FORGER], 'security-opt': ['systempaths=unconfined'] },
        },
      ),
    ]);
    const codes = Object.fromEntries(ledger.suites[0]!.entries.map(({ probe, verdict }) => [probe.name, verdict.kind]));
    for (const name of ['mode', 'missing', 'mount', 'capability'])
      expect(codes[name], story(ledger)).to.equal('vacuous');
    expect(codes['kcore'], story(ledger)).to.equal('pass');

    const ids = new Set(ledger.suites[0]!.entries.map(({ probe }) => probe.id));
    const forged = ledger.suites[0]!.otherRecords.filter(({ fields }) => ids.has(fields['comm'] ?? ''));
    expect(forged, 'forged records were written').to.not.have.length(0);
    for (const { probe, witnesses } of ledger.suites[0]!.entries)
      for (const { record } of witnesses)
        if (probe.name !== 'kcore' && !probe.name.startsWith('pause'))
          expect.fail(`a forged record is a witness of ${probe.name}: ${record.raw}`);
  });
});

describe("the kernel's own answer", () => {
  // prettier-ignore
  const ALLOWED = [
    'open read /etc', 'readdir /etc', 'open read /etc/mtab', 'open append /srv/log', 'open write /srv/log',
    'open read,write /srv/log', 'open create /var/tmp/new', 'open create,truncate /srv/log', 'truncate /srv/log',
    'mkdir /var/tmp/new', 'exec /bin/sh', 'exec /usr/bin/free', 'mmap /usr/bin/free', 'lock flock read /usr/bin/free',
    'open read /proc/self/comm', 'open read /proc/1/comm', 'delete /srv/log', 'delete /srv/folder',
    'open read /dev/null',
  ];
  // prettier-ignore
  const DENIED = [
    'open create /srv/new', 'open write /srv/lib', 'open append /srv/lib', 'mkdir /srv/new', 'readdir /media',
    'open read /media', 'exec /usr/bin/top', 'mmap /srv/lib', 'lock flock read /srv/lib', 'truncate /srv/lib',
    'delete /srv/lib', 'unlink /srv/lib',
  ];
  const RULES = [
    ...['file,', 'network,', 'capability,', 'signal,', 'ptrace,'],
    ...['deny /srv/{new,new/} w,', 'deny /srv/lib wmk,', 'deny /media/ r,', 'deny /usr/bin/top x,'],
  ];
  const make = 'cd /srv && mkdir folder && touch log && chmod 666 log';

  it('never contradicts what an enforced profile does: folders, links, masks, removals', async () => {
    const probes = [
      { name: 'make', shell: make, control: true, expect: 'allowed' },
      ...ALLOWED.map((line) => ({ name: line, try: line, expect: 'allowed' })),
      { name: 'nobody', try: 'open read /srv/log', user: 'nobody', expect: 'allowed' },
      ...DENIED.map((line) => ({ name: line, try: line, control: false, expect: 'denied' })),
    ];
    const container = {
      'only-apparmor': true,
      mounts: [{ source: '/usr/bin/true', target: '/srv/lib', 'read-only': false }],
    };
    const { ledger } = await harness([spec(profileOf('asked', RULES), probes, { container })]);
    expect(new Set(codesOf(ledger)), story(ledger)).to.deep.equal(new Set(['pass allowed', 'pass denied']));
    const asked = ledger.suites[0]!.entries.filter(({ ruling }) => ruling !== undefined);
    expect(asked.length, story(ledger)).to.be.above(20);
    for (const { ruling, verdict } of asked) expect(ruling!.allowed, ruling!.path).to.equal(verdict.code === 'allowed');
  });

  it('never contradicts complain mode, where what the policy does not allow succeeds', async () => {
    const rules = ['/** r,', '/usr/bin/** ix,', 'capability,', 'signal,'];
    const { ledger } = await harness([
      spec(
        { file: file('lenient', profileOf('lenient', rules, 'attach_disconnected,complain')), mode: 'complain' },
        [
          { open: '/etc/passwd', expect: 'allowed' },
          { open: '/etc/passwd', for: 'write', expect: 'complains' },
          { open: '/etc/group', for: 'write', expect: 'allowed' },
        ],
        { container: { 'only-apparmor': true } },
      ),
    ]);
    expect(codesOf(ledger), story(ledger)).to.deep.equal(['pass allowed', 'pass complained', 'pass allowed']);
  });
});
