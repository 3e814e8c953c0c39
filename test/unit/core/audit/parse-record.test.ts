import { expect } from 'chai';
import { parseKernelText, parseRecord, stampOf } from '#core/audit/parse-record.ts';
import { linesOf, record } from './records.ts';

const PAIRS =
  'apparmor="DENIED" operation="open" class="file" profile="p-1" name="/etc/shadow" pid=305 comm="cat" ' +
  'requested_mask="r" denied_mask="r" fsuid=0 ouid=0';
const FIELDS = {
  apparmor: 'DENIED',
  operation: 'open',
  class: 'file',
  profile: 'p-1',
  name: '/etc/shadow',
  pid: '305',
  comm: 'cat',
  requested_mask: 'r',
  denied_mask: 'r',
  fsuid: '0',
  ouid: '0',
};
const KERNEL = `audit: type=1400 audit(1700000000.123:45): ${PAIRS}`;

describe('parseRecord', () => {
  describe('finds the same record after every prefix', () => {
    for (const prefix of [
      '',
      '[   12.345678] ',
      '[12345.678901] ',
      '[   12.345678][    T1] ',
      '<5>[   12.345678] ',
      '<5>',
      'kern  :notice: [   12.345678] ',
      '[Mon May  6 10:00:00 2024] ',
      '[May 6 10:00] ',
      '[  +0.000012] ',
      '2024-05-06T10:00:00,123456+02:00 ',
      'Nov 23 10:00:00 host kernel: ',
      'Nov  3 10:00:00 host kernel: [   12.345678] ',
      'Nov 3 10:00:00 host kernel: [   12.345678] ',
      'November 23 10:00:00 host kernel: ',
      'Nov 23 10:00:00.123456 host kernel: [12345.678901] ',
      'Nov 23 10:00:00+02:00 host kernel: ',
      'Nov 23 10:00:00.123-08:00 host kernel: ',
      'Nov 23 2024 10:00:00 host kernel: ',
      '2024-11-23 10:00:00 host kernel: ',
      '2024-11-23 10:00:00.123456 host kernel: [   12.345678] ',
      '2024-11-23T10:00:00 host kernel: ',
      '2024-11-23T10:00:00Z host kernel: ',
      '2024-11-23T10:00:00.123456+01:00 host.example.org kernel: [   12.345678] ',
      '2024-11-23T10:00:00+0100 host kernel: ',
      'Sat 2024-11-23 10:00:00 CET host kernel: ',
      '1700000000.123456 host kernel: ',
      '[   12.345678] host kernel: ',
      '2024-11-23T10:00:00.12345 kern.notice: [   12.345678] ',
      'Nov 23 10:00:00 host kern.notice kernel: [   12.345678] ',
      'Nov 23 10:00:00 web.example kernel: ',
      'Nov 23 10:00:00 kern-1.user.net kernel: ',
      '<5>Nov 23 10:00:00 host kernel: [   12.345678] ',
      '<5>1 2024-11-23T10:00:00.123Z host kernel - - - [   12.345678] ',
      'Nov 23 10:00:00 fe80::1 kernel: ',
      'kernel: ',
    ]) {
      it(JSON.stringify(prefix), () => {
        const { fields, timeMs, serial, type, raw } = record(prefix + KERNEL);
        expect({ ...fields }).to.deep.equal(FIELDS);
        expect({ timeMs, serial, type }).to.deep.equal({ timeMs: 1700000000123, serial: 45, type: 'DENIED' });
        expect(raw).to.equal(prefix + KERNEL);
      });
    }
  });

  describe('finds it in every wrapping', () => {
    const STAMP = 'audit(1700000000.123:45): ';
    for (const line of [
      `type=1400 ${STAMP}${PAIRS}`,
      `Nov 23 10:00:00 host kernel: [   12.345678] type=1400 ${STAMP}${PAIRS}`,
      `Nov 23 10:00:00 host kernel: ${STAMP}type=1400 ${PAIRS}`,
      `Nov 23 10:00:00 host kernel: [   12.345678] ${STAMP}${PAIRS}`,
      `type=AVC msg=${STAMP}${PAIRS}`,
      `node=web1 type=AVC msg=${STAMP}${PAIRS}`,
      `type=UNKNOWN[1400] msg=${STAMP}${PAIRS}`,
      `type=AVC msg=audit(1700000000.123:45) : ${PAIRS}`,
      `msg=${STAMP}${PAIRS}`,
      `${KERNEL}\n`,
      `${KERNEL}\r\n`,
      `Nov 23 10:00:00 host audispd: node=web1 type=AVC msg=${STAMP}${PAIRS}`,
    ])
      it(line.slice(0, 70), () => {
        expect({ ...record(line).fields }).to.deep.equal(FIELDS);
      });
  });

  it('reads all captured records whole, but for the one that the kernel cut', () => {
    const results = linesOf('linux-6.12.107.txt').map((line) => ({ line, parsed: parseRecord(line) }));
    for (const { line, parsed } of results) {
      if (!line.includes('apparmor=')) expect(parsed.kind, line).to.equal('not-a-record');
      else if (line.length > 1000) expect(parsed).to.have.property('damaged').that.includes('where the kernel cuts');
      else expect(parsed, line).to.have.all.keys('kind', 'record');
    }
    const cut = results.find(({ line }) => line.length > 1000)?.parsed;
    expect(cut?.kind === 'record' && { ...cut.record.fields }).to.deep.equal({
      apparmor: 'DENIED',
      operation: 'open',
      class: 'file',
      profile: 'q3',
    });
  });

  it('reads the file of auditd, with what it adds', () => {
    const [only, ...more] = linesOf('auditd-4.0.2-enriched.txt')
      .map(parseRecord)
      .filter(({ kind }) => kind === 'record');
    expect(more).to.deep.equal([]);
    expect(only?.kind === 'record' && { ...only.record.fields }).to.include({
      profile: 'a1',
      ouid: '0',
      FSUID: 'root',
      OUID: 'root',
    });
    expect(record(`type=AVC msg=audit(1.000:2): ${PAIRS}#035FSUID="a b" OUID="c"`).fields).to.include({
      ouid: '0',
      FSUID: 'a b',
      OUID: 'c',
    });
  });

  describe('reads what is peculiar', () => {
    // prettier-ignore
    const cases: readonly [string, string, Record<string, string>][] = [
      ['two blanks', 'capability=21  capname="sys_admin"', { capability: '21', capname: 'sys_admin' }],
      ['no blank', 'requested_mask="send" denied_mask="send"signal=unknown(99) peer="unconfined"', { denied_mask: 'send', signal: 'unknown(99)', peer: 'unconfined' }],
      ['real-time signals', 'signal=rtmin+3 peer="x"', { signal: 'rtmin+3' }],
      ['hex names', 'name=2F742F737020616365', { name: '/t/sp ace' }],
      ['hex UTF-8', 'name=2F742FC3BC6EC3AF', { name: '/t/ünï' }],
      ['hex that is not UTF-8', 'name=2F742FFF41C3', { name: '/t/\\xFFA\\xC3' }],
      ['a quoted value that looks like hex', 'name="2F74"', { name: '2F74' }],
      ['numbers that look like hex', 'pid=1234 fsuid=1000 ouid=10', { pid: '1234', fsuid: '1000', ouid: '10' }],
      ['leading zeros', 'parent=00012', { parent: '12' }],
      ['a raw backslash', 'name="/t/back\\slash"', { name: '/t/back\\slash' }],
      ['brackets', 'name="/dev/shm/a(b" profile="/usr{,/lib}/{a,b}*"', { name: '/dev/shm/a(b', profile: '/usr{,/lib}/{a,b}*' }],
      ['an empty value', 'target=""', { target: '' }],
      ['addresses', 'saddr=::ffff:127.0.0.1 src=80 daddr=fe80::1 dest=1024 family="inet6"', { saddr: '::ffff:127.0.0.1', src: '80', daddr: 'fe80::1', dest: '1024' }],
      ['unix addresses', 'addr="@abstract" peer_addr=none', { addr: '@abstract', peer_addr: 'none' }],
      ['a unix address in hex', 'addr=2F746D702F6120622E736F636B', { addr: '/tmp/a b.sock' }],
      ['namespaces', 'namespace="root//lxd-c1_<var>" profile="x"', { namespace: 'root//lxd-c1_<var>', profile: 'x' }],
      ['stacks', 'label="a//&:ns://b"', { label: 'a//&:ns://b' }],
      ['errors', 'info="Failed name lookup - disconnected path" error=-13 name="x"', { info: 'Failed name lookup - disconnected path', error: '-13' }],
      ['legacy masks', 'requested_mask="::rwx" denied_mask="::w"', { requested_mask: '::rwx', denied_mask: '::w' }],
      ['io_uring', 'requested="override_creds" denied="override_creds" tcontext="other"', { requested: 'override_creds', tcontext: 'other' }],
    ];
    for (const [name, pairs, fields] of cases) {
      it(name, () => {
        expect(
          record(`audit: type=1400 audit(1.000:2): apparmor="DENIED" operation="x" comm="c" ${pairs} class="y"`).fields,
        ).to.include({ ...fields, class: 'y' });
      });
    }
    it('every type', () => {
      for (const type of ['DENIED', 'ALLOWED', 'AUDIT', 'STATUS', 'HINT', 'ERROR', 'KILLED']) {
        expect(record(`audit: type=1400 audit(1.000:2): apparmor="${type}" pid=1 comm="c"`).type).to.equal(type);
      }
    });
    it('a STATUS without operation', () => {
      expect(
        record(
          'audit: type=1400 audit(1.000:2): apparmor="STATUS" info="failed to unpack end of profile" ' +
            'error=-93 profile="unconfined" name="x" pid=3 comm="apparmor_parser" name="x" offset=120',
        ).fields,
      ).to.include({ name: 'x', offset: '120', error: '-93' });
    });
    it('an execpath with quotes in it as one value', () => {
      const { fields } = record(
        'audit: type=1400 audit(1.000:2): apparmor="DENIED" operation="userns_create" comm="c" ' +
          'denied="userns_create" execpath="/tmp/x" name="/forged" y="z"\x1dFSUID="root"',
      );
      expect(
        record('audit: type=1400 audit(1.000:2): apparmor="DENIED" comm="c" execpath="/x"#035FSUID="root" OUID="a b"')
          .fields,
      ).to.include({ execpath: '/x', OUID: 'a b' });
      expect(
        record('audit: type=1400 audit(1.000:2): apparmor="DENIED" comm="c" execpath="/x"\x1dname="/forged"').fields,
      ).not.to.have.property('name');
      expect({ ...fields }).to.deep.equal({
        apparmor: 'DENIED',
        operation: 'userns_create',
        comm: 'c',
        denied: 'userns_create',
        execpath: '/tmp/x" name="/forged" y="z',
        FSUID: 'root',
      });
    });
  });

  describe('reads kernels before 2.6.36', () => {
    for (const [line, type, fields] of [
      [
        'type=APPARMOR_DENIED msg=audit(1200000000.001:7): operation="exec" denied_mask="x" name="/bin/x" ' +
          'pid=3 profile="/bin/p" name2="q"',
        'DENIED',
        { name2: 'q' },
      ],
      [
        'type=APPARMOR_ALLOWED msg=audit(1200000000.001:7):  type=1502 operation="inode_permission" ' +
          'requested_mask="w" name=2F6120 pid=3 profile="p"',
        'ALLOWED',
        { name: '/a ' },
      ],
      [
        'type=UNKNOWN[1503] msg=audit(1200000000.001:7): operation="capable" name="setuid" pid=3 profile="p"',
        'DENIED',
        { name: 'setuid' },
      ],
      [
        'type=APPARMOR_HINT msg=audit(1200000000.001:7): operation="clone" task=11 parent=12 pid=12 ' +
          'profile="null-complain-profile"',
        'HINT',
        { task: '11' },
      ],
      [
        'Feb  3 04:05:06 host kernel: [   99.000001] audit(1190000000.002:8): type=1503 ' +
          'operation="file_lock" denied_mask="k" name="/r" pid=4 profile="n"',
        'DENIED',
        { denied_mask: 'k' },
      ],
      [
        'Feb  3 04:05:06 host kernel: [   99.000001] type=1505 audit(1190000000.002:8): ' +
          'operation="profile_load" name="/sbin/klogd" pid=46',
        'STATUS',
        { pid: '46' },
      ],
      ['type=APPARMOR_AUDIT msg=audit(1.000:2): operation="x" pid=1', 'AUDIT', {}],
      ['type=APPARMOR_ERROR msg=audit(1.000:2): operation="x" pid=1', 'ERROR', {}],
    ] as const) {
      it(line.slice(0, 60), () => {
        const found = record(line);
        expect(found.type).to.equal(type);
        expect(found.fields).to.include(fields).and.not.to.have.any.keys('type', 'apparmor');
      });
    }
  });

  describe('reads user-space object managers', () => {
    const inner =
      'apparmor="DENIED" operation="dbus_method_call"  bus="system" path="/org/x" interface="org.x" ' +
      'member="Hello" mask="send" name="org.x" pid=2001 label="docker-1" peer_pid=1 peer_label="unconfined" ' +
      'exe="/usr/bin/dbus-daemon" sauid=102 hostname=? addr=? terminal=?';
    const frame = `pid=363 uid=102 auid=4294967295 ses=4294967295  subj=/usr/bin/dbus-daemon (enforce) msg='${inner}'`;
    for (const line of [
      `type=USER_AVC msg=audit(1700000000.123:45): ${frame}`,
      `audit: type=1107 audit(1700000000.123:45): ${frame}`,
      `Nov 23 10:00:00 host kernel: [   12.345678] audit: type=1107 audit(1700000000.123:45): ${frame}`,
      `Nov 23 10:00:00 host audit[363]: USER_AVC ${frame}`,
    ]) {
      it(line.slice(0, 60), () => {
        expect(record(line).fields).to.include({
          operation: 'dbus_method_call',
          pid: '2001',
          outer_pid: '363',
          outer_uid: '102',
          label: 'docker-1',
          exe: '/usr/bin/dbus-daemon',
          terminal: '?',
        });
      });
    }
    for (const tag of ['dbus[363]', 'dbus-daemon[363]', 'dbus-broker[3]']) {
      for (const session of ['', '[session uid=1000 pid=363] ', '[system] ']) {
        it(`${tag}: ${session}`, () => {
          const found = record(
            `Nov 23 10:00:00 host ${tag}: ${session}apparmor="DENIED" operation="dbus_bind"  bus="session" ` +
              'name="com.x" mask="bind" pid=2002 profile="p"',
          );
          expect(found).to.include({ timeMs: 0, serial: 0, type: 'DENIED' });
          expect(found.fields).to.include({ bus: 'session', pid: '2002' });
        });
      }
    }
    it('a message that a newline broke', () => {
      const parsed = parseRecord(
        'Nov 23 10:00:00 host kernel: audit: type=1107 audit(1.000:2): pid=3 uid=1 auid=2 ses=3 ' +
          `msg='apparmor="DENIED" operation="dbus_signal" pid=77 label="x" sauid=1`,
      );
      expect(parsed).to.have.property('damaged', 'the closing quote of msg= is missing');
      expect(parsed.kind === 'record' && parsed.record.fields)
        .to.include({ label: 'x' })
        .and.not.to.have.property('sauid');
    });
  });

  it('reads copies of the journal, which have no stamp', () => {
    for (const line of [
      `Nov 23 10:00:00 host audit[305]: AVC ${PAIRS}`,
      `Nov 23 10:00:00 host audit[305]: <audit-1400> ${PAIRS}`,
      `AVC ${PAIRS}`,
    ]) {
      const { fields, timeMs, serial } = record(line);
      expect({ ...fields, timeMs, serial }).to.deep.equal({ ...FIELDS, timeMs: 0, serial: 0 });
    }
  });

  describe('finds no record in what others wrote', () => {
    for (const line of [
      '',
      ' ',
      'kernel',
      '[',
      'audit:',
      PAIRS,
      `Nov 23 10:00:00 host sshd[1]: ${PAIRS}`,
      `Nov 23 10:00:00 host sshd[1]: ${KERNEL}`,
      `Nov 23 10:00:00 host sshd[1]: kernel: ${KERNEL}`,
      `Nov 23 10:00:00 sshd[1]: kernel: ${KERNEL}`,
      `Nov 23 10:00:00 host sshd kernel: ${KERNEL}`,
      `Nov 23 10:00:00 host app: Nov 23 10:00:00 host kernel: ${KERNEL}`,
      `Nov 23 10:00:00 host kernel: usb 1-1: Product: ${KERNEL}`,
      `Nov 23 10:00:00 host kernel: [1.000000] x ${KERNEL}`,
      `hello ${KERNEL}`,
      `<13>Nov 23 10:00:00 host kernel: ${KERNEL}`,
      `<13>${KERNEL}`,
      `Nov 23 10:00:00 host user.notice kernel: ${KERNEL}`,
      `Nov 23 10:00:00 user.notice: ${KERNEL}`,
      `<13>1 2024-11-23T10:00:00Z host kernel - - - ${KERNEL}`,
      `<5>1 2024-11-23T10:00:00Z host app - - - ${KERNEL}`,
      `Nov 23 10:00:00 host dbus[1]: ${PAIRS}`,
      `Nov 23 10:00:00 host dbus[1]: hello apparmor="DENIED" operation="dbus_bind"`,
      `Nov 23 10:00:00 host kernel: type=AVC msg=audit(1.000:2): ${PAIRS}`,
      `type=USER_LOGIN msg=audit(1.000:2): pid=1 uid=0 msg='${PAIRS}'`,
      `audit: type=1112 audit(1.000:2): pid=1 uid=0 msg='${PAIRS}'`,
      `Nov 23 10:00:00 host audit[1]: USER_LOGIN pid=1 msg='${PAIRS}'`,
      `Nov 23 10:00:00 host audit[1]: <audit-1112> pid=1 msg='${PAIRS}'`,
      `type=SYSCALL msg=audit(1.000:2): arch=c000003e ${PAIRS}`,
      'type=AVC msg=audit(1.000:2): avc:  denied  { read } for  pid=1 comm="x"',
      `type=PROCTITLE msg=audit(1.000:2): proctitle="apparmor="DENIED"`,
      'audit: type=1400 audit(1.000:2): operation="open" name="apparmor="DENIED""',
      'audit: type=1400 audit(1.000:2): operation="open" name=" apparmor="',
      'type=APPARMOR msg=audit(1.000:2): REJECTING r access to /x (bash(2) profile /x active /x)',
      'type=UNKNOWN[1500] msg=audit(1.000:2): LOGPROF-HINT fork pid=1 child=2',
      `type=AVC msg=audit(): ${PAIRS}`,
      `type=AVC msg=audit(1.2.3:4): ${PAIRS}`,
    ])
      it(JSON.stringify(line.slice(0, 80)), () => {
        expect(parseRecord(line).kind).to.equal('not-a-record');
      });

    it("and none before the kernel's words in the ring buffer", () => {
      expect(parseKernelText(KERNEL).kind).to.equal('record');
      for (const prefix of ['[   12.345678] ', 'Nov 23 10:00:00 host kernel: ', 'x ', ' '])
        expect(parseKernelText(prefix + KERNEL).kind).to.equal('not-a-record');
    });
  });

  it('keeps what is damaged, but no field that may be cut', () => {
    const base = 'audit: type=1400 audit(1.000:2): apparmor="DENIED" operation="open" profile="p"';
    for (const [tail, why] of [
      [' name="/et', 'the closing quote of name= is missing'],
      [' name=', 'name= has no value'],
      [' na', 'no key=value'],
      [' name=2F74', 'within or after name='],
      [' name=2F7', 'within or after name='],
      [' pid=12', 'within or after pid='],
      [' pid=1 comm="c" fsuid=10', 'within or after fsuid='],
      [' comm="c" capability=2', 'within or after capability='],
      [' comm="c" signal=ter', 'within or after signal='],
    ] as const) {
      const parsed = parseRecord(base + tail);
      expect(parsed, tail).to.have.property('damaged').that.includes(why);
      expect(parsed.kind === 'record' && parsed.record.fields, tail)
        .to.include({ operation: 'open', profile: 'p' })
        .and.not.to.have.any.keys('name', 'fsuid', 'capability', 'signal');
    }
    expect(parseRecord('audit: type=1400 audit(1.000:2): apparmor="DEN').kind).to.equal('not-a-record');
  });

  it('knows the lengths at which the kernel cuts, and trusts no last value there', () => {
    for (const [length, cut] of [
      [973, true],
      [989, true],
      [1021, true],
      [1000, false],
      [700, false],
    ] as const) {
      const start = 'audit: type=1400 audit(1.000:2): apparmor="DENIED" operation="open" name="/';
      const end = '" pid=1 comm="c" fsuid=0 ouid=100';
      const parsed = parseRecord(
        `Nov 23 10:00:00 host kernel: ${start}${'n'.repeat(length - start.length - end.length)}${end}`,
      );
      expect(parsed.kind === 'record' && [parsed.damaged !== undefined, parsed.record.fields['ouid']]).to.deep.equal([
        cut,
        cut ? undefined : '100',
      ]);
    }
  });

  it('takes stamps of every audit type', () => {
    expect(stampOf('audit: type=1305 audit(1795360866.187:23): op=set')).to.deep.equal({
      id: '1795360866.187:23',
      seconds: 1795360866,
      timeMs: 1795360866187,
      serial: 23,
    });
    expect(stampOf('type=SYSCALL msg=audit(1.002:3): x')?.serial).to.equal(3);
    expect(stampOf('audit: backlog limit exceeded')).to.equal(undefined);
  });
});
