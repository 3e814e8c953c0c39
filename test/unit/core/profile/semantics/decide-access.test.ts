import { expect } from 'chai';
import type { Access } from '#core/profile/semantics/access.ts';
import { decideAccess } from '#core/profile/semantics/decide-access.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';

/** What a profile of these rules decides: `+` or `-`, and the rules that decide. */
function answers(rules: string, access: Access, preamble = ''): string {
  const text = readProfileText('p', `${preamble}\nprofile p {\n${rules}\n}\n`, () => undefined);
  if (!isRead(text)) throw new Error(text.message);
  const [block] = text.profiles;
  if (block === undefined) throw new Error('no profile');
  const { allowed, deciding, transition } = decideAccess(block, access, surroundingsOf(text, block));
  return `${allowed ? '+' : '-'}${transition === undefined ? '' : ` ${transition}:`} ${deciding.map((rule) => rule.text).join(' & ')}`.trim();
}

const file = (path: string, permission: 'r' | 'w' | 'a' | 'x' | 'm' | 'k' | 'l', owner = true): Access => ({
  class: 'file',
  path,
  permission,
  owner,
});

describe('decide', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, Access, string])[] = [
    ['nothing allows', '/a r,', file('/b', 'r'), '-'],
    ['a rule allows', '/a r,', file('/a', 'r'), '+ /a r'],
    ['deny beats allow', 'file,\ndeny /etc/** w,', file('/etc/x', 'w'), '- deny /etc/** w'],
    ['deny of another permission', 'file,\ndeny /etc/** w,', file('/etc/x', 'r'), '+ file'],
    ['w appends', '/a w,', file('/a', 'a'), '+ /a w'],
    ['deny w denies appending', 'file,\ndeny /a w,', file('/a', 'a'), '- deny /a w'],
    ['a does not write', '/a a,', file('/a', 'w'), '-'],
    ['ix maps', '/a ix,', file('/a', 'm'), '+ /a ix'],
    ['px does not', '/a px,', file('/a', 'm'), '-'],
    ['exec has a mode', 'file,', file('/a', 'x'), '+ ix: file'],
    ['an exact exec rule goes first', '/bin/* ix,\n/bin/a px -> b,', file('/bin/a', 'x'), '+ px -> b: /bin/a px -> b'],
    ['owner, asked by the owner', 'owner /a r,', file('/a', 'r'), '+ owner /a r'],
    ['owner, asked by another', 'owner /a r,', file('/a', 'r', false), '-'],
    ['a priority above a denial', 'deny /etc/** w,\npriority=1 /etc/a w,', file('/etc/a', 'w'), '+ priority=1 /etc/a w'],
    ['a priority below a denial', 'deny /etc/** w,\npriority=-1 /etc/a w,', file('/etc/a', 'w'), '- deny /etc/** w'],
    ['a link', '/a l,', file('/a', 'l'), '+ /a l'],
    ['a link to its target only', 'link /a -> /b,', { class: 'file', path: '/a', permission: 'l', target: '/c' }, '-'],
    ['all', 'all,', file('/a', 'x'), '+ ix: all'],
    ['capabilities', 'capability chown,', { class: 'capability', name: 'chown' }, '+ capability chown'],
    ['all capabilities', 'capability,\ndeny capability sys_admin,', { class: 'capability', name: 'sys_admin' }, '- deny capability sys_admin'],
    ['tcp is a stream', 'network inet tcp,', { class: 'network', family: 'inet', type: 'stream' }, '+ network inet tcp'],
    ['tcp alone is of both families', 'network tcp,', { class: 'network', family: 'inet6', type: 'stream' }, '+ network tcp'],
    ['a type alone', 'network,\ndeny network raw,', { class: 'network', family: 'packet', type: 'raw' }, '- deny network raw'],
    ['packet is a family', 'network,\ndeny network packet,', { class: 'network', family: 'inet', type: 'packet' }, '+ network'],
    ['a signal', 'signal (receive) set=(term) peer={runc,crun},', { class: 'signal', access: 'receive', signal: 'term', peer: 'crun' }, '+ signal (receive) set=(term) peer={runc,crun}'],
    ['another signal', 'signal (receive) set=(term) peer=runc,', { class: 'signal', access: 'receive', signal: 'kill', peer: 'runc' }, '-'],
    ['ptrace', 'ptrace (read) peer=p,', { class: 'ptrace', access: 'trace', peer: 'p' }, '-'],
    ['mount is denied', 'mount,\ndeny mount options=(bind),', { class: 'mount', target: '/mnt', source: '/a', flags: ['bind'] }, '- deny mount options=(bind)'],
    ['mount of a type', 'mount fstype=tmpfs,', { class: 'mount', target: '/mnt/', source: 'x', fstype: 'ext4' }, '-'],
    ['mount with flags', 'mount options=(ro, nosuid) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '+ mount options=(ro, nosuid) /a -> /b'],
    ['mount with one flag more', 'mount options=(ro) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '-'],
    ['mount with a flag that may be', 'mount options=(ro) options in (nosuid) /a -> /b,', { class: 'mount', target: '/b', source: '/a', flags: ['nosuid', 'ro'] }, '+ mount options=(ro) options in (nosuid) /a -> /b'],
    ['remount', 'remount /a,', { class: 'mount', target: '/a', flags: ['ro', 'remount'] }, '+ remount /a'],
    ['umount', 'umount /a/,', { class: 'umount', target: '/b/' }, '-'],
    ['userns', 'userns,', { class: 'userns' }, '+ userns'],
    ['change_profile', 'change_profile -> b,', { class: 'change_profile', target: 'b' }, '+ change_profile -> b'],
  ];
  for (const [name, rules, access, expected] of cases)
    it(name, () => expect(answers(rules, access)).to.equal(expected));

  it('applies aliases', () => {
    expect(answers('/usr/lib/x r,', file('/opt/lib/x', 'r'), 'alias /usr/ -> /opt/,')).to.equal('+ /usr/lib/x r');
  });

  it('knows what the parser adds for hats', () => {
    expect(answers('^hat {\n}', file('/proc/1/attr/current', 'w'))).to.equal('+');
    expect(answers('', file('/proc/1/attr/current', 'w'))).to.equal('-');
  });
});
