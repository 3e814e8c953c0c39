/** Every part of a rule counts: a change of any of them is a difference, in the direction that it has. */
import { expect } from 'chai';
import type { Change } from '#core/profile/compare/access-change.ts';
import { compareBlocks } from '#core/profile/compare/access-difference.ts';
import { readBlock } from '../reading.ts';

/** The direction from the first to the second; from the second to the first it is the reverse. */
type Row = readonly [part: string, base: string, head: string, change: Change, ruleClass: string];

const RULES: readonly Row[] = [
  ['subset of a link', 'link subset /a/* -> /b/*,', 'link /a/* -> /b/*,', 'loosened', 'file'],
  ['subset before a path', 'l subset /a -> /b,', 'l /a -> /b,', 'loosened', 'file'],
  ['name of a link', 'link /a/* -> /b,', 'link /a/** -> /b,', 'allowed', 'file'],
  ['target of a link', 'link /a -> /b/*,', 'link /a -> /b/**,', 'allowed', 'file'],
  ['letter l', '/a/* rw,', '/a/* rwl,', 'allowed', 'file'],
  ['owner of a link', 'owner /a/* l,', '/a/* l,', 'allowed', 'file'],
  ['target that a file rule leaves open', '/a l,', 'link /a -> /**,', 'loosened', 'file'],
  ['owner', 'owner /a r,', '/a r,', 'allowed', 'file'],
  ['audit of a denial', 'file,\naudit deny /a w,', 'file,\ndeny /a w,', 'logging', 'file'],
  ['audit of what is allowed', 'audit /a r,', '/a r,', 'logging', 'file'],
  ['prompt', 'prompt /a r,', '/a r,', 'allowed', 'file'],
  ['denial that becomes a prompt', 'file,\ndeny /a r,', 'file,\npriority=1 prompt /a r,', 'loosened', 'file'],
  ['priority', '/a r,\ndeny /a r,', 'priority=1 /a r,\ndeny /a r,', 'allowed', 'file'],
  ['all,', 'file,', 'all,', 'allowed', 'capability'],
  ['capability', 'capability chown,', 'capability chown kill,', 'allowed', 'capability'],
  ['audit of a capability', 'audit capability kill,', 'capability kill,', 'logging', 'capability'],
  ['every capability', 'capability chown,', 'capability,', 'allowed', 'capability'],
  ['network type', 'network inet stream,', 'network inet,', 'allowed', 'network'],
  ['network address', 'network inet ip=10.0.0.1,', 'network inet,', 'allowed', 'network'],
  ['network port', 'network inet port=80,', 'network inet port=81,', 'allowed', 'network'],
  ['network peer', 'network inet peer=(ip=10.0.0.1),', 'network inet,', 'allowed', 'network'],
  ['network access', 'network (create) inet,', 'network (create, connect) inet,', 'allowed', 'network'],
  ['unix type', 'unix type=stream,', 'unix,', 'allowed', 'unix'],
  ['unix address', 'unix addr=@a,', 'unix addr=@a*,', 'allowed', 'unix'],
  ['unix label', 'unix label=x,', 'unix,', 'allowed', 'unix'],
  ['unix peer label', 'unix peer=(label=x),', 'unix,', 'allowed', 'unix'],
  ['unix peer address', 'unix peer=(addr=@x),', 'unix,', 'allowed', 'unix'],
  ['unix protocol', 'unix protocol=0,', 'unix,', 'allowed', 'unix'],
  ['unix attribute', 'unix (getattr) attr=a,', 'unix (getattr),', 'allowed', 'unix'],
  ['dbus bus', 'dbus send bus=session,', 'dbus send,', 'allowed', 'dbus'],
  ['dbus member', 'dbus send member=A,', 'dbus send member=A*,', 'allowed', 'dbus'],
  ['dbus peer', 'dbus send peer=(name=a, label=b),', 'dbus send peer=(name=a),', 'allowed', 'dbus'],
  ['dbus access', 'dbus send,', 'dbus,', 'allowed', 'dbus'],
  ['signal set', 'signal set=(term),', 'signal set=(term kill),', 'allowed', 'signal'],
  ['signal peer', 'signal peer=a,', 'signal peer=a*,', 'allowed', 'signal'],
  ['signal access', 'signal send,', 'signal,', 'allowed', 'signal'],
  ['ptrace peer', 'ptrace peer=a,', 'ptrace,', 'allowed', 'ptrace'],
  ['ptrace access', 'ptrace read,', 'ptrace,', 'allowed', 'ptrace'],
  ['mount options', 'mount options=ro /a -> /b,', 'mount options in (ro, nosuid) /a -> /b,', 'allowed', 'mount'],
  ['mount data', 'mount options=(ro, uid=1) /a -> /b,', 'mount options=ro /a -> /b,', 'allowed', 'mount'],
  ['mount type', 'mount fstype=ext4 /a -> /b,', 'mount fstype=(ext4 xfs) /a -> /b,', 'allowed', 'mount'],
  ['mount source', 'mount /dev/a -> /b,', 'mount -> /b,', 'allowed', 'mount'],
  ['mount target', 'mount /a -> /b/,', 'mount /a -> /b/**,', 'allowed', 'mount'],
  ['bind mount', 'mount options=bind /a -> /b,', 'mount options=rbind /a -> /b,', 'allowed', 'mount'],
  ['propagation', 'mount options=private /b,', 'mount options=shared /b,', 'allowed', 'mount'],
  ['remount', 'remount options=ro /b,', 'remount /b,', 'allowed', 'mount'],
  ['umount', 'umount /a/,', 'umount,', 'allowed', 'umount'],
  ['old root', 'pivot_root oldroot=/o/ /n/,', 'pivot_root /n/,', 'allowed', 'pivot_root'],
  ['limit', 'set rlimit nofile <= 10,', 'set rlimit nofile <= 11,', 'allowed', 'rlimit'],
  ['unit of a limit', 'set rlimit cpu <= 10 seconds,', 'set rlimit cpu <= 10 minutes,', 'allowed', 'rlimit'],
  ['unsafe', 'change_profile /a -> b,', 'change_profile unsafe /a -> b,', 'loosened', 'change_profile'],
  ['program of a change', 'change_profile /a -> b,', 'change_profile /a* -> b,', 'allowed', 'change_profile'],
  ['target of a change', 'change_profile -> a,', 'change_profile -> *,', 'allowed', 'change_profile'],
  ['user namespaces', 'file,', 'file,\nuserns,', 'allowed', 'userns'],
  ['io_uring', 'io_uring sqpoll,', 'io_uring,', 'allowed', 'io_uring'],
  ['io_uring label', 'io_uring label=a,', 'io_uring,', 'allowed', 'io_uring'],
  ['queue type', 'mqueue type=posix /a,', 'mqueue /a,', 'allowed', 'mqueue'],
  ['queue name', 'mqueue /a,', 'mqueue,', 'allowed', 'mqueue'],
];

