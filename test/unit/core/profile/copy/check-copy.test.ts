import { expect } from 'chai';
import { copyProblem } from '#core/profile/copy/check-copy.ts';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import { readText } from '../reading.ts';

function renamed(name: string): string {
  return name.replace(/^(.*?)(\/\/|$)/, '$1.R$2');
}

interface Around {
  readonly before?: string;
  readonly after?: string;
}

/** What is wrong with the copy of `profile p { RULES }` and of what stands before and after it. */
function problem(rules: string, { before = '', after = '' }: Around = {}): string | undefined {
  const source = `${before}profile p {\n${rules}\nprofile kid {}\n}\n${after}`;
  const original = readText(source);
  const names = original.profiles.map(({ name }) => name).filter((name) => !name.includes('//'));
  const copy = makeCopy(original, names, (name) => `${name}.R`);
  if ('problem' in copy) throw new Error(copy.problem);
  return copyProblem(original, readText(copy.source), renamed);
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
    ['link /a -> /q,', { after: 'profile /q {}\n' }],
    ['/x cx -> kid,', { after: 'profile kid {}\n' }],
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

  for (const [rule, changedRule] of [
    ['link /a -> /q,', 'link /a -> /q.R,'],
    ['/x cx -> kid,', '/x cx -> kid.R,'],
  ] as const) {
    it(`says that a copy with ${changedRule} for ${rule} names other objects`, () => {
      const original = readText(`profile p {\n${rule}\n}\nprofile /q {}\nprofile kid {}`);
      const copy = readText(`profile p.R {\n${changedRule}\n}\nprofile /q.R {}\nprofile kid.R {}`);
      expect(copyProblem(original, copy, renamed)).to.match(/names other objects/);
    });
  }
});
