import { expect } from 'chai';
import type { Body, Expression, Rule } from '#core/profile/syntax/ast.ts';
import { findIn, readText } from '../reading.ts';

/** A rule without what all rules have in common. */
function bodyOf(rule: Rule): Body {
  const { id: _, profile: _p, span: _s, text: _t, comment: _c, via: _v, qualifiers: _q, ...body } = rule;
  return body;
}

/** The first rule of a profile that has the variable `@{A}`. */
function firstRule(rules: string): Rule {
  return readText(`@{A} = /x /y\nprofile t {\n${rules}\n}\n`).profiles[0]!.rules[0]!;
}

/** An expression without variables and quotes. */
function plain(text: string): Expression {
  return { text, expanded: [text] };
}

describe('readRule', () => {
  const cases: Readonly<Record<string, object>> = {
    'capability,': { kind: 'capability', names: [] },
    'capability chown sys_admin,': { kind: 'capability', names: ['chown', 'sys_admin'] },
    'network,': { kind: 'network', access: [], conditions: {} },
    'network inet tcp,': { kind: 'network', access: [], family: 'inet', type: 'tcp', conditions: {} },
    'network raw,': { kind: 'network', access: [], type: 'raw', conditions: {} },
    'network packet,': { kind: 'network', access: [], family: 'packet', conditions: {} },
    'network (send, receive) inet stream ip=10.0.0.1 port=80 peer=(ip=10.0.0.2 port=443),': {
      kind: 'network',
      access: ['send', 'receive'],
      family: 'inet',
      type: 'stream',
      conditions: { ip: plain('10.0.0.1'), port: plain('80'), 'peer.ip': plain('10.0.0.2'), 'peer.port': plain('443') },
    },
    'network bind inet,': { kind: 'network', access: ['bind'], family: 'inet', conditions: {} },
    'mount,': { kind: 'mount', conditions: {} },
    'mount options=(ro, nosuid) fstype=ext4 /dev/sda -> /mnt/**,': {
      kind: 'mount',
      conditions: { options: { text: '(ro, nosuid)', expanded: ['ro', 'nosuid'] }, fstype: plain('ext4') },
      source: plain('/dev/sda'),
      target: plain('/mnt/**'),
    },
    'mount options in (ro) options=rw none -> /a,': {
      kind: 'mount',
      conditions: { 'options in': { text: '(ro)', expanded: ['ro'] }, options: plain('rw') },
      source: plain('none'),
      target: plain('/a'),
    },
    'mount options=ro options=rw -> /a,': {
      kind: 'mount',
      conditions: { options: plain('ro'), 'options #2': plain('rw') },
      target: plain('/a'),
    },
    'remount options=ro /a,': { kind: 'remount', conditions: { options: plain('ro') }, target: plain('/a') },
    'umount /a/,': { kind: 'umount', conditions: {}, target: plain('/a/') },
    'unmount,': { kind: 'umount', conditions: {} },
    'pivot_root oldroot=/old/ /new/ -> other,': {
      kind: 'pivot_root',
      conditions: { oldroot: plain('/old/') },
      target: plain('/new/'),
      transition: 'other',
    },
    'ptrace (trace, read) peer=@{profile_name},': {
      kind: 'ptrace',
      access: ['trace', 'read'],
      conditions: { peer: { text: '@{profile_name}', expanded: ['t'] } },
    },
    'ptrace rw,': { kind: 'ptrace', access: ['read', 'trace'], conditions: {} },
    'signal (send) set=(term kill) peer={a,b},': {
      kind: 'signal',
      access: ['send'],
      conditions: { set: { text: '(term, kill)', expanded: ['term', 'kill'] }, peer: plain('{a,b}') },
      signals: ['term', 'kill'],
    },
    'signal set=rtmin+8,': { kind: 'signal', access: [], conditions: { set: plain('rtmin+8') }, signals: ['rtmin+8'] },
    'dbus (send) bus=session path=/org/* peer=(name=org.x, label="a b"),': {
      kind: 'dbus',
      access: ['send'],
      conditions: {
        bus: plain('session'),
        path: plain('/org/*'),
        'peer.name': plain('org.x'),
        'peer.label': { text: '"a b"', expanded: ['a b'] },
      },
    },
    'dbus eavesdrop,': { kind: 'dbus', access: ['eavesdrop'], conditions: {} },
    'unix (connect, r) type=stream addr="@x" peer=(addr=none),': {
      kind: 'unix',
      access: ['connect', 'receive'],
      conditions: { type: plain('stream'), addr: { text: '"@x"', expanded: ['@x'] }, 'peer.addr': plain('none') },
    },
    'mqueue (read, write) type=posix /queue,': {
      kind: 'mqueue',
      access: ['read', 'write'],
      conditions: { type: plain('posix') },
      name: plain('/queue'),
    },
    'io_uring (sqpoll, override_creds) label=x,': {
      kind: 'io_uring',
      access: ['sqpoll', 'override_creds'],
      conditions: { label: plain('x') },
    },
    'set rlimit nofile <= 4096,': { kind: 'rlimit', limit: 'nofile', value: '4096' },
    'set rlimit data <= 10 MB,': { kind: 'rlimit', limit: 'data', value: '10 MB' },
    'set rlimit nice <= -5,': { kind: 'rlimit', limit: 'nice', value: '-5' },
    'change_profile,': { kind: 'change_profile' },
    'change_profile unsafe /bin/* -> safe,': {
      kind: 'change_profile',
      mode: 'unsafe',
      exec: plain('/bin/*'),
      target: plain('safe'),
    },
    'userns,': { kind: 'userns', access: [] },
    'userns create,': { kind: 'userns', access: ['create'] },
    'all,': { kind: 'all', access: [] },
    'link subset /a -> @{A}/b,': {
      kind: 'link',
      subset: true,
      path: plain('/a'),
      target: { text: '@{A}/b', expanded: ['/x/b', '/y/b'], alternation: '{/x,/y}/b' },
    },
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads ${text}`, () => {
      expect(bodyOf(firstRule(text))).to.deep.equal(expected);
    });
  }
});

describe('readQualifiers', () => {
  const cases: Readonly<Record<string, object>> = {
    '/a r,': { audit: false, access: 'allow' },
    'audit deny owner /a r,': { audit: true, access: 'deny', owner: 'owner' },
    'allow other /a r,': { audit: false, access: 'allow', owner: 'other' },
    'priority=-10 prompt /a r,': { audit: false, access: 'prompt', priority: -10 },
    'audit deny { /a r, }': { audit: true, access: 'deny' },
    'deny { audit owner { /a r, } }': { audit: true, access: 'deny', owner: 'owner' },
    'audit { deny /a r, }': { audit: true, access: 'deny' },
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads those of ${text}`, () => {
      const rule = firstRule(text);
      expect(rule.qualifiers).to.deep.equal(expected);
      expect(rule.text).to.match(/\/a r$/);
    });
  }
});

