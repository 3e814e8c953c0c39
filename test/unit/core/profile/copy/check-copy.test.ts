import { expect } from 'chai';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import { copyProblem } from '#core/profile/copy/check-copy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

function read(source: string): ProfileText {
  const text = readProfileText('/p', source, () => []);
  if (!isRead(text)) throw new Error(text.message);
  return text;
}

/** What is wrong with the copy of `profile p { RULES }` and of what stands before and behind it. */
function problem(rules: string, { before = '', behind = '' } = {}): string {
  const source = `${before}profile p {\n${rules}\nprofile kid {}\n}\n${behind}`;
  const names = read(source)
    .profiles.map(({ name }) => name)
    .filter((name) => !name.includes('//'));
  const copy = makeCopy(source, names, (name) => `${name}.R`);
  if ('problem' in copy) throw new Error(copy.problem);
  return copyProblem(read(source), read(copy.source), (name) => name.replace(/^(.*?)(\/\/|$)/, '$1.R$2')) ?? 'none';
}

describe('isolationProblem', () => {
  for (const rules of [
    'signal peer=p,',
    'signal peer=p{,//*},',
    'ptrace peer={p,q},',
    'unix peer=(label=p//kid),',
    'signal peer=@{profile_name},',
    'signal peer=q*,',
    '/x px -> p,',
    '/x cx -> kid,',
    'change_profile -> p,',
    'change_profile /x -> p//kid,',
    '/usr/bin/* ix,',
    '/x px,',
    'signal,',
    'signal peer=**,',
    'link /a -> /b,',
    '/proc/[0-9]*/attr/current w,',
  ]) {
    it(`is none with ${rules}`, () => {
      expect(problem(rules)).to.equal('none');
    });
  }
  const rows: readonly (readonly [string, RegExp, { before?: string; behind?: string }?])[] = [
    ['/srv/@{profile_name}/** rw,', /^\/p:2: `\/srv\/@\{profile_name\}\/\*\* rw` names other objects/],
    ['ptrace peer=@{me},', /names other profiles/, { before: '@{me}=p\n' }],
    ['signal peer=[p],', /names other profiles/],
    ['link /a -> /q,', /names other objects/, { behind: 'profile /q {}\n' }],
    ['/x cx -> kid,', /names other objects/, { behind: 'profile kid {}\n' }],
    ['/usr/bin/head px,', /attaches to the program/, { behind: 'profile header /usr/bin/head {}\n' }],
    ['/usr/bin/* Pix,', /attaches to the program/, { behind: 'profile header /usr/bin/head {}\n' }],
    ['/usr/bin/head pux,', /attaches to the program/, { behind: 'profile header /usr/bin/h* {}\n' }],
    ['/usr/bin/head px,', /attaches to the program/, { behind: '/usr/bin/head {}\n' }],
    ['/usr/bin/tail px,', /^none$/, { behind: 'profile header /usr/bin/head {}\n' }],
    ['/usr/bin/head px -> header,', /^none$/, { behind: 'profile header /usr/bin/head {}\n' }],
  ];
  for (const [rules, pattern, around] of rows)
    it(`${String(pattern)} with ${rules} ${around?.before ?? ''}${around?.behind ?? ''}`, () => {
      expect(problem(rules, around)).to.match(pattern);
    });
});
