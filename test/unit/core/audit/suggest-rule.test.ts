import { expect } from 'chai';
import { suggestRule } from '#core/audit/suggest-rule.ts';
import { denial, linesOf, record } from './records.ts';

describe('suggestRule', () => {
  // prettier-ignore
  const cases: readonly [string, string | undefined][] = [
    ['operation="open" class="file" name="/etc/shadow" comm="c" denied_mask="r"', '/etc/shadow r,'],
    ['operation="open" class="file" name="/etc/shadow" comm="c" denied_mask="wrc"', '/etc/shadow rw,'],
    ['operation="open" class="file" name="/log" comm="c" denied_mask="a"', '/log a,'],
    ['operation="rename_src" class="file" name="/t/f" comm="c" denied_mask="wrd"', '/t/f rw,'],
    ['operation="unlink" class="file" name="/t/f" comm="c" denied_mask="d"', '/t/f w,'],
    ['operation="file_mmap" class="file" name="/t/so" comm="c" denied_mask="rm"', '/t/so rm,'],
    ['operation="file_lock" class="file" name="/t/f" comm="c" denied_mask="k"', '/t/f k,'],
    ['operation="exec" class="file" name="/usr/bin/top" comm="c" denied_mask="x"', '/usr/bin/top ix,'],
    ['operation="symlink" class="file" name="/t/l" comm="c" denied_mask="c"', '/t/l w,'],
    ['operation="link" class="file" name="/t/l" comm="c" denied_mask="l" target="/t/f"', 'link /t/l -> /t/f,'],
    ['operation="open" class="file" name="/home/a/f" comm="c" denied_mask="r" fsuid=1000 ouid=1000', 'owner /home/a/f r,'],
    ['operation="open" class="file" name="/home/a/f" comm="c" denied_mask="r" fsuid=1000 ouid=0', '/home/a/f r,'],
    ['operation="open" class="file" name="/etc/x" comm="c" denied_mask="r" fsuid=0 ouid=0', '/etc/x r,'],
    ['operation="open" class="file" name="/proc/1234/environ" comm="c" denied_mask="r" fsuid=0 ouid=0', 'owner /proc/[0-9]*/environ r,'],
    ['operation="open" class="file" name="/proc/12/task/34/comm" comm="c" denied_mask="w"', '/proc/[0-9]*/task/[0-9]*/comm w,'],
    ['operation="open" class="file" name="/proc/1/environ" comm="c" denied_mask="r"', '/proc/1/environ r,'],
    ['operation="open" class="file" name="/proc/12/fd/7" comm="c" denied_mask="r"', '/proc/[0-9]*/fd/[0-9]* r,'],
    ['operation="open" class="file" name="/proc/12/a b" comm="c" denied_mask="r"', '"/proc/[0-9]*/a b" r,'],
    ['operation="open" class="file" name="/dev/pts/3" comm="c" denied_mask="wr"', '/dev/pts/[0-9]* rw,'],
    ['operation="exec" class="file" name="/.apparmor-probe-agent" comm="c" denied_mask="x"', undefined],
    ['operation="link" class="file" name="/t/l" comm="c" denied_mask="x" target="/t/f"', undefined],
    ['operation="setrlimit" class="rlimits" comm="c" rlimit=nice value=25', 'set rlimit nice <= -5,'],
    ['operation="setrlimit" class="rlimits" comm="c" rlimit=as value=18446744073709551615', 'set rlimit as <= infinity,'],
    ['operation="open" name=2F612062 comm="c" denied_mask="r"', '"/a b" r,'],
    ['operation="open" name=2F6122 comm="c" denied_mask="r"', '"/a\\"" r,'],
    ['operation="open" name=2F610A comm="c" denied_mask="r"', '"/a\\012" r,'],
    ['operation="open" name=2F61E280AE62 comm="c" denied_mask="r"', '"/a\\342\\200\\256b" r,'],
    ['operation="open" name="/a\\" comm="c" denied_mask="r"', '"/a\\\\" r,'],
    ['operation="open" name=2FC3BC comm="c" denied_mask="r"', '"/ü" r,'],
    ['operation="open" name=2F61FF comm="c" denied_mask="r"', undefined],
    ['operation="open" name="/a[1]{b,c}*?" comm="c" denied_mask="r"', '"/a\\[1\\]\\{b,c\\}\\*\\?" r,'],
    ['operation="open" name="/a\\b" comm="c" denied_mask="r"', '/a\\\\b r,'],
    ['operation="open" name="/a@{B}" comm="c" denied_mask="r"', '/a@\\{B\\} r,'],
    ['operation="inode_permission" name="/bin/dash" pid=1 denied_mask="::r" comm="c"', '/bin/dash r,'],
    ['operation="open" class="file" info="Failed name lookup - disconnected path" error=-13 name="a" comm="c" denied_mask="r"', undefined],
    ['operation="exec" class="file" info="no new privs" error=-1 name="/t/h" comm="c" denied_mask="x" target="a6"', undefined],
    ['operation="change_profile" class="file" profile="a" name="b" comm="c" target="b"', 'change_profile -> b,'],
    ['operation="change_onexec" class="file" info="label not found" error=-2 name="b" comm="c"', undefined],
    ['operation="change_hat" class="file" name="b" comm="c" target="a//b"', undefined],
    ['operation="capable" class="cap" comm="c" capability=21  capname="sys_admin"', 'capability sys_admin,'],
    ['operation="capable" name="setuid" comm="c"', 'capability setuid,'],
    ['operation="create" class="net" comm="c" family="inet" sock_type="raw" protocol=1 denied_mask="create"', 'network inet raw,'],
    ['operation="create" class="net" comm="c" family="unknown(44)" sock_type="raw" denied_mask="create"', undefined],
    ['operation="create" class="net" comm="c" family="inet" sock_type="unknown(9)" denied_mask="create"', 'network inet,'],
    ['operation="sendmsg" comm="c" lport=1 family="inet6" sock_type="dgram" protocol=17', 'network inet6 dgram,'],
    ['operation="file_perm" comm="c" family="unix" sock_type="stream" protocol=0 denied_mask="send receive" addr=none peer_addr="@x" peer="y"', 'unix (send, receive) type=stream addr=none peer=(label=y, addr=@x),'],
    ['operation="sendmsg" class="net" comm="c" family="unix" sock_type="stream" denied_mask="send"', 'network unix stream,'],
    ['operation="mount" class="mount" info="failed mntpnt match" error=-13 name="/t/m/" comm="c" fstype="tmpfs" srcname="tmpfs"', 'mount fstype=tmpfs tmpfs -> /t/m/,'],
    ['operation="mount" class="mount" name="/t/m/" comm="c" srcname="/t/d/" flags="rw, rbind"', 'mount options=(rw, rbind) /t/d/ -> /t/m/,'],
    ['operation="mount" class="mount" name="/" comm="c" flags="ro, nosuid, remount"', 'mount options=(ro, nosuid, remount) -> /,'],
    ['operation="umount" class="mount" name="/mnt/a b/" comm="c"', 'umount "/mnt/a b/",'],
    ['operation="pivotroot" name="/new/" comm="c" srcname="/new/old/"', 'pivot_root oldroot=/new/old/ /new/,'],
    ['operation="ptrace" class="ptrace" comm="c" denied_mask="trace" peer="unconfined"', 'ptrace (trace) peer=unconfined,'],
    ['operation="signal" class="signal" comm="c" denied_mask="send" signal=term peer="/usr/{a,b}"', 'signal (send) set=(term) peer="/usr/\\{a,b\\}",'],
    ['operation="signal" class="signal" comm="c" denied_mask="send"signal=unknown(99) peer="x"', 'signal (send) peer=x,'],
    ['operation="userns_create" class="namespace" comm="c" requested="userns_create" denied="userns_create"', 'userns create,'],
    ['operation="setrlimit" class="rlimits" comm="c" rlimit=nofile value=4000', 'set rlimit nofile <= 4000,'],
    ['operation="uring_sqpoll" class="io_uring" comm="c" denied="sqpoll"', 'io_uring sqpoll,'],
    ['operation="uring_override" class="io_uring" comm="c" denied="override_creds" tcontext="x"', 'io_uring override_creds label=x,'],
    ['operation="unlink" class="posix_mqueue" name="/q" comm="c" denied="delete"', 'mqueue (delete) type=posix /q,'],
    ['operation="sysv_mqueue" class="sysv_mqueue" name="123" comm="c" denied="open"', 'mqueue (open) type=sysv 123,'],
    ['operation="dbus_method_call" bus="system" path="/o" interface="i" member="M" mask="send" name="n" comm="c" label="l" peer_label="unconfined"', 'dbus (send) bus=system path=/o interface=i member=M peer=(name=n, label=unconfined),'],
    ['operation="dbus_bind" bus="session" name="com.x" mask="bind" comm="c"', 'dbus (bind) bus=session name=com.x,'],
    ['operation="something_new" class="unheard" comm="c"', undefined],
    ['operation="open" class="__proto__" comm="c"', undefined],
  ];
  for (const [pairs, rule] of cases)
    it(rule === undefined ? `suggests nothing for ${pairs.slice(0, 60)}` : `suggests ${rule}`, () => {
      expect(suggestRule(denial(pairs))).to.equal(rule);
    });

  it('uses the variables that the profile has for process ids', () => {
    const task = denial('operation="open" class="file" name="/proc/12/task/34/attr/current" comm="c" denied_mask="w"');
    expect(suggestRule(task, () => true)).to.equal('@{PROC}/@{pid}/task/@{tid}/attr/current w,');
    expect(suggestRule(task, (name) => name === 'pid')).to.equal('/proc/@{pid}/task/[0-9]*/attr/current w,');
  });

  it('suggests nothing where nothing was denied', () => {
    for (const type of ['AUDIT', 'STATUS', 'HINT', 'ERROR']) {
      expect(
        suggestRule(
          record(
            `audit: type=1400 audit(1.000:2): apparmor="${type}" operation="open" class="file" name="/x" ` +
              'comm="c" requested_mask="r"',
          ),
        ),
      ).to.equal(undefined);
    }
  });

  // a link whose new name would allow more than the file (mask x) is refused whatever link rule is added
  it('suggests a rule for each captured denial that a rule can allow', () => {
    for (const line of linesOf('linux-6.12.107.txt').filter(
      (text) =>
        /"(?:DENIED|ALLOWED)"/.test(text) &&
        text.length < 1000 &&
        !/info="(?:no new|label not|Failed name)|operation="link".* denied_mask="x"/.test(text),
    )) {
      expect(suggestRule(record(line)), line).to.match(/^[^\n]+,$/);
    }
  });
});
