import { expect } from 'chai';
import { coveredRules } from '#core/coverage/credit.ts';
import type { Probe, ProcessProof } from '#core/model/model.ts';
import { success } from '../report/ledger.ts';
import { files, operation, subject, texts } from './subject.ts';

const look = files('/etc/', '/etc/passwd', '/bin->/usr/bin', '/usr/', '/usr/bin/', '/usr/bin/top', '/opt/', '/mnt/');

function covered(rules: string, ...given: Parameters<typeof operation>): string[] {
  return texts(coveredRules(operation(...given), subject(rules), look));
}

describe('coveredRules of a denial', () => {
  const rules = [
    'file,',
    'deny /etc/** w,',
    'deny /etc/passwd wr,',
    'deny /usr/bin/top x,',
    'deny network raw,',
    'deny network packet,',
    'capability,',
    'deny capability sys_time,',
    'deny mount fstype=tmpfs,',
    'deny umount /mnt/,',
    'signal,',
    'deny signal (send) set=(urg) peer=p,',
    'ptrace,',
    'deny ptrace trace,',
    'deny userns,',
    'deny io_uring sqpoll,',
    'set rlimit nofile <= 1024,',
    'set rlimit core <= 0,',
    'deny /opt/linked l,',
  ].join('\n');

  // prettier-ignore
  const rows: readonly (readonly [string, Record<string, string>, string[]])[] = [
    ['open write /etc/shadow', { name: '/etc/shadow', denied_mask: 'w' }, ['deny /etc/** w']],
    ['open read /etc/passwd', { name: '/etc/passwd', denied_mask: 'r' }, ['deny /etc/passwd wr']],
    ['open write /etc/passwd', { name: '/etc/passwd', denied_mask: 'w' }, []],
    ['open read,write /etc/passwd', { name: '/etc/passwd', denied_mask: 'wr' }, ['deny /etc/passwd wr']],
    ['mkdir /etc/new', { operation: 'mkdir', name: '/etc/new/', denied_mask: 'c' }, ['deny /etc/** w']],
    ['unlink /etc/x', { operation: 'unlink', name: '/etc/x', denied_mask: 'd' }, ['deny /etc/** w']],
    ['open append /etc/x', { name: '/etc/x', denied_mask: 'a' }, ['deny /etc/** w']],
    ['exec /bin/top', { operation: 'exec', name: '/usr/bin/top', denied_mask: 'x' }, ['deny /usr/bin/top x']],
    ['link /etc/passwd /opt/linked', { operation: 'link', name: '/opt/linked', target: '/etc/passwd', denied_mask: 'l' }, ['deny /opt/linked l']],
    ['open read /home/x', { name: '/home/x', denied_mask: 'r' }, []],
    ['open read /etc/passwd', { name: 'etc/passwd', denied_mask: 'r', info: 'Failed name lookup - disconnected path' }, []],
    ['socket inet raw icmp', { operation: 'create', class: 'net', family: 'inet', sock_type: 'raw', protocol: '1', denied_mask: 'create' }, ['deny network raw']],
    ['socket packet raw', { operation: 'create', class: 'net', family: 'packet', sock_type: 'raw', denied_mask: 'create' }, []],
    ['socket packet dgram', { operation: 'create', class: 'net', family: 'packet', sock_type: 'dgram', denied_mask: 'create' }, ['deny network packet']],
    ['capable sys_time', { operation: 'capable', class: 'cap', capability: '25', capname: 'sys_time' }, ['deny capability sys_time']],
    ['mount tmpfs none /mnt', { operation: 'mount', name: '/mnt/', fstype: 'tmpfs', srcname: 'none', flags: 'rw' }, ['deny mount fstype=tmpfs']],
    ['umount /mnt', { operation: 'umount', name: '/mnt/' }, ['deny umount /mnt/']],
    ['signal urg child', { operation: 'signal', signal: 'urg', peer: 'p.run', denied_mask: 'send' }, ['deny signal (send) set=(urg) peer=p']],
    ['signal urg 1', { operation: 'signal', signal: 'urg', peer: 'runc', denied_mask: 'send' }, []],
    ['ptrace trace child', { operation: 'ptrace', peer: 'p.run', denied_mask: 'trace' }, ['deny ptrace trace']],
    ['userns', { operation: 'userns_create', class: 'namespace', requested: 'userns_create', denied: 'userns_create', denied_mask: '' }, ['deny userns']],
    ['io_uring sqpoll', { operation: 'uring_sqpoll', class: 'io_uring', denied: 'sqpoll', denied_mask: '' }, ['deny io_uring sqpoll']],
    ['rlimit nofile 4096', { operation: 'setrlimit', rlimit: 'nofile', value: '4096' }, ['set rlimit nofile <= 1024']],
  ];
  for (const [line, fields, expected] of rows) {
    const { name, peer, denied_mask: denied = '' } = fields;
    it(`covers ${expected.join(', ') || 'nothing'} by ${line}: ${name ?? peer ?? ''} ${denied}`, () => {
      const { denied_mask: mask, ...rest } = fields;
      expect(covered(rules, line, { ...rest, denied_mask: mask ?? '' })).to.deep.equal(expected);
    });
  }

  it('covers a rule of the profile that denied', () => {
    const two = subject('file,\ndeny /etc/x r,', 'profile q {\n  deny /etc/x r,\n}\n');
    const found = (profile: string): string[] =>
      [...coveredRules(operation('open read /etc/x', { name: '/etc/x', denied_mask: 'r', profile }), two, look)].map(
        (rule) => rule.profile,
      );
    expect(found('p.run')).to.deep.equal(['p']);
    expect(found('q.run')).to.deep.equal(['q']);
    expect(found('docker-default')).to.deep.equal([]);
  });

  it('covers the rules that a command was denied by', () => {
    const run = operation('open read /etc/x', { name: '/etc/x', denied_mask: 'w' });
    expect(
      texts(
        coveredRules(
          {
            ...run,
            probe: { ...run.probe, action: { kind: 'run', argv: ['touch', '/etc/x'], tildes: [], terminal: false } },
          },
          subject(rules),
          look,
        ),
      ),
    ).to.deep.equal(['deny /etc/** w']);
  });
});

