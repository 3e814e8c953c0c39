import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { FindInclude, ProfileText, Rule } from '#core/profile/syntax/ast.ts';

const none: FindInclude = () => undefined;

/** Includes by name. */
function finding(files: Readonly<Record<string, string>>): FindInclude {
  return ({ name }) => (files[name] === undefined ? undefined : [{ file: name, text: files[name] }]);
}

function read(text: string, find: FindInclude = none): ProfileText {
  const result = readProfileText('p', text, find);
  if (!isRead(result)) throw new Error(`${result.file}:${result.line}:${result.column}: ${result.message}`);
  return result;
}

function rules(body: string, find: FindInclude = none): readonly Rule[] {
  return read(`profile t {\n${body}\n}\n`, find).profiles[0]!.rules;
}

function one(body: string): Rule {
  const found = rules(body);
  expect(found, body).to.have.length(1);
  return found[0]!;
}

/** The text that a span covers. */
function covered(
  text: ProfileText,
  span: { readonly file: string; readonly start: number; readonly end: number },
): string {
  return text.files.get(span.file)!.slice(span.start, span.end);
}

describe('profile: reading the shipped profiles', () => {
  const abstractions = finding({
    'tunables/global': '@{PROC}=/proc/\n',
    'abstractions/base': '  # entropy\n  /dev/urandom r,\n  signal (receive) peer=unconfined,\n',
  });
  for (const name of ['docker-nginx', 'docker-default', 'docker-nginx-documented']) {
    it(`${name}: each rule's span is its text, from qualifier to comma`, () => {
      const file = `profiles/${name}`;
      const result = readProfileText(file, readFileSync(file, 'utf8'), abstractions);
      if (!isRead(result)) throw new Error(JSON.stringify(result));
      const [profile] = result.profiles;
      expect(profile!.flags).to.deep.equal(['attach_disconnected', 'mediate_deleted']);
      expect(covered(result, profile!.flagsSpan!)).to.equal('attach_disconnected,mediate_deleted');
      expect(covered(result, profile!.span)).to.match(/^profile docker[\s\S]*\}$/);
      const own = profile!.rules.filter(({ span }) => span.file === file);
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^ {2}[^ #].*,$/.test(line))
        .map((line) => line.trim());
      expect(own.map(({ span }) => covered(result, span))).to.deep.equal(lines);
      for (const rule of own)
        if (rule.kind === 'file' && rule.permissionsSpan)
          expect(covered(result, rule.permissionsSpan)).to.match(/^[mrwklxi]+$/);
    });
  }

  it('a rule of an abstraction says where it stands, and by which include it came', () => {
    const result = readProfileText(
      'profiles/docker-nginx',
      readFileSync('profiles/docker-nginx', 'utf8'),
      abstractions,
    ) as ProfileText;
    const [first] = result.profiles[0]!.rules;
    expect(first).to.include({ comment: 'entropy', text: '/dev/urandom r', id: 'docker-nginx@abstractions/base:2:3' });
    expect(first!.via.map((span) => covered(result, span))).to.deep.equal(['#include <abstractions/base>']);
  });
});

describe('profile: reading file rules', () => {
  const cases: readonly [string, object][] = [
    ['/a rw,', { permissions: 'rw' }],
    ['deny /a wklx,', { permissions: 'wklx', exec: { mode: 'x' } }],
    ['/usr/bin/x Px -> y,', { permissions: 'x', exec: { mode: 'Px', target: 'y' } }],
    ['rw /a,', { permissions: 'rw' }],
    ['file r /a,', { permissions: 'r' }],
    ['file /a mrpix -> "a b",', { permissions: 'mrx', exec: { mode: 'pix', target: '"a b"' } }],
    ['unsafe /a px,', { permissions: 'x', exec: { mode: 'px', safety: 'unsafe' } }],
    ['cx /a -> child,', { permissions: 'x', exec: { mode: 'cx', target: 'child' } }],
    ['/a RW,', { permissions: 'rw' }],
  ];
  for (const [text, expected] of cases) {
    it(text, () => expect(one(text)).to.deep.include({ kind: 'file', ...expected }));
  }

  it('file, has every permission and no path', () => {
    expect(one('audit file,')).to.deep.include({ kind: 'file', permissions: 'rwlkmx', exec: { mode: 'ix' } });
    expect(one('file,')).not.to.have.property('path');
  });

  it('a link rule is read from each of its forms', () => {
    expect(one('link subset /a -> /b,')).to.deep.include({
      kind: 'link',
      subset: true,
      path: { text: '/a', expanded: ['/a'] },
      target: { text: '/b', expanded: ['/b'] },
    });
    expect(one('l /a -> /b,')).to.deep.include({ kind: 'link', subset: false });
    expect(rules('rwl /a -> /b,').map(({ kind, id }) => [kind, id])).to.deep.equal([
      ['file', 't@p:2:1'],
      ['link', 't@p:2:1+link'],
    ]);
    expect(one('/a l,')).to.deep.include({ kind: 'file', permissions: 'l' });
  });

  it('quotes go and escapes stay as an expression needs them', () => {
    expect(one('"/a b/\\"c" r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a b/"c']);
    expect(one('/a\\ b r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a\\ b']);
    expect(one('/a\\052\\x41\\* r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a\\*A\\*']);
  });
});