const EXECUTIONS: readonly (readonly [base: string, head: string, detail: string])[] = [
  ['/a Px,', '/a px,', 'was Px and is px: the environment is no longer cleared'],
  ['/a ux,', '/a Ux,', 'was ux and is Ux: the environment is now cleared'],
  ['/a Px,', 'unsafe /a Px,', 'was Px and is px: the environment is no longer cleared'],
  ['safe /a cx,', '/a cx,', 'was Cx and is cx: the environment is no longer cleared'],
  ['/a Px -> b,', '/a px -> b,', 'was Px -> b and is px -> b: the environment is no longer cleared'],
  ['/a Px,', '/a Pix,', 'was Px and is Pix'],
  ['/a Px,', '/a PUx,', 'was Px and is PUx'],
  ['/a Cx,', '/a CUx,', 'was Cx and is CUx'],
  ['/a Px -> b,', '/a Px -> c,', 'was Px -> b and is Px -> c'],
  ['/a Px -> b,', '/a Px,', 'was Px -> b and is Px'],
];

const HEADERS: readonly Row[] = [
  ['complain', '', 'flags=(complain)', 'allowed', 'flags'],
  ['unconfined', '', 'flags=(unconfined)', 'allowed', 'flags'],
  ['default_allow', '', 'flags=(default_allow)', 'allowed', 'flags'],
  ['prompt', '', 'flags=(prompt)', 'allowed', 'flags'],
  ['kill', 'flags=(kill)', '', 'allowed', 'flags'],
  ['attach_disconnected', '', 'flags=(attach_disconnected)', 'allowed', 'flags'],
  ['attach_disconnected.path', '', 'flags=(attach_disconnected.path=/x)', 'allowed', 'flags'],
  ['mediate_deleted', '', 'flags=(mediate_deleted)', 'allowed', 'flags'],
  ['chroot_attach', '', 'flags=(chroot_attach)', 'allowed', 'flags'],
  ['chroot_relative', '', 'flags=(chroot_relative)', 'allowed', 'flags'],
  ['a flag of another version', '', 'flags=(interruptible)', 'allowed', 'flags'],
  ['audit', '', 'flags=(audit)', 'logging', 'flags'],
  ['attachment', '/bin/x', '', 'loosened', 'attachment'],
  ['expression of the attachment', '/bin/{x,y}', '/bin/x', 'loosened', 'attachment'],
  ['condition on attributes', '/bin/x', '/bin/x xattrs=(user.a=b)', 'loosened', 'attachment'],
];

