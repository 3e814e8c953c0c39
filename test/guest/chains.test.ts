/** What an earlier probe made in one container alone is no difference of the profile's. */
import { expect } from 'chai';
import { entry, harness, profileText, spec, story } from './kit.ts';

/** Refused by the way to every bash: a record that belongs to each of its commands, and explains none. */
const NOISE = '  deny /dev/tty rw,';

const bash = (script: string): string => `bash -c ${JSON.stringify(script)}`;

/** Each made in the control alone, and then looked for: what is to be denied is not what the profile denies. */
const CHAINS = [
  { what: 'a file that was made', by: { run: 'touch /opt/a' }, then: bash('rm /opt/a') },
  { what: 'folders that were made', by: { run: 'mkdir -p /opt/b/c/d' }, then: bash('cd /opt/b/c/d') },
  {
    what: 'a file that was written to',
    by: { run: 'dd if=/etc/hostname of=/etc/issue' },
    then: bash('cmp /etc/issue /etc/hostname'),
  },
  { what: 'rights that were changed', by: { run: 'chmod 4755 /usr/bin/free' }, then: bash('test -u /usr/bin/free') },
  { what: 'a file that was removed', by: { try: 'unlink /etc/issue.net' }, then: bash('! test -e /etc/issue.net') },
  { what: 'a file on another file system', by: { run: 'cp /etc/hostname /dev/shm/h' }, then: bash('cat /dev/shm/h') },
  {
    what: 'a program that was started',
    by: { run: 'setsid --fork sleep 987' },
    then: bash('grep -qs [9]87 /proc/[0-9]*/cmdline'),
  },
];

const DENIED = ['touch', 'mkdir', 'dd', 'chmod', 'cp', 'sleep'].map((name) => `  deny /usr/bin/${name} x,`);

describe('a chain of probes', () => {
  it('rests on nothing that an earlier one made in the control alone', async () => {
    const { ledger } = await harness([
      spec(
        profileText('chain', [NOISE, ...DENIED, '  deny /etc/issue.net w,', '  deny mount,'].join('\n')),
        [
          ...CHAINS.flatMap(({ what, by, then }) => [
            { name: `makes ${what}`, ...by, expect: 'denied' },
            { name: what, run: then, expect: 'denied' },
          ]),
          { name: 'honest', run: bash('umask 077; : > /etc/issue.net'), expect: 'denied' },
          { name: 'mounts', run: 'mount -t tmpfs none /mnt', expect: 'denied' },
          { name: 'mounted', run: bash('mountpoint -q /mnt'), expect: 'denied' },
          { name: 'proved', run: 'dd if=/dev/null of=/dev/null', expect: 'denied' },
          { name: 'operation', open: '/etc/issue.net', for: 'write', expect: 'denied' },
        ],
        { control: true, container: { 'cap-add': ['SYS_ADMIN'], 'security-opt': ['seccomp=unconfined'] } },
      ),
    ]);
    for (const { what } of CHAINS) {
      const { verdict, control } = entry(ledger, what);
      expect(verdict.kind, `${what}: ${story(ledger)}`).not.to.equal('pass');
      expect(control?.exit, `${what} was not undone: ${story(ledger)}`).not.to.equal(0);
    }
    expect(entry(ledger, 'honest').verdict.kind, story(ledger)).to.equal('pass');
    expect(entry(ledger, 'mounted').verdict.code, story(ledger)).to.equal('earlier-probe');
    expect(entry(ledger, 'proved').verdict.kind, story(ledger)).to.equal('pass');
    expect(entry(ledger, 'operation').verdict.kind, story(ledger)).to.equal('pass');
  });
});
