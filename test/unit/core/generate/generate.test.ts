import { extraProbesOf, peersOf } from '#core/generate/peer-and-flag-probes.ts';
import { namedPaths } from '#core/generate/named-paths.ts';
import { wholeLiteralsOf } from '#core/profile/patterns/literals.ts';
import { expect } from 'chai';
import { candidatesIn, type NamedFile } from '#core/generate/candidates.ts';
import { chooseProbes } from '#core/generate/choose-probes.ts';
import { composeSpec, groupsOf, scalar } from '#core/generate/compose-spec.ts';
import { Pool, predict } from '#core/generate/predict.ts';
import { goalsOf } from '#core/generate/shortlist.ts';
import { changesOf } from '#core/generate/variants.ts';
import { policyOf, surroundingsOf } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { validateSpec } from '#core/spec/validate.ts';

const IMAGE: readonly NamedFile[] = [
  ...['/', '/etc', '/usr', '/usr/bin', '/usr/lib', '/var', '/var/tmp', '/proc', '/proc/sys'].map((path): NamedFile => ({
    path,
    kind: 'folder',
    mode: 0o755,
  })),
  ...['/etc/passwd', '/etc/group', '/usr/lib/x.so', '/proc/kcore', '/proc/sysrq-trigger'].map((path): NamedFile => ({
    path,
    kind: 'file',
    mode: 0o644,
  })),
  ...['/usr/bin/dash', '/usr/bin/free', '/usr/bin/top'].map((path): NamedFile => ({ path, kind: 'file', mode: 0o755 })),
  { path: '/bin', kind: 'link', mode: 0o777 },
  { path: '/usr/bin/sh', kind: 'link', mode: 0o777 },
];

/** Follows the image's two links. */
function look(path: string, follow: boolean): { path: string; folder: boolean; missing: boolean } | undefined {
  const through = path.replace(/^\/bin(?=\/.)/, '/usr/bin');
  const target = { '/bin': '/usr/bin', '/usr/bin/sh': '/usr/bin/dash' }[through];
  const real = follow && target !== undefined ? target : through;
  const item = IMAGE.find((one) => one.path === real);
  return { path: real, folder: item?.kind === 'folder', missing: item === undefined };
}

function generated(
  body: string,
  holds: (words: string) => boolean = () => true,
): { yaml: string; names: string[]; unshown: string[] } {
  const text = readProfileText('/p', `profile p {\n${body}\n}\n`, () => undefined);
  if (!isRead(text)) throw new Error(text.message);
  const [block] = text.profiles;
  const policy = policyOf(block!, surroundingsOf(text, block!));
  const pool = new Pool(
    candidatesIn(IMAGE, look, 'p', { withStranger: /\bowner\b/.test(body) }).map((one) => predict(one, policy)),
  );
  const changes = changesOf(text, block!, () => undefined);
  const goals = block!.rules.flatMap((rule) => goalsOf(rule, pool, changes.get(rule.id) ?? []));
  const { choices } = chooseProbes(goals, ({ candidate }) => (holds(candidate.words.join(' ')) ? 'clean' : undefined));
  const yaml = composeSpec(
    {
      title: 'p',
      profile: { file: '../p', include: [] },
      image: 'x',
      sysctls: {},
      placeholderMounts: [],
      peers: peersOf(block!),
    },
    {
      groups: groupsOf(block!.rules),
      choices,
      extras: extraProbesOf(block!),
      placeOf: ({ span }) => `p:${span.line}`,
    },
  );
  const { spec, problems } = validateSpec('x.yml', yaml);
  expect(problems).to.deep.equal([]);
  const unshown = [...changes.values()]
    .flat()
    .filter(({ variant }) => !choices.some(({ predicted }) => variant.shows(predicted)))
    .map(({ what }) => what);
  return { yaml, names: spec!.probes.map(({ name }) => name!), unshown };
}

