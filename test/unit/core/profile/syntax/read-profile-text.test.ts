import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText, Rule } from '#core/profile/syntax/ast.ts';
import { findIn, readText } from '../reading.ts';

/** The only rule of a profile. */
function onlyRule(text: string): Rule {
  const rules = rulesOf(text);
  expect(rules, text).to.have.length(1);
  return rules[0]!;
}

function rulesOf(text: string): readonly Rule[] {
  return readText(`profile t {\n${text}\n}\n`).profiles[0]!.rules;
}

/** The text that a span covers. */
function covered(
  text: ProfileText,
  span: { readonly file: string; readonly start: number; readonly end: number },
): string {
  return text.files.get(span.file)!.slice(span.start, span.end);
}

describe('readProfileText on the shipped profiles', () => {
  const abstractions = findIn({
    'tunables/global': '@{PROC}=/proc/\n',
    'abstractions/base': '  # entropy\n  /dev/urandom r,\n  signal (receive) peer=unconfined,\n',
  });
  for (const name of ['docker-nginx', 'docker-default', 'docker-nginx-documented']) {
    it(`gives each rule of ${name} a span from its qualifier to its comma`, () => {
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

  it('records where a rule of an abstraction stands, and which include led to it', () => {
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

describe('readFile', () => {
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
    it(`reads ${text}`, () => {
      expect(onlyRule(text)).to.deep.include({ kind: 'file', ...expected });
    });
  }

  it('gives a bare file rule every permission and no path', () => {
    expect(onlyRule('audit file,')).to.deep.include({ kind: 'file', permissions: 'rwlkmx', exec: { mode: 'ix' } });
    expect(onlyRule('file,')).not.to.have.property('path');
  });

  it('reads a link rule in each of its forms', () => {
    expect(onlyRule('link subset /a -> /b,')).to.deep.include({
      kind: 'link',
      subset: true,
      path: { text: '/a', expanded: ['/a'] },
      target: { text: '/b', expanded: ['/b'] },
    });
    expect(onlyRule('l /a -> /b,')).to.deep.include({ kind: 'link', subset: false });
    expect(rulesOf('rwl /a -> /b,').map(({ kind, id }) => [kind, id])).to.deep.equal([
      ['file', 't@p:2:1'],
      ['link', 't@p:2:1+link'],
    ]);
    expect(onlyRule('/a l,')).to.deep.include({ kind: 'file', permissions: 'l' });
  });

  it('removes quotes, and keeps the escapes that a glob needs', () => {
    expect(onlyRule('"/a b/\\"c" r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a b/"c']);
    expect(onlyRule('/a\\ b r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a\\ b']);
    expect(onlyRule('/a\\052\\x41\\* r,')).to.have.nested.property('path.expanded').that.deep.equals(['/a\\*A\\*']);
  });
});
