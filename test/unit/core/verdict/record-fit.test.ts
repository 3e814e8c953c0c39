import { expect } from 'chai';
import type { FileLookup } from '#core/model/file-lookup.ts';
import type { RecordFit } from '#core/model/model.ts';
import { OPERATIONS } from '#core/spec/operations.ts';
import { answersBefore, expectedRecords } from '#core/spec/operation-records.ts';
import { readOperation, type Operation } from '#core/spec/read-operation.ts';
import { splitList } from '#core/text/split-words.ts';
import { endsOf, fitOf, testedEnd, type Asker } from '#core/verdict/record-fit.ts';
import { seen } from '../../builders.ts';
import { denial } from '../audit/records.ts';
import { ROWS } from './record-rows.ts';

/** Operations of which this kernel writes no record, or which no kernel does. */
const WITHOUT_RECORD = ['getattr', 'utimens', 'getxattr', 'setxattr', 'change_hat', 'mqueue', 'dbus'];

const ASKER: Asker = { agentPid: 7, fsuid: '0', ends: ['ops', 'ops-other'] };

const LINKS: Readonly<Record<string, string>> = { '/bin/sh': '/usr/bin/dash', '/etc/mtab': '/proc/1/mounts' };
const look: FileLookup = (path, follow) => {
  const real = follow ? (LINKS[path] ?? path) : path;
  return { path: real.replace(/^\/proc\/self/, '/proc/1'), folder: false, missing: false };
};

function read(line: string): Operation {
  const operation = readOperation(splitList(line.replace(/ container$/, ' child')));
  if ('problem' in operation) throw new Error(`${line}: ${operation.problem}`);
  return operation;
}

function fit(line: string, text: string, asker: Asker = ASKER): RecordFit {
  return fitOf(
    denial(text),
    expectedRecords(read(line), look, (label) => label),
    asker,
  );
}

function textOf(one: RecordFit): string {
  return typeof one === 'string' ? one : one.before;
}

const FILE = 'class="file" profile="ops" pid=7 comm="id" fsuid=0 ouid=0';

