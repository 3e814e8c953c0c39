import { expect } from 'chai';
import { makeCopy } from '#core/profile/copy/make-copy.ts';

const renamed = (source: string, ...names: string[]): string => {
  const result = makeCopy(source, names, (name) => `${name}.R`);
  return 'source' in result ? result.source : result.problem;
};

describe('makeCopy', () => {
  // prettier-ignore
  const cases: readonly (readonly [string, string, string])[] = [
    ['renames a plain header', 'profile p {\n}\n', 'profile "p.R" {\n}\n'],
    ['keeps flags', 'profile p flags=(complain) {}', 'profile "p.R" flags=(complain) {}'],
    ['drops an attachment', 'profile p /usr/bin/p flags=(complain) {}', 'profile "p.R"  flags=(complain) {}'],
    ['drops an attachment with a variable', 'profile p @{bin}/p {}', 'profile "p.R"  {}'],
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
