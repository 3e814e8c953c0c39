/** Commands that are to be denied: what made them fail, what was only refused by the way, and what never started. */
import { expect } from 'chai';
import { entry, harness, profileOf, profileText, red, spec, story } from './kit.ts';

const SHELL = ['bash', '-c'];

/** What bash, coreutils and the C library ask for by the way. */
const BY_THE_WAY = [
  'deny /dev/tty rw,',
  'deny /proc/filesystems r,',
  'deny /etc/nsswitch.conf r,',
  'deny network unix,',
];

const RULES = [
  ...BY_THE_WAY,
  'deny /etc/shadow r,',
  'deny /srv/{,**} r,',
  'deny /opt/** wl,',
  'deny /root/** wl,',
  'deny /var/tmp/** w,',
  'deny /etc/ld.so.cache* w,',
  'deny /etc/nginx/nginx.conf r,',
  'deny /usr/bin/top rx,',
  'deny /usr/bin/slabtop x,',
  'deny network raw,',
  'deny capability sys_chroot,',
  'deny capability chown,',
  'deny mount,',
  'deny signal peer=commands,',
  'deny ptrace,',
];

/** Each with what its own line has to say. */
const HONEST: readonly (readonly [command: string | readonly string[], denied: string])[] = [
  ['cat /etc/shadow', 'open /etc/shadow (r)'],
  ['grep -q root /etc/shadow', 'open /etc/shadow (r)'],
  ['sed -n p /etc/shadow', 'open /etc/shadow (r)'],
  ['awk 1 /etc/shadow', 'open /etc/shadow (r)'],
  ['getent shadow root', 'open /etc/shadow (r)'],
  ['xargs -a /etc/shadow echo', 'open /etc/shadow (r)'],
  ['env cat /etc/shadow', 'open /etc/shadow (r)'],
  ['timeout 5 cat /etc/shadow', 'open /etc/shadow (r)'],
  ['touch ~/thing', 'mknod /root/thing (c)'],
  ['mkdir -p /opt/a/b', 'mkdir /opt/a/ (c)'],
  ['ln -s a /opt/l', 'symlink /opt/l (c)'],
  ['cp /etc/passwd /opt/p', 'mknod /opt/p (c)'],
  ['tee /opt/t', 'mknod /opt/t (c)'],
  ['ls -la /srv', 'open /srv/ (r)'],
  ['find /srv', 'open /srv/ (r)'],
  ['tar cf /dev/null /srv', 'open /srv/ (r)'],
  ['ldconfig', 'mknod /etc/ld.so.cache~ (c)'],
  ['nginx -t', 'open /etc/nginx/nginx.conf (r)'],
  ['ping -c 1 -W 1 127.0.0.1', 'create inet raw'],
  ['unshare -m true', 'mount /'],
  ['chroot / true', 'capability sys_chroot'],
  ['readlink /proc/1/exe', 'ptrace (read)'],
  ['cat /proc/1/environ', 'ptrace (read)'],
  [[...SHELL, 'echo x > /root/x'], 'mknod /root/x (c)'],
  [[...SHELL, ': < /etc/shadow'], 'open /etc/shadow (r)'],
  [[...SHELL, 'cat /etc/shadow 2>/dev/null'], 'open /etc/shadow (r)'],
  [[...SHELL, 'cat /etc/shadow | grep root'], 'open /etc/shadow (r)'],
  [[...SHELL, 'cat /etc/shadow 2>/dev/null | grep -q root'], 'open /etc/shadow (r)'],
  [[...SHELL, 'D=/etc; cat $D/shadow 2>/dev/null'], 'open /etc/shadow (r)'],
  [[...SHELL, 'id; cat /etc/shadow'], 'open /etc/shadow (r)'],
  [[...SHELL, 'top -b -n 1; cat /etc/shadow'], 'open /etc/shadow (r)'],
  [[...SHELL, 'ls /srv >/dev/null 2>&1'], 'open /srv/ (r)'],
  [[...SHELL, 'kill -0 1'], 'signal exists (send)'],
  [['perl', '-e', 'open(F, "/etc/shadow") or exit 1'], 'open /etc/shadow (r)'],
  [['perl', '-e', 'open(F, "/etc/shadow") or die $!'], 'open /etc/shadow (r)'],
  [['perl', '-e', 'open(F, "/etc/shadow") or die "Zugriff verweigert"'], 'open /etc/shadow (r)'],
  [['perl', '-e', 'use Socket; socket(S, PF_INET, SOCK_RAW, 1) or exit 3'], 'create inet raw'],
  [['perl', '-e', 'system("cat /etc/shadow") == 0 or exit 5'], 'open /etc/shadow (r)'],
  ['mount -t tmpfs none /mnt', 'mount /mnt/'],
];