describe('coveredRules of a success', () => {
  // prettier-ignore
  const rows: readonly (readonly [rules: string, line: string, expected: string[]])[] = [
    ['/etc/passwd r,', 'open read /etc/passwd', ['/etc/passwd r']],
    ['/etc/passwd r,\n/etc/** r,', 'open read /etc/passwd', []],
    ['/etc/passwd rw,\n/etc/** r,', 'open read,write /etc/passwd', ['/etc/passwd rw']],
    ['/etc/** r,', 'open read /home/x', []],
    ['/opt/ r,', 'readdir /opt', ['/opt/ r']],
    ['/opt/* w,', 'mkdir /opt/x', []],
    ['/opt/*/ w,', 'mkdir /opt/x', ['/opt/*/ w']],
    ['owner /opt/*/ w,', 'mkdir /opt/x', ['owner /opt/*/ w']],
    ['owner /etc/passwd r,', 'open read /etc/passwd', []],
    ['/opt/x a,', 'open append /opt/x', ['/opt/x a']],
    ['/usr/bin/top ix,', 'exec /bin/top', ['/usr/bin/top ix']],
    ['file,\n/usr/bin/top px -> q,', 'exec /bin/top', ['/usr/bin/top px -> q', 'file'].slice(0, 1)],
    ['file,\n/usr/bin/top ix,', 'exec /bin/top', []],
    ['link /opt/x -> /etc/passwd,', 'link /etc/passwd /opt/x', ['link /opt/x -> /etc/passwd']],
    ['network inet tcp,\nnetwork inet udp,', 'socket inet stream tcp', ['network inet tcp']],
    ['network,\nnetwork inet udp,', 'socket inet dgram', []],
    ['capability chown,\ncapability kill,', 'capable chown', ['capability chown']],
    ['mount fstype=tmpfs,\nmount options=bind,', 'mount tmpfs none /mnt', ['mount fstype=tmpfs']],
    ['mount fstype=tmpfs,\nmount options=bind,', "mount '' /etc /mnt bind", ['mount options=bind']],
    ['mount options=make-rslave,\nmount options=make-slave,', "mount '' '' /mnt make-rslave", ['mount options=make-rslave']],
    ['mount options=(ro,lazytime),\nmount options=ro,', 'mount tmpfs none /mnt r,lazytime', ['mount options=(ro,lazytime)']],
    ['signal peer=p,\nsignal peer=unconfined,', 'signal urg child', ['signal peer=p']],
    ['signal (send) peer=p,\nsignal (receive) peer=p,', 'signal urg child', ['signal (receive) peer=p', 'signal (send) peer=p']],
    ['ptrace (trace,tracedby) peer=p,', 'ptrace trace child', ['ptrace (trace,tracedby) peer=p']],
    ['change_profile -> unconfined,', 'change_profile unconfined', ['change_profile -> unconfined']],
    ['userns,', 'userns', ['userns']],
    ['deny /etc/x w,\n/etc/passwd r,', 'utimens /etc/passwd', []],
  ];
  for (const [rules, line, expected] of rows) {
    it(`${line} under ${rules.replaceAll('\n', ' ')} covers ${expected.join(', ') || 'nothing'}`, () => {
      expect(covered(rules, line)).to.deep.equal(expected);
    });
  }

  it('covers `m` by mmap, and not by mprotect, which overlayfs does not check', () => {
    const rules = '/etc/passwd r,\n/etc/passwd m,';
    expect(covered(rules, 'mmap /etc/passwd')).to.have.members(['/etc/passwd r', '/etc/passwd m']);
    expect(covered(rules, 'mprotect /etc/passwd')).to.deep.equal(['/etc/passwd r']);
  });

  it('covers rules of both profiles between two processes', () => {
    const two = subject(
      'signal (receive) peer=q,\nsignal (send) peer=q,\nptrace (readby) peer=unconfined,',
      'profile q {\n  signal (send) peer=p,\n  signal (receive) peer=other,\n}\n',
    );
    const between = (line: string, self: string, other: string, from?: string): string[] => {
      const made = operation(line);
      const proof = (label: string): ProcessProof => ({ pid: 1, label, expected: label });
      return [
        ...coveredRules(
          {
            ...made,
            probe: { ...made.probe, ...(from === undefined ? {} : { from }) },
            observation: { ...made.observation!, process: proof(self), other: proof(other) },
          },
          two,
          look,
        ),
      ].map(({ profile, text }) => `${profile}: ${text}`);
    };
    expect(between('signal term peer Q', 'p.run (enforce)', 'q.run (enforce)')).to.deep.equal([
      'p: signal (send) peer=q',
    ]);
    expect(between('signal term container', 'q.run (enforce)', 'p.run (enforce)', 'Q')).to.deep.equal([
      'q: signal (send) peer=p',
      'p: signal (receive) peer=q',
    ]);
    expect(between('ptrace read container', 'unconfined', 'p.run (enforce)', 'U')).to.deep.equal([
      'p: ptrace (readby) peer=unconfined',
    ]);
    expect(between('signal term container', 'runc (unconfined)', 'p.run (enforce)', 'R')).to.deep.equal([]);
  });

  it('covers rules of every profile of a stack', () => {
    const stack = {
      ...subject('/etc/passwd r,', 'profile q {\n  /etc/* r,\n}\n'),
      profile: 'p//&q',
      original: (label: string) => label.replaceAll('.run', ''),
    };
    expect(texts(coveredRules(operation('open read /etc/passwd'), stack, look))).to.deep.equal([
      '/etc/* r',
      '/etc/passwd r',
    ]);
  });

  it('covers nothing where another label than expected was checked, or none', () => {
    const denied = operation('open read /etc/passwd');
    for (const errno of ['EROFS', 'ENOENT', 'ECANCELED', 'EACCES'])
      expect([
        ...coveredRules({ ...denied, observation: { ...denied.observation!, errno } }, subject('/etc/passwd r,'), look),
      ]).to.deep.equal([]);
    const { observation: _gone, ...untried } = denied;
    expect([...coveredRules(untried, subject('/etc/passwd r,'), look)]).to.deep.equal([]);
  });

  it('covers nothing by a command without a record', () => {
    const run = operation('open read /etc/passwd');
    expect([
      ...coveredRules(
        {
          ...run,
          probe: { ...run.probe, action: { kind: 'run', argv: ['cat', '/etc/passwd'], tildes: [], terminal: false } },
        },
        subject('/etc/passwd r,'),
        look,
      ),
    ]).to.deep.equal([]);
  });

  it('covers the one audit rule for a logged access, and the rule that it needs', () => {
    const made = { type: 'AUDIT', operation: 'mknod', name: '/opt/x', requested_mask: 'c', denied_mask: '' };
    expect(covered('file,\naudit /** w,', 'mknod file /opt/x', made)).to.deep.equal(['audit /** w']);
    expect(covered('file,\naudit /** w,\naudit /opt/** w,', 'mknod file /opt/x', made)).to.deep.equal([]);
    expect(covered('audit /** w,', 'mknod file /opt/x', made)).to.deep.equal(['audit /** w']);
    expect(covered('file,\naudit /** w,', 'mknod file /opt/x')).to.deep.equal([]);
  });

  it('covers nothing by an access that only complain mode allows', () => {
    expect(
      covered('/etc/x r,', 'open read /etc/passwd', { type: 'ALLOWED', name: '/etc/passwd', denied_mask: 'r' }),
    ).to.deep.equal([]);
  });
});

