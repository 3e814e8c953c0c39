import { expect } from 'chai';
import type { Access } from '#core/profile/semantics/access.ts';
import { decideAccess } from '#core/profile/semantics/decide-access.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import { readText } from '../reading.ts';

/** What a profile of these rules decides: `+` or `-`, how a program is executed, and the rules that decide. */
function answers(rules: string, access: Access, preamble = ''): string {
  const text = readText(`${preamble}\nprofile p {\n${rules}\n}\n`);
  const [block] = text.profiles;
  if (block === undefined) throw new Error('there is no profile');
  const { allowed, deciding, transition } = decideAccess(block, access, surroundingsOf(text, block));
  const mode = transition === undefined ? '' : ` ${transition}:`;
  return `${allowed ? '+' : '-'}${mode} ${deciding.map((rule) => rule.text).join(' & ')}`.trim();
}

const file = (path: string, permission: 'r' | 'w' | 'a' | 'x' | 'm' | 'k' | 'l', owner = true): Access => ({
  class: 'file',
  path,
  permission,
  owner,
});

describe('decideAccess', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, Access, string])[] = [
    ['denies what no rule allows', '/a r,', file('/b', 'r'), '-'],
    ['allows what a rule allows', '/a r,', file('/a', 'r'), '+ /a r'],
    ['lets deny take precedence over allow', 'file,\ndeny /etc/** w,', file('/etc/x', 'w'), '- deny /etc/** w'],
    ['does not let deny cover another permission', 'file,\ndeny /etc/** w,', file('/etc/x', 'r'), '+ file'],
    ['reads a character that is written byte by byte', '"/\\303\\274" r,', file('/ü', 'r'), '+ "/\\303\\274" r'],
    ['lets w append', '/a w,', file('/a', 'a'), '+ /a w'],
    ['lets deny w deny appending', 'file,\ndeny /a w,', file('/a', 'a'), '- deny /a w'],
    ['does not let a write', '/a a,', file('/a', 'w'), '-'],
    ['lets ix map', '/a ix,', file('/a', 'm'), '+ /a ix'],
    ['does not let px map', '/a px,', file('/a', 'm'), '-'],
    ['gives the mode of an execution', 'file,', file('/a', 'x'), '+ ix: file'],
    ['prefers an exact exec rule', '/bin/* ix,\n/bin/a px -> b,', file('/bin/a', 'x'), '+ px -> b: /bin/a px -> b'],
    ['allows an owner rule to the owner', 'owner /a r,', file('/a', 'r'), '+ owner /a r'],
    ['denies an owner rule to another user', 'owner /a r,', file('/a', 'r', false), '-'],
    ['lets a higher priority override a denial', 'deny /etc/** w,\npriority=1 /etc/a w,', file('/etc/a', 'w'), '+ priority=1 /etc/a w'],
    ['does not let a lower priority override a denial', 'deny /etc/** w,\npriority=-1 /etc/a w,', file('/etc/a', 'w'), '- deny /etc/** w'],
    ['allows a link', '/a l,', file('/a', 'l'), '+ /a l'],
    ['allows a link to its target only', 'link /a -> /b,', { class: 'file', path: '/a', permission: 'l', target: '/c' }, '-'],
    ['lets all allow execution', 'all,', file('/a', 'x'), '+ ix: all'],
    ['allows a capability by its name', 'capability chown,', { class: 'capability', name: 'chown' }, '+ capability chown'],
    ['denies one of all capabilities', 'capability,\ndeny capability sys_admin,', { class: 'capability', name: 'sys_admin' }, '- deny capability sys_admin'],
    ['takes tcp for a stream', 'network inet tcp,', { class: 'network', family: 'inet', type: 'stream' }, '+ network inet tcp'],
    ['takes tcp alone for both families', 'network tcp,', { class: 'network', family: 'inet6', type: 'stream' }, '+ network tcp'],
    ['takes a lone raw for a type', 'network,\ndeny network raw,', { class: 'network', family: 'packet', type: 'raw' }, '- deny network raw'],
    ['takes a lone packet for a family', 'network,\ndeny network packet,', { class: 'network', family: 'inet', type: 'packet' }, '+ network'],
    ['allows a signal by name and peer', 'signal (receive) set=(term) peer={runc,crun},', { class: 'signal', access: 'receive', signal: 'term', peer: 'crun' }, '+ signal (receive) set=(term) peer={runc,crun}'],
    ['denies another signal', 'signal (receive) set=(term) peer=runc,', { class: 'signal', access: 'receive', signal: 'kill', peer: 'runc' }, '-'],
    ['denies another access of ptrace', 'ptrace (read) peer=p,', { class: 'ptrace', access: 'trace', peer: 'p' }, '-'],
    ['denies a bind mount', 'mount,\ndeny mount options=(bind),', { class: 'mount', target: '/mnt', source: '/a', flags: ['bind'] }, '- deny mount options=(bind)'],
    ['denies a mount of another type', 'mount fstype=tmpfs,', { class: 'mount', target: '/mnt/', source: 'x', fstype: 'ext4' }, '-'],
    ['allows a mount with its flags in any order', 'mount options=(ro, nosuid) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '+ mount options=(ro, nosuid) /a -> /b'],
    ['denies a mount with one flag more', 'mount options=(ro) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '-'],
    ['allows a mount with an optional flag', 'mount options=(ro) options in (nosuid) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '+ mount options=(ro) options in (nosuid) /a -> /b'],
    ['allows a remount', 'remount /a,', { class: 'mount', target: '/a', flags: ['ro', 'remount'] }, '+ remount /a'],
    ['denies unmounting another folder', 'umount /a/,', { class: 'umount', target: '/b/' }, '-'],
    ['allows a user namespace', 'userns,', { class: 'userns' }, '+ userns'],
    ['allows a change of profile', 'change_profile -> b,', { class: 'change_profile', target: 'b' }, '+ change_profile -> b'],
  ];
  for (const [name, rules, access, expected] of cases) {
    it(name, () => {
      expect(answers(rules, access)).to.equal(expected);
    });
  }

  it('applies aliases to the paths of rules', () => {
    expect(answers('/usr/lib/x r,', file('/opt/lib/x', 'r'), 'alias /usr/ -> /opt/,')).to.equal('+ /usr/lib/x r');
  });

  it('allows what the parser adds for hats', () => {
    expect(answers('^hat {\n}', file('/proc/1/attr/current', 'w'))).to.equal('+');
    expect(answers('', file('/proc/1/attr/current', 'w'))).to.equal('-');
  });
});
