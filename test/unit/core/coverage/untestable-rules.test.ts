import { expect } from 'chai';
import fc from 'fast-check';
import { literalsOf } from '#core/profile/patterns/literals.ts';
import { untestableReason, type ContainerView } from '#core/coverage/untestable-rules.ts';
import { files, here, subject } from './subject.ts';

/** The reason for the last of these rules. */
function reason(rules: string, change: Partial<ContainerView> = {}, more = ''): string | undefined {
  const one = subject(rules, more);
  const block = one.text.profiles[0]!;
  return untestableReason(block.rules.at(-1)!, block, one, here(change));
}

describe('untestableReason', () => {
  it('names what the kernel, or the ABI of the policy, does not mediate', () => {
    const asked: string[] = [];
    const unmediated = (name: string): string => {
      asked.push(name);
      return `No ${name}.`;
    };
    expect(
      [
        'userns,',
        'deny mount,',
        'umount /mnt/,',
        'deny /etc/x w,',
        'unix (send),',
        'set rlimit nofile <= 9,',
        'mqueue,',
      ].map((rule) => reason(rule, { unmediated })),
    ).to.deep.equal(asked.map((name) => `No ${name}.`));
    expect(asked).to.deep.equal(['userns', 'mount', 'mount', 'file', 'network', 'rlimit', 'mqueue']);
    expect(reason('dbus (send),', { unmediated })).to.equal('D-Bus is checked by the bus daemon, not by the kernel.');
  });

  it('names a capability that the container does not have', () => {
    expect(reason('capability chown,')).to.equal(undefined);
    expect(reason('deny capability chown kill,')).to.equal(undefined);
    expect(reason('capability,')).to.equal(undefined);
    expect(reason('deny capability sys_time,')).to.equal(
      'The container does not have the capability sys_time: the kernel refuses before it asks AppArmor.',
    );
    expect(reason('capability,', { capabilities: new Set() })).to.be.a('string');
  });

  it('names a call that the seccomp filter refuses first', () => {
    for (const rule of ['deny mount,', 'umount,', 'pivot_root,', 'userns,']) {
      expect(reason(rule, { filtered: true }), rule).to.equal(undefined);
      expect(reason(rule, { capabilities: new Set() }), rule).to.equal(undefined);
      expect(reason(rule, { filtered: true, capabilities: new Set() }), rule).to.match(/seccomp/);
    }
  });

  it('names a label that no process can have', () => {
    expect(reason('signal (receive) peer=unconfined,')).to.equal(undefined);
    expect(reason('signal (receive) peer=runc,')).to.equal(
      'No profile that is loaded here matches runc, so no process has such a label.',
    );
    expect(reason('signal (receive) peer={runc,crun},', { labels: ['crun'] })).to.equal(undefined);
    expect(reason('signal (receive) peer={runc,crun},')).to.match(/\{runc,crun\}/);
    expect(reason('ptrace (trace) peer=other,')).to.be.a('string');
    for (const rule of [
      'signal,',
      'signal (send) set=(term) peer=p,',
      'signal peer=p//k,',
      'signal peer=**,',
      'ptrace (readby) peer=p,',
      'deny ptrace peer=@{profile_name},',
    ])
      expect(reason(rule, {}, 'profile p//k {\n}\n'), rule).to.equal(undefined);
  });

  it('names a link that the kernel follows first', () => {
    const look = files(
      '/usr/',
      '/usr/bin/',
      '/usr/bin/dash',
      '/bin->/usr/bin',
      '/lib->/usr/lib',
      '/usr/lib/',
      '/sbin/',
      '/var/',
      '/run/',
      '/var/run->/run',
      '/usr/bin/sh->/usr/bin/dash',
    );
    expect(reason('deny /{bin,lib}/** wl,', { look })).to.equal(
      'The kernel follows links before it checks names, so it never sees this one: /bin → /usr/bin, /lib → /usr/lib.',
    );
    expect(reason('/var/run/nginx/*.pid r,', { look })).to.match(/\/var\/run → \/run/);
    for (const rule of [
      'deny /{bin,lib,sbin}/** wl,',
      'deny /{,usr/}bin/dash x,',
      'deny /usr/** w,',
      'deny /bin* w,',
      'deny /** w,',
      'deny /usr/bin/sh wx,',
      'deny /usr/missing/x r,',
      'file,',
      'deny /{b*,lib}/x w,',
    ])
      expect(reason(rule, { look }), rule).to.equal(undefined);
    expect(reason('deny /usr/bin/sh rx,', { look })).to.match(/\/usr\/bin\/sh → \/usr\/bin\/dash/);
    expect(reason('/etc/alternatives/[a-c]/*/x r,', { look: files('/etc->/usr/etc', '/usr/', '/usr/etc/') })).to.match(
      /\/etc → /,
    );
  });

  it('names what is not in /proc or /sys, where nothing can be created', () => {
    const look = files(
      '/proc/',
      '/proc/kcore',
      '/sys/',
      '/sys/firmware/',
      '/sys/kernel/',
      '/sys/kernel/security/',
      '/sys/kernel/mm/',
      '/sys/kernel/mm/ksm',
      '/home/',
    );
    const list = (folder: string): readonly string[] | undefined =>
      ({
        '/sys/firmware': [],
        '/sys/kernel/security': [],
        '/sys/kernel': ['security', 'mm'],
        '/sys/kernel/mm': ['ksm'],
      })[folder];
    const there = { look, list };
    expect(reason('file,\ndeny /sys/** wl,\ndeny /sys/firmware/** rwklx,', there)).to.equal(
      'This rule decides about no file that exists here or could be created here: /sys/firmware.',
    );
    expect(reason('file,\ndeny /sys/firmware/** r,', there)).to.be.a('string');
    expect(reason('file,\ndeny /sys/devices/virtual/powercap/** rwklx,', there)).to.be.a('string');
    expect(reason('file,\ndeny @{PROC}/mem rwklx,', there)).to.equal(undefined); // making it is asked for, and refused
    expect(reason('file,\ndeny @{PROC}/mem rx,', there)).to.be.a('string');
    for (const rule of [
      'deny /sys/firmware/** rwklx,',
      'deny /sys/kernel/** r,',
      'deny @{PROC}/kcore r,',
      'deny @{PROC}/* w,',
      'deny /sys/[^f]*/** wklx,',
      'deny /home/none r,',
      '/sys/kernel/mm/* r,',
    ])
      expect(reason(rule.startsWith('deny') ? `file,\n${rule}` : rule, there), rule).to.equal(undefined);
  });
});

describe('literalsOf', () => {
  it('finds what stands ahead of the first wildcard, for every alternative', () => {
    const of = (expression: string): string[] | undefined =>
      literalsOf(expression)
        ?.map(({ text, whole }) => `${text}${whole ? '' : '…'}`)
        .sort();
    expect(of('/a/b')).to.deep.equal(['/a/b']);
    expect(of('/a/*b')).to.deep.equal(['/a/…']);
    expect(of('/{,usr/}bin/{a,b*}')).to.deep.equal(['/bin/a', '/bin/b…', '/usr/bin/a', '/usr/bin/b…']);
    expect(of('/{a,{b,c}/d}/?')).to.deep.equal(['/a/…', '/b/d/…', '/c/d/…']);
    expect(of('/a\\*b\\{c[x]')).to.deep.equal(['/a*b{c…']);
    expect(of('/{a')).to.deep.equal(['/…']);
    expect(of('{a,b}'.repeat(8))).to.equal(undefined);
  });

  it('ends for any text', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('{', '}', ',', '\\', '*', '[', ']', '/', 'a', '?', '^'))
          .map((parts) => parts.join('')),
        (text) => {
          literalsOf(text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