/** Ends a command in the control alone, which nothing refuses. */
const ONLY_HERE = 'grep -q unconfined /proc/self/attr/current && exit 0';

/** They fail for want of a file, under the profile alone. All are refused something by the way. */
const FOR_ANOTHER_REASON = [
  'cat /var/tmp/flag',
  'test -e /var/tmp/flag',
  'ls -l /var/tmp/flag',
  'grep -q secret /var/tmp/flag',
  'exec 2>/dev/null; cat /var/tmp/flag',
  'id; cat /var/tmp/flag',
  'echo x > /dev/tty; cat /var/tmp/flag',
  'cat /etc/shadow; cat /var/tmp/flag',
  'no-such-program',
  'cd /var/tmp && cat flag',
].map((script) => [...SHELL, `${ONLY_HERE}; ${script}`]);

/** Conditions that bash meets when it is refused /dev/tty. */
const LOOSE = [
  { operation: 'open' },
  { class: 'file' },
  { denied_mask: { contains: 'w' } },
  { operation: 'open', name: { matches: '^/' } },
];

/** They end as if they had succeeded, and were denied what they name. */
const SWALLOWED = [
  'cat /etc/shadow >/dev/null 2>&1; exit 0',
  'cat /etc/shadow 2>/dev/null | true',
  'cat /etc/shadow || true',
];

const NOT_STARTED: readonly (string | readonly string[])[] = [
  'top -b -n 1',
  'slabtop -o',
  'env top -b -n 1',
  'timeout 5 top -b -n 1',
  [...SHELL, 'top -b -n 1'],
  [...SHELL, 'top -b -n 1 || exit 9'],
  ['perl', '-e', 'exec "top", "-b", "-n", "1" or exit 6'],
];

function nameOf(command: string | readonly string[]): string {
  return typeof command === 'string' ? command : command.join(' ');
}

function denied(command: string | readonly string[], more: object = {}): object {
  return { name: nameOf(command), run: command, expect: 'denied', ...more };
}

