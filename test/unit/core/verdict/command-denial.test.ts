import { expect } from 'chai';
import type { Action, Expectation, Verdict, Witness } from '#core/model/model.ts';
import { decide } from '#core/verdict/decide.ts';
import { recordKey } from '#core/verdict/facts.ts';
import { captured, command, facts, record, seen, shell } from '../../builders.ts';

type Fields = Readonly<Record<string, string>>;

const DENIED: Expectation = { access: 'denied' };
/** What bash asks for at its start, and survives. */
const TTY = own({ operation: 'open', name: '/dev/tty', denied_mask: 'wr', comm: 'bash' });
const NSSWITCH = own({ operation: 'open', name: '/etc/nsswitch.conf', denied_mask: 'r', comm: 'bash' });
const NSCD = own({ operation: 'create', family: 'unix', sock_type: 'stream', comm: 'bash' });
const NOISE = [TTY, NSCD, NSSWITCH];
const SHADOW = { operation: 'open', name: '/etc/shadow', denied_mask: 'r' };
const TOP = { operation: 'exec', name: '/usr/bin/top', denied_mask: 'x' };

function own(fields: Fields): Witness {
  return { by: 'pid', record: { ...record(), fields } };
}

function ofChild(comm: string, fields: Fields): Witness {
  return { by: 'window', record: { ...record(), fields: { ...fields, comm } } };
}

interface Tried {
  readonly action: Action;
  readonly exit?: number;
  readonly stderr?: string;
  readonly stdout?: string;
  readonly records: readonly Witness[];
  readonly expect?: Expectation;
}

/** The verdict on a command that failed, while its control succeeded. */
function judged({ action, exit = 1, stderr = '', stdout = '', records, expect: expected = DENIED }: Tried): Verdict {
  return decide(
    facts({
      action,
      expect: expected,
      seen: seen({ exit, stderr: captured(stderr), stdout: captured(stdout) }),
      control: seen({ exit: 0 }),
      witnesses: records,
    }),
  );
}

function bash(script: string): Action {
  return command('bash', '-c', script);
}