describe('a record with the name of a probe', () => {
  for (const [line, text, expected] of ROWS) {
    const operation = /operation="(\w+)"/.exec(text)?.[1] ?? '';
    it(`is of ${expected} when \`${line}\` is tried: ${operation}`, () => {
      expect(textOf(fit(line, text))).to.equal(expected);
    });
  }

  it('is known for every operation', () => {
    const known = new Set([...ROWS.map(([line]) => line.split(' ')[0]), ...WITHOUT_RECORD]);
    expect(Object.keys(OPERATIONS).filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('of one operation is foreign to every other one of another object', () => {
    const lines = ROWS.map(([line]) => line);
    const kcore = `operation="open" ${FILE} name="/proc/kcore" requested_mask="r" denied_mask="r"`;
    expect(lines.filter((line) => fit(line, kcore) !== 'foreign')).to.deep.equal([]);
  });

  describe('is foreign', () => {
    const open = (more: string): string => `operation="open" class="file" profile="ops" comm="id" ${more}`;
    const of = 'name="/rows/f" requested_mask="r" denied_mask="r"';
    // prettier-ignore
    const rows: readonly (readonly [string, string, string])[] = [
      ['another process asked', 'open read /rows/f', open(`pid=8 fsuid=0 ${of}`)],
      ['another user asked', 'open read /rows/f', open(`pid=7 fsuid=33 ${of}`)],
      ['another file was asked for', 'open read /rows/g', open(`pid=7 fsuid=0 ${of}`)],
      ['more was asked for', 'open read /rows/f', open('pid=7 fsuid=0 name="/rows/f" requested_mask="wr" denied_mask="w"')],
      ['another operation was asked for', 'unlink /rows/f', open(`pid=7 fsuid=0 ${of}`)],
      ['another capability was asked for', 'capable sys_time', 'operation="capable" class="cap" profile="ops" pid=8 comm="id" capability=21 capname="sys_admin"'],
      ['another family was asked for', 'socket inet raw', 'operation="create" class="net" profile="ops" pid=7 comm="id" family="inet6" sock_type="raw" protocol=0 requested_mask="create" denied_mask="create"'],
      ['another signal was sent', 'signal term child', 'operation="signal" class="signal" profile="ops" pid=8 comm="id" requested_mask="send" denied_mask="send" signal=kill peer="ops"'],
      ['another process was signalled', 'signal term child', 'operation="signal" class="signal" profile="ops" pid=8 comm="id" requested_mask="send" denied_mask="send" signal=term peer="init"'],
      ['another file system was mounted', 'mount tmpfs none /mnt', 'operation="mount" class="mount" profile="ops" name="/mnt/" pid=8 comm="id" fstype="proc" srcname="proc"'],
      ['the limit of another process was to be set', 'rlimit cpu 2000000', 'operation="setrlimit" info="cap_sys_resource" error=-13 profile="ops" pid=8 comm="id" rlimit=cpu value=2000000 peer="ops-other"'],
      ['it was mounted elsewhere', 'mount tmpfs none /mnt', 'operation="mount" class="mount" profile="ops" name="/opt/" pid=8 comm="id" fstype="tmpfs" srcname="none"'],
      ['it was mounted with other flags', 'mount tmpfs none /mnt ro,nosuid', 'operation="mount" class="mount" profile="ops" name="/mnt/" pid=8 comm="id" fstype="tmpfs" srcname="none"'],
      ['it was mounted with more flags', 'mount tmpfs none /mnt', 'operation="mount" class="mount" profile="ops" name="/mnt/" pid=8 comm="id" fstype="tmpfs" srcname="none" flags="ro"'],
      ['another limit was set', 'rlimit cpu 1', 'operation="setrlimit" class="rlimits" profile="ops" pid=8 comm="id" rlimit=cpu value=2'],
      ['another label was asked for', 'change_profile a', 'operation="change_profile" class="file" profile="ops" name="b" pid=8 comm="id" target="b"'],
    ];
    for (const [why, line, text] of rows) {
      it(`where ${why}`, () => {
        expect(fit(line, text)).to.equal('foreign');
      });
    }
  });

  describe('is of what comes before', () => {
    const CAP = 'class="cap" profile="ops" pid=8 comm="id" capability=21';
    const NET = 'class="net" profile="ops" pid=8 comm="id" family="inet" sock_type="stream" protocol=6';
    // prettier-ignore
    const rows: readonly (readonly [string, string, string])[] = [
      ['mount tmpfs none /mnt', `operation="capable" ${CAP} capname="sys_admin"`, 'capability'],
      ['umount /dev/shm', `operation="capable" ${CAP} capname="sys_admin"`, 'capability'],
      ['socket inet raw icmp', `operation="capable" ${CAP} capname="net_raw"`, 'capability'],
      ['mknod char /tmp/n', `operation="capable" ${CAP} capname="mknod"`, 'capability'],
      ['chown /etc/issue', `operation="capable" ${CAP} capname="chown"`, 'capability'],
      ['listen inet stream', `operation="bind" ${NET} requested_mask="bind" denied_mask="bind"`, 'bind'],
      ['listen inet stream', `operation="create" ${NET} requested_mask="create" denied_mask="create"`, 'socket'],
      ['receive inet stream', `operation="sendmsg" ${NET} requested_mask="send" denied_mask="send"`, 'send'],
      ['mprotect /usr/bin/free', `operation="open" ${FILE} name="/usr/bin/free" requested_mask="r" denied_mask="r"`, 'open'],
      ['exec-copy /usr/bin/true /opt/x', `operation="mknod" ${FILE} name="/opt/x" requested_mask="c" denied_mask="c"`, 'copy'],
      ['capable mknod', `operation="mknod" class="file" profile="ops" pid=8 comm="id" name="/apparmor-probe-node" requested_mask="c" denied_mask="c" fsuid=0 ouid=0`, 'file'],
      ['change_profile a', `operation="open" class="file" profile="ops" pid=8 comm="id" name="/proc/9/task/9/attr/apparmor/current" requested_mask="w" denied_mask="w" fsuid=0 ouid=0`, 'open'],
    ];
    for (const [line, text, by] of rows) {
      it(`${by}, when \`${line}\` is tried`, () => {
        expect(textOf(fit(line, text))).to.equal(by);
        expect(answersBefore(read(line))).to.include(by);
      });
    }
  });

  it('has the flags of the mount, in any order', () => {
    const of = 'operation="mount" class="mount" profile="ops" name="/mnt/" pid=8 comm="id" srcname="none"';
    const words = 'fstype="tmpfs" flags="ro, noexec, nosuid, relatime"';
    expect(fit('mount tmpfs none /mnt nosuid,noexec,ro', `${of} ${words}`)).to.equal('access');
    expect(fit('mount tmpfs none /mnt silent', `${of} fstype="tmpfs" flags="rw, silent"`)).to.equal('access');
  });

  it('has the name that a link leads to, and the number of who asks for `self`', () => {
    const masks = 'requested_mask="r" denied_mask="r"';
    expect(fit('open read /bin/sh', `operation="open" ${FILE} name="/usr/bin/dash" ${masks}`)).to.equal('access');
    expect(fit('open read /bin/sh', `operation="open" ${FILE} name="/bin/sh" ${masks}`)).to.equal('foreign');
    const inChild: Asker = { fsuid: '0' };
    const comm = `operation="open" ${FILE} name="/proc/42/comm" ${masks}`;
    expect(fit('open read /proc/self/comm', comm, inChild)).to.equal('access');
    expect(fit('open read /proc/1/comm', comm, inChild)).to.equal('foreign');
  });

  it('may have lost the beginning of its name, where the kernel found no way to the root', () => {
    const lost =
      'info="Failed name lookup - disconnected path" error=-13 name="rows/f" requested_mask="r" denied_mask="r"';
    expect(fit('open read /rows/f', `operation="open" ${FILE} ${lost}`)).to.equal('access');
    const info = 'info="Failed name lookup - disconnected path" error=-13';
    const ofChild = `class="file" profile="ops" pid=8 comm="id" ${info}`;
    for (const name of ['name="rows/f"', 'name="f"', 'name=""', ''])
      expect(fit('exec /rows/f', `operation="exec" ${ofChild} ${name} requested_mask="x"`), name).to.equal('foreign');
    const open = `operation="open" ${ofChild} name="rows/f" requested_mask="r"`;
    expect(fit('open read /rows/f', open, { fsuid: '0' }), 'a child of the agent asked').to.equal('foreign');
  });

  it('has the label of who tried it, and not that of a child of the profile, which has rules of its own', () => {
    const mount = (label: string): string =>
      `operation="mount" class="mount" ${label} name="/mnt/" pid=8 comm="id" fstype="tmpfs" srcname="none"`;
    const asker: Asker = { labels: ['ops//&:ns://b'] };
    const fitOfMount = (label: string): RecordFit => fit('mount tmpfs none /mnt', mount(label), asker);
    expect(fitOfMount('profile="ops"')).to.equal('access');
    expect(fitOfMount('namespace="ns" profile="b"')).to.equal('access');
    expect(fitOfMount('label="ops//&:ns:b"')).to.equal('access');
    expect(fitOfMount('profile="ops//svc"')).to.equal('foreign');
    expect(fitOfMount('label="ops//&ops//svc"')).to.equal('foreign');
  });

  describe('of an attempt on a peer', () => {
    const signal = (profile: string, word: string): string =>
      `operation="signal" class="signal" profile="${profile}" pid=8 comm="id" requested_mask="${word}" ` +
      `denied_mask="${word}" signal=term peer="${profile === 'ops' ? 'ops-other' : 'ops'}"`;
    const trace =
      'operation="ptrace" class="ptrace" profile="ops-other" pid=8 comm="id" requested_mask="readby" ' +
      'denied_mask="readby" peer="ops"';
    const connect = 'operation="connect" class="unix" profile="ops-other" pid=7 comm="id" requested_mask="accept"';
    const asker: Asker = { ends: ['ops', 'ops-other'], labels: ['ops', 'ops-other'], tested: 'ops' };

    it('is of the access where the profile under test decided, at whichever end it is', () => {
      expect(fit('signal term peer x', signal('ops', 'send'), asker)).to.equal('access');
      expect(fit('signal term peer x', signal('ops', 'receive'), asker)).to.equal('access');
    });

    it("is of the peer where the peer's own profile decided", () => {
      expect(textOf(fit('signal term peer x', signal('ops-other', 'receive'), asker))).to.equal('peer');
      expect(textOf(fit('ptrace read peer x', trace, asker))).to.equal('peer');
      expect(textOf(fit('connect unix stream peer x', connect, asker))).to.equal('peer');
      expect(answersBefore(read('signal term peer x'))).to.deep.equal(['peer', 'capability']);
    });

    it('is of the access where both ends are under the profile', () => {
      const same: Asker = { ends: ['ops', 'ops'], labels: ['ops', 'ops'], tested: 'ops' };
      const text = signal('ops', 'receive').replace('ops-other', 'ops');
      expect(fit('signal term peer x', text, same)).to.equal('access');
    });

    it('is told by who is under test: the container, whoever asks', () => {
      const process = { pid: 7, label: 'a (enforce)', expected: 'a (enforce)' };
      const other = { pid: 8, label: 'b (enforce)', expected: 'b (enforce)' };
      expect(testedEnd({}, seen({ process, other }))).to.equal('a');
      expect(testedEnd({ from: 'x' }, seen({ process, other }))).to.equal('b');
      expect(testedEnd({}, seen({ process }))).to.equal(undefined);
    });
  });

  it('may be of the process at the other end, where that is not ours', () => {
    const at = 'profile="ops//svc" pid=7 comm="id"';
    const signal = `operation="signal" class="signal" ${at} requested_mask="receive" denied_mask="receive"`;
    const connect = `operation="connect" class="unix" ${at} family="unix" sock_type="stream" requested_mask="connect"`;
    const asker: Asker = { labels: ['ops'] };
    expect(fit('signal exists 1', `${signal} signal=exists peer="ops"`, asker)).to.equal('access');
    expect(fit('connect unix stream @a', connect, asker)).to.equal('access');
    expect(fit('connect unix stream', connect, asker)).to.equal('foreign');
  });

  it('may be of either end of a stack, in any order', () => {
    const stack = seen({ process: { pid: 7, label: 'b//&a (enforce)', expected: 'a//&b (enforce)' } });
    const signal =
      'operation="signal" class="signal" profile="a" pid=8 comm="id" requested_mask="send" denied_mask="send"';
    const asker: Asker = { ends: endsOf(stack, true) ?? [] };
    expect(fit('signal term child', `${signal} signal=term peer="a//&b"`, asker)).to.equal('access');
    expect(fit('signal term child', `${signal} signal=term peer="a"`, asker)).to.equal('foreign');
  });
});
