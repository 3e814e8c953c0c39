import { expect } from 'chai';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import fc from 'fast-check';
import { findIn, readText } from '../reading.ts';

/** What profiles of these tests include. */
const INCLUDES = findIn({ 'tunables/global': '@{bin}=/usr/bin\n', 'local/q': 'profile q { signal peer=p, }\n' });

const renamed = (source: string, ...names: string[]): string => {
  const result = makeCopy(readText(source, INCLUDES), names, (name) => `${name}.R`);
  return 'source' in result ? result.source : result.problem;
};

describe('makeCopy', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, string])[] = [
    ['renames a plain header', 'profile p {\n}\n', 'profile "p.R" {\n}\n'],
    ['keeps flags', 'profile p flags=(complain) {}', 'profile "p.R" flags=(complain) {}'],
    ['drops an attachment', 'profile p /usr/bin/p flags=(complain) {}', 'profile "p.R"  flags=(complain) {}'],
    ['drops an attachment with a variable', '@{bin}=/b\nprofile p @{bin}/p {}', '@{bin}=/b\nprofile "p.R"  {}'],
    ['renames a profile that is named by its path', '/usr/bin/p {\n}\n', '"/usr/bin/p.R" {\n}\n'],
    ['renames a quoted name', 'profile "p" {}', 'profile "p.R" {}'],
    ['renames a header without a blank before its block', 'profile p flags=(complain){\n}', 'profile "p.R" flags=(complain){\n}'],
    ['renames in peer=', 'profile p {\n  signal peer=p,\n}', 'profile "p.R" {\n  signal peer=p.R,\n}'],
    ['renames in peer=(label=)', 'profile p {\n  unix peer=(label=p),\n}', 'profile "p.R" {\n  unix peer=(label=p.R),\n}'],
    ['renames in an alternation, and before the name of a child', 'profile p {\n  ptrace peer={p,q},\n  signal peer=p//kid,\n}', 'profile "p.R" {\n  ptrace peer={p.R,q},\n  signal peer=p.R//kid,\n}'],
    ['renames before an alternation', 'profile p {\n  signal peer=p{,//*},\n}', 'profile "p.R" {\n  signal peer=p.R{,//*},\n}'],
    ['renames the parent in the header of a child beside it', 'profile p {}\nprofile p//kid /usr/bin/kid {}', 'profile "p.R" {}\nprofile "p.R//kid"  {}'],
    ['renames the targets of transitions', 'profile p {\n  /x px -> p//kid,\n  change_profile -> p,\n}', 'profile "p.R" {\n  /x px -> p.R//kid,\n  change_profile -> p.R,\n}'],
    ['keeps another name that begins alike', 'profile p {\n  signal peer=pq,\n  /p r,\n}', 'profile "p.R" {\n  signal peer=pq,\n  /p r,\n}'],
    ['keeps comments', '# profile p {\nprofile p { # peer=p\n}', '# profile p {\nprofile "p.R" { # peer=p\n}'],
    ['keeps a child of the same name', 'profile p {\n  profile p {\n  }\n}', 'profile "p.R" {\n  profile p {\n  }\n}'],
    ['does not take an alternation in a path for a block', 'profile p {\n  /{,usr/}bin/{a,b} ix,\n}\n', 'profile "p.R" {\n  /{,usr/}bin/{a,b} ix,\n}\n'],
    ['keeps the preamble', 'abi <abi/3.0>,\n#include <tunables/global>\n@{X} = /a /b\nprofile p {}', 'abi <abi/3.0>,\n#include <tunables/global>\n@{X} = /a /b\nprofile "p.R" {}'],
  ];
  // prettier-ignore
  const blanks: readonly (readonly [string, string, string])[] = [
    ['a blank in flags', 'profile p flags=(attach_disconnected, complain) {}', 'profile "p.R" flags=(attach_disconnected, complain) {}'],
    ['line breaks and a tab in flags', 'profile p flags = (\n  audit,\n\tcomplain\n) {}', 'profile "p.R" flags = (\n  audit,\n\tcomplain\n) {}'],
    ['a blank in flags after an attachment', 'profile p /p flags=( audit , complain ){}', 'profile "p.R"  flags=( audit , complain ){}'],
    ['flags without the word', 'profile p (audit, complain) {}', 'profile "p.R" (audit, complain) {}'],
    ['blanks in xattrs', 'profile p /p xattrs=( a=b, c=d ) flags=(audit, complain) {}', 'profile "p.R"  xattrs=( a=b, c=d ) flags=(audit, complain) {}'],
    ['blanks around = of peer', 'profile p { signal peer = p, }', 'profile "p.R" { signal peer = p.R, }'],
    ['a tab after = of peer', 'profile p { ptrace peer=\tp, }', 'profile "p.R" { ptrace peer=\tp.R, }'],
    ['blanks in peer=( )', 'profile p { unix peer = ( label = p ), }', 'profile "p.R" { unix peer = ( label = p.R ), }'],
    ['a line break in peer=( )', 'profile p { unix peer=(addr=none,\n\tlabel=p\n), }', 'profile "p.R" { unix peer=(addr=none,\n\tlabel=p.R\n), }'],
    ['another condition before label', 'profile p { dbus peer=(name=p label="p"), }', 'profile "p.R" { dbus peer=(name=p label="p.R"), }'],
    ['blanks around = of label', 'profile p { io_uring label = p, }', 'profile "p.R" { io_uring label = p.R, }'],
    ['a line break before a target', 'profile p { /x px ->\n p, }', 'profile "p.R" { /x px ->\n p.R, }'],
  ];
  for (const [name, source, expected] of blanks) {
    it(`takes ${name}`, () => {
      expect(renamed(source, 'p')).to.equal(expected);
    });
  }

  // prettier-ignore
  const kept: readonly (readonly [string, string])[] = [
    ['the target of a link', 'profile "/p.R" { link /p -> /p, rwl /a -> /p, }'],
    ['the target of a mount', 'profile "/p.R" { mount /a -> /p, }'],
    ['an alias', 'alias /a -> /p,\nprofile "/p.R" {}'],
    ['the name of a child', 'profile "/p.R" { /x cx -> /p, }'],
    ['a name on the bus', 'profile "/p.R" { dbus peer=(name=/p), }'],
  ];
  for (const [name, copy] of kept) {
    it(`keeps ${name}`, () => {
      expect(renamed(copy.replace('/p.R', '/p'), '/p')).to.equal(copy);
    });
  }

  it('renames the same names whatever blanks and line breaks stand where the language allows them', () => {
    // `_` is any gap, `-` one without a line break, and `+` one that is not empty
    const header = ['profile', '+', ['p', '"p.R"'], '+', ['/usr/bin/p', ''], '+', 'flags', '-', '=', '-'];
    const flags = ['(', '_', 'audit', '_', ',', '_', 'complain', '_', ')', '_', '{', '_'];
    const signal = ['signal', '_', '(', '_', 'send', '_', ',', '_', 'receive', '_', ')', '+', 'peer', '-', '=', '-'];
    const unix = ['unix', '+', 'peer', '-', '=', '-', '(', '_', 'addr', '-', '=', '-', 'none', '_', ',', '_'];
    const label = ['label', '-', '=', '-', ['p//kid', 'p.R//kid'], '_', ')', '_', ',', '+'];
    const rest = ['/x', '+', 'px', '+', '->', '_', ['p', 'p.R'], '_', ',', '+', 'change_profile', '+', '->', '_'];
    const pieces = [
      ...[...header, ...flags, ...signal, ['p', 'p.R'], '_', ',', '+'],
      ...[...unix, ...label, ...rest, ['p', 'p.R'], '_', ',', '+', '}'],
    ];
    const line = fc.stringMatching(/^[ \t]{0,3}$/);
    const gap = fc.stringMatching(/^(?:[ \t]|\r?\n){0,3}$/);
    const written = pieces.map((piece): fc.Arbitrary<readonly string[]> => {
      if (piece === '_') return gap.map((text) => [text, text]);
      if (piece === '-') return line.map((text) => [text, text]);
      if (piece === '+') return gap.map((text) => [` ${text}`, ` ${text}`]);
      return fc.constant(typeof piece === 'string' ? [piece, piece] : piece);
    });
    fc.assert(
      fc.property(fc.tuple(...written), (texts) => {
        const source = texts.map(([before]) => before).join('');
        const copy = texts.map(([, after]) => after).join('');
        expect(renamed(source, 'p')).to.equal(copy);
      }),
    );
  });

  it('leaves a profile of an included file to that file', () => {
    expect(renamed('include "local/q"\nprofile p {}', 'p')).to.equal('include "local/q"\nprofile "p.R" {}');
    expect(renamed('include "local/q"\nprofile p {}', 'p', 'q')).to.match(/"q" was found 0 times/);
  });

  for (const [name, source, expected] of cases) {
    it(name, () => {
      expect(renamed(source, source.startsWith('/usr') ? '/usr/bin/p' : 'p')).to.equal(expected);
    });
  }

  it('renames every profile of the file', () => {
    const copy = renamed('profile a { /x px -> b, }\nprofile b {}', 'a', 'b');
    expect(copy).to.equal('profile "a.R" { /x px -> b.R, }\nprofile "b.R" {}');
  });

  it('keeps the lines', () => {
    expect(renamed('profile p\n  /usr/bin/p\n{\n}', 'p').split('\n')).to.have.length(4);
  });

  it('reports a header that is not found', () => {
    expect(renamed('profile q {}', 'p')).to.match(/found 0 times/);
  });
});
