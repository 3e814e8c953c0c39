import { expect } from 'chai';
import { copyProblem } from '#core/profile/copy/check-copy.ts';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import { readText } from '../reading.ts';

interface Around {
  readonly before?: string;
  readonly after?: string;
}

/** What is wrong with the copy of `profile p { RULES }` and of what stands before and after it. */
function problem(rules: string, { before = '', after = '' }: Around = {}): string | undefined {
  const source = `${before}profile p {\n${rules}\nprofile kid {}\n}\n${after}`;
  const names = readText(source)
    .profiles.map(({ name }) => name)
    .filter((name) => !name.includes('//'));
  const copy = makeCopy(source, names, (name) => `${name}.R`);
  if ('problem' in copy) throw new Error(copy.problem);
  return copyProblem(readText(source), readText(copy.source), (name) => name.replace(/^(.*?)(\/\/|$)/, '$1.R$2'));
}

const HEAD: Around = { after: 'profile header /usr/bin/head {}\n' };

describe('copyProblem', () => {
  const fine: readonly (readonly [string, Around?])[] = [
    ['signal peer=p,'],
    ['signal peer=p{,//*},'],
    ['ptrace peer={p,q},'],
    ['unix peer=(label=p//kid),'],
    ['signal peer=@{profile_name},'],
    ['signal peer=q*,'],
    ['/x px -> p,'],
    ['/x cx -> kid,'],
    ['change_profile -> p,'],
    ['change_profile /x -> p//kid,'],
    ['/usr/bin/* ix,'],
    ['/x px,'],
    ['signal,'],
    ['signal peer=**,'],
    ['link /a -> /b,'],
    ['/proc/[0-9]*/attr/current w,'],
    ['/usr/bin/tail px,', HEAD],
    ['/usr/bin/head px -> header,', HEAD],
  ];
  for (const [rules, around] of fine) {
    it(`is undefined for ${rules} ${around?.after ?? ''}`.trim(), () => {
      expect(problem(rules, around)).to.equal(undefined);
    });
  }

  // prettier-ignore
  const changed: readonly (readonly [string, RegExp, Around?])[] = [
    ['/srv/@{profile_name}/** rw,', /^p:2: `\/srv\/@\{profile_name\}\/\*\* rw` names other objects/],
    ['ptrace peer=@{me},', /names other profiles/, { before: '@{me}=p\n' }],
    ['signal peer=[p],', /names other profiles/],
    ['link /a -> /q,', /names other objects/, { after: 'profile /q {}\n' }],
    ['/x cx -> kid,', /names other objects/, { after: 'profile kid {}\n' }],
    ['/usr/bin/head px,', /attaches to the program/, HEAD],
    ['/usr/bin/* Pix,', /attaches to the program/, HEAD],
    ['/usr/bin/head pux,', /attaches to the program/, { after: 'profile header /usr/bin/h* {}\n' }],
    ['/usr/bin/head px,', /attaches to the program/, { after: '/usr/bin/head {}\n' }],
  ];
  for (const [rules, pattern, around] of changed) {
    const context = `${around?.before ?? ''}${around?.after ?? ''}`.trim();
    it(`says ${pattern.source} for ${rules} ${context}`.trim(), () => {
      expect(problem(rules, around)).to.match(pattern);
    });
  }
});