describe('a command that is to be denied', () => {
  it('passes by the denial that made it fail, and by no other', async () => {
    const { ledger } = await harness([
      spec(
        profileText('commands', RULES.join('\n  ')),
        [
          ...FOR_ANOTHER_REASON.map((command) => denied(command)),
          ...NOT_STARTED.map((command) => denied(command)),
          { name: 'shell', shell: 'top -b -n 1', expect: 'denied' },
          { name: 'terminal', run: 'cat /etc/shadow', terminal: true, expect: 'denied' },
          { name: 'terminal, not started', run: 'top -b -n 1', terminal: true, expect: 'denied' },
          denied([...SHELL, 'cat /etc/no-such-secret'], {
            name: 'loose',
            expect: { access: 'denied', audit: { apparmor: 'DENIED' } },
          }),
          denied([...SHELL, 'cat /etc/shadow'], {
            name: 'loose, but it fits',
            expect: { access: 'denied', audit: { apparmor: 'DENIED' } },
          }),
          denied([...SHELL, `${ONLY_HERE}; test -e /var/tmp/flag`], {
            name: 'declared',
            expect: { access: 'denied', audit: { name: '/dev/tty' } },
          }),
          ...LOOSE.map((audit) =>
            denied([...SHELL, 'cat /etc/no-such-secret'], {
              name: `loose: ${JSON.stringify(audit)}`,
              expect: { access: 'denied', audit },
            }),
          ),
          ...SWALLOWED.map((script) => denied([...SHELL, script], { name: `swallowed: ${script}`, expect: 'allowed' })),
          ...HONEST.map(([command]) => denied(command)), // the last one leaves a mount in the control
        ],
        {
          control: true,
          container: {
            'cap-add': ['SYS_ADMIN', 'SYS_PTRACE'],
            'security-opt': ['seccomp=unconfined'],
            sysctls: { 'net.ipv4.ping_group_range': '1 0' },
          },
        },
      ),
    ]);

    for (const [command, what] of HONEST) {
      const { code, reason } = entry(ledger, nameOf(command)).verdict;
      expect(code, `${nameOf(command)} ${story(ledger)}`).to.equal('denied');
      expect(reason, story(ledger)).to.satisfy((text: string) => text.startsWith(`Denied: ${what}`));
    }
    for (const command of FOR_ANOTHER_REASON)
      expect(entry(ledger, nameOf(command)).verdict.kind, `${nameOf(command)} ${story(ledger)}`).to.equal(
        'inconclusive',
      );
    for (const name of [...NOT_STARTED.map(nameOf), 'shell', 'terminal, not started']) {
      const { code, reason } = entry(ledger, name).verdict;
      expect(code, `${name} ${story(ledger)}`).to.equal('not-started');
      expect(reason).to.match(/^Could not be started: AppArmor denied exec of \/usr\/bin\/(top|slabtop) \(x\)\. What/);
    }
    expect(entry(ledger, 'terminal').verdict.reason).to.equal('Denied: open /etc/shadow (r).');
    expect(entry(ledger, 'loose').verdict.kind).to.equal('vacuous');
    for (const audit of LOOSE)
      expect(entry(ledger, `loose: ${JSON.stringify(audit)}`).verdict.kind, story(ledger)).to.equal('vacuous');
    for (const script of SWALLOWED) {
      const { code, reason } = entry(ledger, `swallowed: ${script}`).verdict;
      expect(code, `${script} ${story(ledger)}`).to.equal('denied-on-the-way');
      expect(reason).to.match(/: open \/etc\/shadow \(r\)\.$/);
    }
    expect(entry(ledger, 'loose, but it fits').verdict.notes.join()).to.match(
      /\{operation: open, name: \/etc\/shadow\}/,
    );
    expect(entry(ledger, 'declared').verdict.kind).to.equal('pass');
  });

  it('passes as not started where its libraries or its script are refused, and names what decided', async () => {
    // no m for libraries, no r for scripts
    const text = profileOf('loader', [
      '/usr/bin/** rix,',
      'deny /usr/bin/ldd r,',
      '/usr/lib/** r,',
      '/etc/** r,',
      '/dev/** rw,',
    ]);
    const scripts = profileText('scripts', ['deny /usr/bin/ldd r,', 'deny /dev/tty rw,'].join('\n  '));
    const { ledger } = await harness([
      spec(
        text,
        [
          { name: 'run', run: 'cat /etc/shadow', expect: 'denied' },
          { name: 'shell', shell: 'cat /etc/shadow', expect: 'denied' },
          { name: 'open', open: '/etc/shadow', expect: 'allowed' },
        ],
        { control: true },
      ),
      spec(
        scripts,
        [
          { name: 'script', run: 'ldd --version', expect: 'denied' },
          { name: 'script allowed', run: 'ldd --version', expect: 'allowed' },
        ],
        { control: true },
      ),
    ]);
    for (const name of ['run', 'shell', 'script'])
      expect(entry(ledger, name).verdict.code, story(ledger)).to.equal('not-started');
    expect(entry(ledger, 'run').verdict.reason).to.match(/denied file_mmap of \/usr\/lib\/\S+\.so\S* \(/);
    expect(entry(ledger, 'script').verdict.reason).to.match(/denied open of \/usr\/bin\/ldd \(r\)/);
    expect(entry(ledger, 'open').verdict.kind).to.equal('pass');
    expect(entry(ledger, 'script allowed').verdict.hint).to.include('/usr/bin/ldd r,');
  });

  it('is not laid to what a service is refused all the time', async () => {
    const service = 'while :; do cat /etc/shadow; cat /etc/secret; sleep 0.02; done 2>/dev/null'; // a process each time
    const rules = ['deny /etc/shadow r,', 'deny /etc/secret r,'].join('\n  ');
    const { ledger } = await harness([
      spec(
        profileText('noisy', rules),
        [
          { name: 'make', run: [...SHELL, 'umask 077; echo secret > /tmp/secret'], expect: 'allowed' },
          { name: 'mode', shell: `${ONLY_HERE}; cat /tmp/secret`, user: 'www-data', expect: 'denied' },
          {
            name: 'other status',
            shell: `${ONLY_HERE}; cat /tmp/secret || exit 3`,
            user: 'www-data',
            expect: 'denied',
          },
          { name: 'silent', shell: `${ONLY_HERE}; cat /tmp/secret 2>/dev/null`, user: 'www-data', expect: 'denied' },
          { name: 'own', run: 'cat /etc/shadow', expect: 'denied' },
        ],
        { control: true, container: { hold: false, command: [...SHELL, service] } },
      ),
    ]);
    expect(red(ledger), story(ledger)).to.deep.equal(['mode', 'other status', 'silent']);
  });
});