describe('a command that fails only under the profile', () => {
  // prettier-ignore
  const honest: readonly (Tried & { readonly denied: string })[] = [
    { action: command('cat', '/etc/shadow'), stderr: 'cat: /etc/shadow: Permission denied\n', records: [own(SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: bash('cat /etc/shadow'), stderr: 'cat: /etc/shadow: Permission denied\n', records: [...NOISE, own(SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: bash('cat /etc/shadow'), stderr: 'cat: /etc/shadow: Keine Berechtigung\n', records: [own(SHADOW), ...NOISE], denied: 'open /etc/shadow (r)' },
    { action: bash('cat /etc/shadow 2>/dev/null'), records: [...NOISE, ofChild('cat', SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: bash('D=/etc; cat $D/shadow 2>/dev/null'), records: [...NOISE, ofChild('cat', SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: shell('cat /etc/shadow | grep -q root'), stderr: 'cat: /etc/shadow: Permission denied\n', records: [ofChild('cat', SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: command('getent', 'shadow', 'root'), exit: 2, records: [NSSWITCH, own(SHADOW)], denied: 'open /etc/shadow (r)' },
    { action: command('ls', '/srv'), exit: 2, stderr: "ls: cannot open directory '/srv': Permission denied\n", records: [own({ ...SHADOW, name: '/srv/' })], denied: 'open /srv/ (r)' },
    { action: command('mktemp', '-p', '/opt'), stderr: "mktemp: failed to create file via template '/opt/tmp.XXXXXXXXXX': Permission denied\n", records: [own({ operation: 'mknod', name: '/opt/tmp.IhY', denied_mask: 'c' })], denied: 'mknod /opt/tmp.IhY (c)' },
    { action: command('ping', '-c', '1', '127.0.0.1'), exit: 2, stderr: 'ping: socket: Permission denied\n', records: [own({ operation: 'create', family: 'inet', sock_type: 'raw' }), own({ operation: 'create', family: 'inet6', sock_type: 'raw' })], denied: 'create inet raw' },
    { action: command('perl', '-e', 'socket(S, 2, 3, 1) or exit 3'), exit: 3, records: [own({ operation: 'create', family: 'inet', sock_type: 'raw' })], denied: 'create inet raw' },
    { action: command('chown', 'nobody', '/f'), stderr: "chown: changing ownership of '/f': Operation not permitted\n", records: [NSSWITCH, own({ operation: 'capable', capname: 'chown' })], denied: 'capability chown' },
    { action: command('mount', '-t', 'tmpfs', 'none', '/mnt'), exit: 32, stderr: 'mount: /mnt: none already mounted or mount point busy.\n', records: [own({ operation: 'mount', name: '/mnt/', info: 'failed perms check' })], denied: 'mount /mnt/' },
    { action: command('readlink', '/proc/1/exe'), records: [own({ operation: 'ptrace', denied_mask: 'read' })], denied: 'ptrace (read)' },
    { action: bash('kill -0 1'), stderr: 'bash: line 1: kill: (1) - Permission denied\n', records: [...NOISE, own({ operation: 'signal', signal: 'exists', denied_mask: 'send' })], denied: 'signal exists (send)' },
    { action: command('cat', '/etc/mtab'), stderr: 'cat: /etc/mtab: Permission denied\n', records: [own({ ...SHADOW, name: '/mounted' })], denied: 'open /mounted (r)' },
    { action: command('cat', '/proc/self/environ'), stderr: 'cat: /proc/self/environ: Permission denied\n', records: [own({ ...SHADOW, name: '/proc/7/environ' })], denied: 'open /proc/7/environ (r)' },
    { action: bash('echo x > /dev/tty'), stderr: 'bash: line 1: /dev/tty: Permission denied\n', records: [TTY], denied: 'open /dev/tty (wr)' },
  ];

  for (const { denied, ...tried } of honest) {
    it(`is denied where a record fits: ${JSON.stringify(tried.stderr ?? '')}, ${denied}`, () => {
      const { kind, code, reason } = judged(tried);
      expect([kind, code, reason]).to.deep.equal(['pass', 'denied', `Denied: ${denied}.`]);
    });
  }

  // prettier-ignore
  const others: readonly Tried[] = [
    { action: bash('cat /var/tmp/flag'), stderr: 'cat: /var/tmp/flag: No such file or directory\n', records: NOISE },
    { action: bash('test -e /var/tmp/flag'), records: NOISE },
    { action: bash('echo x > /dev/tty; cat /var/tmp/flag'), stderr: 'bash: line 1: /dev/tty: Permission denied\ncat: /var/tmp/flag: No such file or directory\n', records: NOISE },
    { action: bash('made-by-an-earlier-probe'), exit: 127, stderr: 'bash: line 1: made-by-an-earlier-probe: command not found\n', records: NOISE },
    { action: command('app'), stderr: 'app: no configuration\n', records: [own({ ...SHADOW, name: '/usr/lib/app/plugin' })] },
    { action: command('cat', '/home/u/f'), stderr: 'cat: /home/u/f: Permission denied\n', records: [ofChild('nginx', SHADOW)] },
    { action: command('cat', '/etc/shadow'), records: [ofChild('nginx', SHADOW)] },
    { action: command('nc', '-z', 'localhost', '80'), stderr: 'nc: Connection refused\n', records: [own({ operation: 'create', family: 'netlink', sock_type: 'raw' })] },
  ];

  for (const tried of others) {
    it(`is not laid to a record that does not fit: ${JSON.stringify(tried.stderr ?? '')}`, () => {
      const { kind, code, hint } = judged(tried);
      expect([kind, code]).to.deep.equal(['inconclusive', 'no-witness']);
      expect(hint).to.match(/`open`, `try`/);
    });
  }

  it('says what it failed at instead', () => {
    const { reason } = judged({
      action: bash('cat /f'),
      stderr: 'cat: /f: No such file or directory\n',
      records: [TTY],
    });
    expect(reason).to.equal(
      'AppArmor denied something (open /dev/tty (wr)), but the command failed for another reason: ' +
        '“cat: /f: No such file or directory”.',
    );
  });

  it('is given the likeliest record to paste', () => {
    const { hint } = judged({ action: command('app'), records: [own({ ...SHADOW, name: '/usr/lib/app: 1' })] });
    expect(hint).to.include('`audit: {operation: open, name: "/usr/lib/app: 1"}`');
  });

  it('does not count what another process is refused at other times too', () => {
    const service = ofChild('cat', SHADOW);
    const parts = {
      action: bash('cat /etc/shadow'),
      expect: DENIED,
      seen: seen({ exit: 1, stderr: captured('cat: /etc/shadow: Permission denied\n') }),
      control: seen({ exit: 0 }),
      witnesses: [service],
    };
    expect(decide(facts(parts)).kind).to.equal('pass');
    const background = new Set([recordKey(service.record)]);
    expect(decide({ ...facts(parts), background }).code).to.equal('no-witness');
  });

  it('shows a hostile name of a record as one line', () => {
    const { reason } = judged({
      action: command('cat', 'x'),
      stderr: 'Permission denied\n',
      records: [own({ ...SHADOW, name: '/a\n::error::b\u202e' })],
    });
    expect(reason).to.equal('Denied: open /a\\n::error::b\\u202e (r).');
  });
});

describe('a command that does not come to what it is for', () => {
  const libc = own({ operation: 'file_mmap', name: '/usr/lib/x86_64-linux-gnu/libc.so.6', denied_mask: 'm' });
  const loader = 'cat: error while loading shared libraries: libc.so.6: failed to map segment from shared object\n';

  // prettier-ignore
  const rows: readonly (Tried & { readonly denied: string })[] = [
    { action: bash('top -b -n 1'), exit: 126, stderr: 'bash: line 1: /usr/bin/top: Permission denied\n', records: [...NOISE, own(TOP), own({ ...TOP, operation: 'open', denied_mask: 'r' })], denied: 'exec of /usr/bin/top (x)' },
    { action: shell('top -b -n 1'), exit: 126, stderr: '/bin/sh: 1: top: Permission denied\n', records: [ofChild('sh', TOP)], denied: 'exec of /usr/bin/top (x)' },
    { action: command('timeout', '3', 'top'), exit: 126, stderr: "timeout: failed to run command 'top': Permission denied\n", records: [ofChild('timeout', TOP)], denied: 'exec of /usr/bin/top (x)' },
    { action: command('perl', '-e', 'exec "top" or exit 6'), exit: 6, records: [own(TOP)], denied: 'exec of /usr/bin/top (x)' },
    { action: shell('sh -c true'), exit: 126, stderr: '/bin/sh: 1: sh: Permission denied\n', records: [ofChild('sh', { ...TOP, name: '/usr/bin/dash' })], denied: 'exec of /usr/bin/dash (x)' },
    { action: command('cat', '/etc/shadow'), exit: 127, stderr: loader, records: [libc], denied: 'file_mmap of /usr/lib/x86_64-linux-gnu/libc.so.6 (m)' },
    { action: shell('cat /etc/shadow'), exit: 127, stderr: loader, records: [libc], denied: 'file_mmap of /usr/lib/x86_64-linux-gnu/libc.so.6 (m)' },
    { action: command('ldd', '--version'), exit: 126, stderr: '/bin/bash: /usr/bin/ldd: Permission denied\n', records: [TTY, own({ operation: 'open', name: '/usr/bin/ldd', denied_mask: 'r' })], denied: 'open of /usr/bin/ldd (r)' },
  ];

  for (const { denied, ...tried } of rows) {
    it(`passes as not started: ${denied}, exit ${tried.exit}`, () => {
      const { kind, code, reason } = judged(tried);
      expect([kind, code]).to.deep.equal(['pass', 'not-started']);
      expect(reason).to.equal(`Could not be started: AppArmor denied ${denied}. What it does was not tried.`);
    });
  }

  it('is not a start that was refused when only another program was, on the way', () => {
    const { code, reason } = judged({
      action: bash('top; cat /etc/shadow'),
      stderr: 'bash: line 1: /usr/bin/top: Permission denied\ncat: /etc/shadow: Permission denied\n',
      records: [ofChild('bash', TOP), own(SHADOW)],
    });
    expect([code, reason]).to.deep.equal(['denied', 'Denied: open /etc/shadow (r).']);
  });

  it('stays a missing program when the shell finds none, whatever is denied by the way', () => {
    const { code } = judged({
      action: shell('nosuch'),
      exit: 127,
      stderr: '/bin/sh: 1: nosuch: not found\n',
      records: NOISE,
    });
    expect(code).to.equal('not-runnable');
  });

  it('is a library that is missing, not refused, without a record of it', () => {
    const missing =
      'cat: error while loading shared libraries: libx.so: cannot open shared object file: No such file or directory\n';
    const { code } = judged({ action: command('cat'), exit: 127, stderr: missing, records: NOISE });
    expect(code).to.equal('no-witness');
  });
});

describe('a loose condition', () => {
  it('on the type of a record alone is met by none that does not fit', () => {
    const audit = { apparmor: { equals: 'DENIED' } };
    const tried = { action: bash('cat /f'), records: [own({ ...SHADOW, name: '/dev/tty', apparmor: 'DENIED' })] };
    const { code } = judged({
      ...tried,
      stderr: 'cat: /f: No such file or directory\n',
      expect: { access: 'denied', audit },
    });
    expect(code).to.equal('no-witness');
  });

  it('on the type of a record alone is noted, with the fields of the record that decides', () => {
    const audit = { apparmor: { equals: 'DENIED' } };
    const records = [own({ ...SHADOW, apparmor: 'DENIED' })];
    const { kind, notes } = judged({
      action: command('cat', '/etc/shadow'),
      stderr: 'cat: /etc/shadow: Permission denied\n',
      records,
      expect: { access: 'denied', audit },
    });
    expect(kind).to.equal('pass');
    expect(notes.join()).to.include('`audit: {operation: open, name: /etc/shadow}`');
  });

  it('proves nothing on its own', () => {
    const audit = { apparmor: { equals: 'DENIED' } };
    const own1 = own({ ...SHADOW, apparmor: 'DENIED' });
    const parts = { action: bash('cat /f'), expect: { access: 'denied', audit } as const, witnesses: [own1] };
    const failed = seen({ exit: 1 });
    expect(decide(facts({ ...parts, seen: failed, control: failed })).code).to.equal('vacuous');
    expect(decide(facts({ ...parts, seen: failed })).code).to.equal('no-witness');
  });

  it('of no record says what it leaves open, and is not met by a failure of another kind', () => {
    const silent = { access: 'denied', audit: 'none' } as const;
    const noted = judged({
      action: command('cat', '/f'),
      stderr: 'cat: /f: Permission denied\n',
      records: [],
      expect: silent,
    });
    expect([noted.code, noted.notes.join()]).to.deep.equal(['denied-silently', noted.notes.join()]);
    expect(noted.notes.join()).to.match(/not what it denied/);

    const missing = judged({
      action: command('cat', '/f'),
      stderr: 'cat: /f: No such file or directory\n',
      records: [],
      expect: silent,
    });
    expect([missing.kind, missing.code]).to.deep.equal(['inconclusive', 'no-witness']);

    const refused = judged({
      action: shell('top'),
      exit: 126,
      stderr: 'sh: 1: top: Permission denied\n',
      records: [],
      expect: silent,
    });
    expect(refused.code).to.equal('not-started');
  });

  it('of an exit status that counts as success is noted, and undone by a denial that fits the failure', () => {
    const exit1 = { access: 'allowed', exit: 1 } as const;
    const grep = { action: command('grep', 'x', '/f'), expect: exit1, control: seen({ exit: 1 }) };
    expect(decide(facts({ ...grep, seen: seen({ exit: 1 }) })).notes.join()).to.match(
      /Exit status 1 counts as success/,
    );

    const refused = seen({ exit: 1, stderr: captured('cat: /etc/shadow: Permission denied\n') });
    const cat = { action: command('cat', '/etc/shadow'), expect: exit1, seen: refused, control: seen({ exit: 0 }) };
    expect(decide(facts({ ...cat, witnesses: [own(SHADOW)] })).code).to.equal('denied-on-the-way');
  });
});

describe('the key of a record', () => {
  it('is the same for the same denial at another time', () => {
    expect(recordKey(record())).to.equal(recordKey({ ...record(), serial: 9, timeMs: 9 }));
    expect(recordKey(record())).to.not.equal(recordKey(record({ fields: { name: '/y' } })));
  });
});