describe('a spec generated from a profile and an image', () => {
  it('shows each letter of a deny rule, the link to it, a neighbour, and every change of it', () => {
    const { names, yaml, unshown } = generated('  file,\n  # no shell\n  deny /usr/bin/dash rx,');
    expect(names).to.include.members([
      'executing /usr/bin/dash is denied',
      'reading /usr/bin/dash is denied',
      'executing /usr/bin/sh, by way of a link, is denied',
    ]);
    expect(names.some((name) => /^(?:executing|reading) \/usr\/bin\/(?:free|top) is allowed$/.test(name))).to.equal(
      true,
    );
    expect(yaml).to.include('because: no shell').and.to.include('# p:4: deny /usr/bin/dash rx');
    expect(unshown).to.deep.equal([]);
  });

  it('has probes that show when an expression is narrower or wider', () => {
    const { unshown, names } = generated('  file,\n  deny /usr/** w,\n  deny /etc/[^p]* w,');
    expect(unshown).to.deep.equal([]);
    expect(names).to.include('writing to /etc/group is denied');
  });

  it('tries as somebody else what only the owner of a file may do', () => {
    const { yaml, unshown } = generated('  owner /etc/* r,\n  /usr/** rix,');
    expect(yaml).to.match(/by a user who does not own it is denied"?\n(?: {4}.*\n)*? {4}user: "65534:65534"/);
    expect(unshown.filter((change) => !change.includes('→ owner'))).to.deep.equal([]);
  });

  it('expects an audited access with its record', () => {
    expect(generated('  file,\n  audit /var/** w,').yaml).to.include(
      'expect: {access: allowed, audit: {apparmor: AUDIT}}',
    );
  });

  it('covers classes without a path', () => {
    const { names } = generated(
      [
        '  capability chown,',
        '  network inet stream,',
        '  network inet raw,',
        '  signal (send, receive) peer=p,',
        '  ptrace (trace, tracedby) peer=p,',
      ].join('\n'),
    );
    expect(names).to.include.members([
      'the capability chown is allowed',
      'a socket of inet stream is allowed',
      'a socket of inet raw icmp is allowed',
      'the signal urg to a child is allowed',
      'tracing a child is allowed',
    ]);
    expect(names.some((name) => /^the capability .* is denied$/.test(name))).to.equal(true);
  });

  it('leaves out what the kernel did not confirm, and marks a rule without a probe', () => {
    const { yaml, names } = generated('  file,\n  deny /proc/kcore r,', (words) => !words.includes('kcore'));
    expect(yaml).to.include('deny /proc/kcore r  (no probe: nothing in this image can test it)');
    expect(names.some((name) => name.includes('kcore'))).to.equal(false);
  });

  it('joins probes that differ in their path only by a matrix', () => {
    expect(generated('  file,\n  deny /usr/bin/top x,\n  deny /usr/bin/free x,').yaml).to.match(
      /name: "executing \{path\} is denied"[\s\S]*matrix: \{path: \[\/usr\/bin\/top, \/usr\/bin\/free\]\}/,
    );
  });

  it('writes any text as one scalar', () => {
    for (const text of ['a: b', '- x', '#', 'yes', '{path}', 'a\n  - open: /x', '"', '\u2028', '1', '']) {
      const because = scalar(text === '' ? '-' : text);
      const probe = `  - name: n\n    because: ${because}\n    open: /x\n    expect: denied\n`;
      const { spec } = validateSpec('x.yml', `profile: p\ncontainer: {image: x}\nprobes:\n${probe}`);
      expect(spec?.probes, text).to.have.length(1);
      expect(spec?.probes[0]?.because).to.equal(text === '' ? '-' : text);
    }
  });

  it('looks for what rules name, and for the folders that their expressions begin with', () => {
    expect(wholeLiteralsOf('/{,usr/}bin/{a,b{c,d}}')).to.have.members([
      '/bin/a',
      '/usr/bin/a',
      '/bin/bc',
      '/usr/bin/bc',
      '/bin/bd',
      '/usr/bin/bd',
    ]);
    const text = readProfileText(
      '/p',
      'profile p {\n  deny /usr/bin/top x,\n  deny /opt/x/** w,\n  deny /etc/[^f]*/a r,\n  /srv/ r,\n  /** r,\n}\n',
      () => undefined,
    );
    if (!isRead(text)) throw new Error(text.message);
    expect(namedPaths(text.profiles[0]!)).to.deep.equal(['/usr/bin/top', '/opt/x', '/etc', '/srv']);
  });

  it('tries what peers may do, and what the flags are for', () => {
    const { yaml, names } = generated(
      '  file,\n  signal (receive) peer={runc,crun},\n  deny signal receive peer=other,\n  signal (send) peer=nobody,',
    );
    expect(names).to.include.members([
      'the signal urg from runc is allowed',
      'the signal urg from crun is allowed',
      'the signal urg from other is denied',
    ]);
    expect(yaml).to.contain('  runc: {profile: runc}').and.not.contain('nobody:');
    const flagged = readProfileText('/p', 'profile p flags=(attach_disconnected) { file, }', () => undefined);
    if (!isRead(flagged)) throw new Error(flagged.message);
    expect(extraProbesOf(flagged.profiles[0]!).map(({ fields }) => fields[0])).to.deep.equal([
      'name: a program in memory can be executed',
    ]);
  });
});
