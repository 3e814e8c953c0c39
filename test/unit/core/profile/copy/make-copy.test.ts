import { expect } from 'chai';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import { literalDenials } from '#core/profile/semantics/literal-denials.ts';

const renamed = (source: string, ...names: string[]): string => {
  const result = makeCopy(source, names, (name) => `${name}.R`);
  return 'source' in result ? result.source : result.problem;
};

describe('isolate', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, string])[] = [
    ['a plain header', 'profile p {\n}\n', 'profile "p.R" {\n}\n'],
    ['flags', 'profile p flags=(complain) {}', 'profile "p.R" flags=(complain) {}'],
    ['an attachment is dropped', 'profile p /usr/bin/p flags=(complain) {}', 'profile "p.R"  flags=(complain) {}'],
    ['a quoted attachment with a variable', 'profile p @{bin}/p {}', 'profile "p.R"  {}'],
    ['the old style', '/usr/bin/p {\n}\n', '"/usr/bin/p.R" {\n}\n'.replace('/usr/bin/p', '/usr/bin/p')],
    ['quotes', 'profile "p" {}', 'profile "p.R" {}'],
    ['no blank before the block after flags', 'profile p flags=(complain){\n}', 'profile "p.R" flags=(complain){\n}'],
    ['peer', 'profile p {\n  signal peer=p,\n}', 'profile "p.R" {\n  signal peer=p.R,\n}'],
    ['peer label', 'profile p {\n  unix peer=(label=p),\n}', 'profile "p.R" {\n  unix peer=(label=p.R),\n}'],
    ['peer alternation and child', 'profile p {\n  ptrace peer={p,q},\n  signal peer=p//kid,\n}', 'profile "p.R" {\n  ptrace peer={p.R,q},\n  signal peer=p.R//kid,\n}'],
    ['peer with an alternation behind it', 'profile p {\n  signal peer=p{,//*},\n}', 'profile "p.R" {\n  signal peer=p.R{,//*},\n}'],
    ['a child beside its parent', 'profile p {}\nprofile p//kid /usr/bin/kid {}', 'profile "p.R" {}\nprofile "p.R//kid"  {}'],
    ['transition', 'profile p {\n  /x px -> p//kid,\n  change_profile -> p,\n}', 'profile "p.R" {\n  /x px -> p.R//kid,\n  change_profile -> p.R,\n}'],
    ['another name that begins alike', 'profile p {\n  signal peer=pq,\n  /p r,\n}', 'profile "p.R" {\n  signal peer=pq,\n  /p r,\n}'],
    ['comments stay', '# profile p {\nprofile p { # peer=p\n}', '# profile p {\nprofile "p.R" { # peer=p\n}'],
    ['a child of the same name stays', 'profile p {\n  profile p {\n  }\n}', 'profile "p.R" {\n  profile p {\n  }\n}'],
    ['alternations in paths are no blocks', 'profile p {\n  /{,usr/}bin/{a,b} ix,\n}\n', 'profile "p.R" {\n  /{,usr/}bin/{a,b} ix,\n}\n'],
    ['preamble', 'abi <abi/3.0>,\n#include <tunables/global>\n@{X} = /a /b\nprofile p {}', 'abi <abi/3.0>,\n#include <tunables/global>\n@{X} = /a /b\nprofile "p.R" {}'],
  ];
  for (const [name, source, expected] of cases)
    it(name, () => expect(renamed(source, source.startsWith('/usr') ? '/usr/bin/p' : 'p')).to.equal(expected));

  it('renames every profile of the file', () =>
    expect(renamed('profile a { /x px -> b, }\nprofile b {}', 'a', 'b')).to.equal(
      'profile "a.R" { /x px -> b.R, }\nprofile "b.R" {}',
    ));
  it('keeps the lines', () => expect(renamed('profile p\n  /usr/bin/p\n{\n}', 'p').split('\n')).to.have.length(4));
  it('says so when the header is not found', () => expect(renamed('profile q {}', 'p')).to.match(/found 0 times/));
});

describe('literalDenials', () => {
  it('finds deny rules with a plain path, and their lines', () => {
    expect(
      literalDenials(
        'profile p {\n  deny /bin/sh mrwklx,\n  audit deny owner /a r,\n  deny /b/** w,\n  /c r,\n  # deny /d r,\n  deny "/e f" r,\n}',
      ),
    ).to.deep.equal([
      { line: 2, path: '/bin/sh' },
      { line: 3, path: '/a' },
      { line: 7, path: '/e f' },
    ]);
  });
});
