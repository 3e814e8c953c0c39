import { expect } from 'chai';
import { policyOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { undeclaredIn } from '#core/spec/closed/undeclared.ts';

interface Declared {
  readonly allow?: readonly string[];
  readonly open?: readonly string[];
}

/** What rules allow of a class, beside what is declared: one member for each set of rules. */
function undeclared(name: string, rules: string, { allow = [], open = [] }: Declared = {}): readonly string[] {
  const read = readProfileText('/p', `profile p {\n${rules}\n}\n`, () => undefined);
  if (!isRead(read)) throw new Error(read.message);
  const [block] = read.profiles;
  if (block === undefined) throw new Error('no profile');
  const found = undeclaredIn({ class: name, allow, open }, policyOf(block), { profile: 'p', peers: ['runc'] });
  return found.map(({ words }) => words.join(' '));
}

describe('undeclaredIn', () => {
  // class, rules, and what they allow
  const beyond: readonly (readonly [string, string, RegExp])[] = [
    ['capability', 'capability dac_read_search,', /^dac_read_search$/],
    ['network', 'network alg seqpacket,', /^alg seqpacket$/],
    ['mount', 'mount fstype=tmpfs options=(rw,nosuid) tmpfs -> /mnt/**,', /^new tmpfs$/],
    ['mount', 'mount options=(rw, bind) /a/ -> /b/,', /^bind$/],
    ['mount', 'mount options=(rw,make-rshared) -> /**,', /^make-rshared$/],
    ['mount', 'umount /mnt/,', /^umount$/],
    ['mount', 'pivot_root oldroot=/a/ /b/,', /^pivot_root$/],
    ['ptrace', 'ptrace (read) peer=docker-*,', /^read docker-/],
    ['ptrace', 'ptrace (trace) peer=p,', /^trace own$/],
    ['signal', 'signal (send) set=(kill) peer=runc,', /^send runc kill$/],
    ['change_profile', 'change_profile -> /usr/bin/**,', /^change_profile \/usr\/bin\//],
    ['change_profile', 'change_profile /bin/sh -> other,', /^(change_profile|change_onexec|stack) other$/],
    ['userns', 'userns,', /^create$/],
    ['io_uring', 'io_uring sqpoll,', /^sqpoll$/],
    ['mqueue', 'mqueue (create) /queue,', /^create$/],
  ];
  for (const [name, rules, expected] of beyond)
    it(`finds what \`${rules}\` allows`, () => {
      const found = undeclared(name, rules);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(expected);
    });

  // class, rules, and entries that declare all of it
  const declared: readonly (readonly [string, string, Declared])[] = [
    ['capability', 'capability chown,', { allow: ['chown'] }],
    ['capability', 'capability,\ndeny capability,', {}],
    ['network', 'network inet tcp,', { allow: ['inet stream'] }],
    ['network', 'network netlink raw,', { allow: ['netlink raw 15'] }],
    ['mount', 'umount,', { allow: ['umount'] }],
    ['ptrace', 'ptrace (readby),', { allow: ['readby *'] }],
    ['ptrace', 'ptrace (tracedby) peer=unconfined,', {}], // the kernel asks no profile about it
    ['ptrace', 'ptrace (trace) peer=x*,', { allow: ['trace other'] }],
    ['signal', 'signal peer=p,', { allow: ['send own'] }],
    ['signal', 'signal (receive) set=(exists),', { allow: ['receive * exists'] }],
    ['signal', 'signal (receive) peer=runc,', { open: ['receive runc'] }],
  ];
  for (const [name, rules, entries] of declared)
    it(`finds nothing in \`${rules}\` beside ${JSON.stringify(entries)}`, () => {
      expect(undeclared(name, rules, entries)).to.deep.equal([]);
    });

  it('says the rule that allows it, and one member for all that the rule allows', () => {
    expect(undeclared('capability', 'capability chown setuid,\ncapability kill,')).to.have.length(2);
  });

  it('takes a deny rule and a higher priority into account', () => {
    expect(undeclared('capability', 'capability kill,\ndeny capability kill,')).to.deep.equal([]);
    expect(undeclared('capability', 'priority=1 capability kill,\ndeny capability kill,')).to.deep.equal(['kill']);
  });
});