describe('the common parts of a rule', () => {
  it('have its text without superfluous blanks, comments and comma, and a span that covers all of these', () => {
    const source = 'profile t {\n  deny   "/a  b"\n    # why\n    r ,\n}\n';
    const rule = readText(source).profiles[0]!.rules[0]!;
    expect(rule.text).to.equal('deny "/a  b" r');
    expect(source.slice(rule.span.start, rule.span.end)).to.equal('deny   "/a  b"\n    # why\n    r ,');
    expect(rule.span).to.include({ line: 2, column: 3 });
  });

  it('have the comment that stands directly above it and at the end of its line', () => {
    const rules = readText('profile t {\n  # far\n\n  # one\n  #two\n  /a r, # three\n  /b r,\n}').profiles[0]!.rules;
    expect(rules.map(({ comment }) => comment)).to.deep.equal(['one\ntwo\nthree', undefined]);
  });
});

describe('readProfile', () => {
  const names = (text: string): [string, string][] => readText(text).profiles.map(({ name, kind }) => [name, kind]);

  it('reads headers with bare paths, attachments, namespaces, hats and children', () => {
    expect(names('/usr/bin/x { }')).to.deep.equal([['/usr/bin/x', 'profile']]);
    expect(names(':ns:p { }')).to.deep.equal([[':ns://p', 'profile']]);
    expect(names('profile "a b" { ^h { } hat i { } profile c { profile d { } } }')).to.deep.equal([
      ['a b', 'profile'],
      ['a b//h', 'hat'],
      ['a b//i', 'hat'],
      ['a b//c', 'child'],
      ['a b//c//d', 'child'],
    ]);
    const [profile] = readText(
      '@{B} = /bin /usr/bin\nprofile p @{B}/{x,y} xattrs=(user.a=b user.c=("d" e)) flags=(complain audit) { }',
    ).profiles;
    expect(profile).to.deep.include({ flags: ['complain', 'audit'], xattrs: 'xattrs=(user.a=b user.c=("d" e))' });
    expect(profile!.attachment!.expanded).to.deep.equal(['/bin/{x,y}', '/usr/bin/{x,y}']);
    expect(readText('profile p (complain){ }').profiles[0]!.flags).to.deep.equal(['complain']);
  });

  it('gives each rule to its own block', () => {
    const [parent, child] = readText('profile p { /a r, profile c { /b r, } /c r, }').profiles;
    expect(parent!.rules.map(({ text }) => text)).to.deep.equal(['/a r', '/c r']);
    expect(child!.rules.map(({ profile, text }) => [profile, text])).to.deep.equal([['p//c', '/b r']]);
  });

  it('reads the branch of a condition that is taken, and expands no variable in another', () => {
    const block = 'profile p { if defined @{X} { /x r, } else if not $b { /nb r, } else { //e r, } }';
    const texts = (preamble: string): string[] =>
      readText(`${preamble}\n${block}`).profiles[0]!.rules.map(({ text }) => text);
    expect(texts('@{X} = 1\n$b = true')).to.deep.equal(['/x r']);
    expect(texts('$b = false')).to.deep.equal(['/nb r']);
    expect(texts('$b = true')).to.deep.equal(['//e r']);
    expect(
      readText('$b = true\nprofile p { if $b { /a r, } else { @{UNKNOWN} r, profile c { } } }').profiles,
    ).to.have.length(1);
  });

  it('expands variables with additions, nesting, escapes, and the name of the profile', () => {
    const preamble = '@{A} = a "b c"\n@{A} += d \\\n  e # not this\n@{B} = /@{A}/\n$t = true\n';
    const text = readText(`${preamble}profile p { @{B}/x r, /\\@{A} r, /@{profile_name} r, }`);
    expect(text.variables.get('B')).to.deep.equal(['/a/', '/b c/', '/d/', '/e/']);
    expect(text.profiles[0]!.rules.map((rule) => rule.kind === 'file' && rule.path!.expanded)).to.deep.equal([
      ['/a/x', '/b c/x', '/d/x', '/e/x'],
      ['/\\@{A}'],
      ['/p'],
    ]);
  });

  it('includes files by name, if they exist, once in a block, and records the way to each rule', () => {
    const find = findIn({ a: '/a r,\ninclude "b"\n', b: '#include <a>\n/b r,\n' });
    const included = '  include <a>\n  include if exists <none>\n  include "b"\n  ^h { #include <b>\n }\n';
    const { profiles } = readText(`abi <abi/4.0>,\nprofile p {\n${included}}`, find);
    const rules = profiles.flatMap((profile) => profile.rules);
    expect(rules.map(({ id, via }) => [id, via.map(({ file, line }) => `${file}:${line}`)])).to.deep.equal([
      ['p@a:1:1', ['p:3']],
      ['p@b:2:1', ['p:3', 'a:2']],
      ['p//h@a:1:1', ['p:6', 'b:1']],
      ['p//h@b:2:1', ['p:6']],
    ]);
  });

  it('records aliases and the abi', () => {
    expect(readText('abi "abi/3.0",\nalias /a -> /b,\nprofile p { }')).to.deep.include({
      abi: '"abi/3.0"',
      aliases: [{ from: '/a', to: '/b' }],
    });
  });
});