const REVERSE: Readonly<Record<Change, Change>> = {
  allowed: 'denied',
  denied: 'allowed',
  loosened: 'tightened',
  tightened: 'loosened',
  transition: 'transition',
  logging: 'logging',
};

/** Of what is not known, any change may allow more. */
const BOTH_WAYS = /chroot_relative|of another version/;

function changes(base: string, head: string): [change: Change, ruleClass: string][] {
  return compareBlocks(readBlock(base), readBlock(head)).differences.map(({ change, class: name }) => [change, name]);
}

function profile({ rules = '', header = '' }): string {
  return `profile p ${header} {\n${rules}\n}\n`;
}

describe('every part of a rule', () => {
  for (const [part, base, head, change, ruleClass] of RULES) {
    it(`is compared: ${part}`, () => {
      const [was, is] = [base, head].map((rules) => profile({ rules })) as [string, string];
      expect(changes(was, is)).to.deep.include([change, ruleClass]);
      expect(changes(is, was)).to.deep.include([REVERSE[change], ruleClass]);
      expect(changes(was, was)).to.deep.equal([]);
    });
  }

  for (const [base, head, detail] of EXECUTIONS) {
    it(`is compared: how a program is executed, ${base} ${head}`, () => {
      const [was, is] = [base, head].map((rules) => readBlock(profile({ rules })));
      const { differences } = compareBlocks(was!, is!);
      const transitions = differences.filter(({ change }) => change === 'transition');
      expect(transitions.map((difference) => difference.detail)).to.deep.equal([detail]);
    });
  }
});

describe('every part of a header', () => {
  for (const [part, base, head, change, ruleClass] of HEADERS) {
    it(`is compared: ${part}`, () => {
      const [was, is] = [base, head].map((header) => profile({ header })) as [string, string];
      expect(changes(was, is)).to.deep.equal([[change, ruleClass]]);
      const back = BOTH_WAYS.test(part) ? change : REVERSE[change];
      expect(changes(is, was)).to.deep.equal([[back, ruleClass]]);
    });
  }
});

describe('the mode of both profiles', () => {
  const inMode = (mode: string, rules: string): string => profile({ header: `flags=(${mode})`, rules });

  it('counts in complain mode: what is not silently denied is let through', () => {
    const silent = inMode('complain', 'deny /a w,');
    expect(changes(silent, inMode('complain', ''))).to.deep.equal([['loosened', 'file']]);
    expect(changes(silent, inMode('complain', 'audit deny /a w,'))).to.deep.equal([['loosened', 'file']]);
    expect(changes(inMode('complain', ''), inMode('complain', '/a r,'))).to.deep.equal([['allowed', 'file']]);
  });

  it('counts where a profile allows by default: only denials decide', () => {
    expect(changes(inMode('default_allow', 'deny /a w,'), inMode('default_allow', ''))).to.deep.equal([
      ['loosened', 'file'],
    ]);
  });
});

describe('a variable', () => {
  it('counts in the target of an execution', () => {
    const text = (value: string): string => `@{X} = ${value}\nprofile p {\n/a px -> @{X},\n}\n`;
    expect(changes(text('b'), text('c'))).to.deep.equal([['transition', 'file']]);
  });
});