describe('coveredRules of a command', () => {
  const rules = [
    '/usr/bin/top cx -> inner,',
    '/usr/bin/free px -> q,',
    '/usr/bin/w ix,',
    'profile inner {\n/usr/bin/top mr,\n/etc/passwd r,\ndeny /etc/shadow r,\n}',
  ].join('\n');
  const look = files('/usr/', '/usr/bin/', '/usr/bin/top', '/usr/bin/free', '/usr/bin/w', '/bin->/usr/bin');

  function ran(program: string, change: Partial<Probe> = {}, ...records: Readonly<Record<string, string>>[]): string[] {
    const made = operation('open read /etc/passwd', ...records);
    const action = { kind: 'run', argv: [program], tildes: [], terminal: false } as const;
    const entry = { ...made, observation: success(), probe: { ...made.probe, action, ...change } };
    return texts(coveredRules(entry, subject(rules, 'profile q {\n/usr/bin/free r,\n}'), look));
  }

  it('are those of the way into another profile, and of what reads the program there', () => {
    expect(ran('/usr/bin/top')).to.deep.equal(['/usr/bin/top cx -> inner', '/usr/bin/top mr']);
    expect(ran('/bin/free')).to.deep.equal(['/usr/bin/free px -> q', '/usr/bin/free r']);
  });

  it('are those of records where it stays, where PATH finds it, and where Docker starts it', () => {
    expect(ran('/usr/bin/w')).to.deep.equal([]);
    expect(ran('top')).to.deep.equal([]);
    expect(ran('/usr/bin/top', { direct: true })).to.deep.equal([]);
  });

  it("are the child's that its records name", () => {
    const denied = { profile: 'p.run//inner', name: '/etc/shadow', denied_mask: 'r' };
    expect(ran('top', {}, denied)).to.deep.equal(['deny /etc/shadow r']);
    const audited = { type: 'AUDIT', profile: 'p.run//inner', name: '/etc/passwd', requested_mask: 'r' };
    expect(ran('top', {}, audited)).to.deep.equal(['/etc/passwd r']);
  });
});
