import { expect } from 'chai';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { rulesJson, rulesText } from '#core/report/rules-report.ts';

const SOURCE = [
  '@{HOME}=/root/ /home/*/',
  'profile p /usr/bin/p flags=(complain) {',
  '  include <abstractions/base>',
  '  @{HOME}x r, # why',
  '  owner {',
  '    /y w,',
  '  }',
  '}',
  '',
].join('\n');

function read(source: string): ProfileText {
  const text = readProfileText('/repo/p', source, ({ name }) => [{ file: `/inc/${name}`, text: 'signal peer=x,\n' }]);
  if (!isRead(text)) throw new Error(text.message);
  return text;
}

describe('the list of rules', () => {
  it('has rules by include, with variables, comments and outer qualifiers', () => {
    expect(rulesText(read(SOURCE), { color: false, root: '/repo' })).to.deep.equal([
      'profile p  /usr/bin/p  flags=(complain)  p:2, 3 rules',
      '  from the include at p:3:',
      '    /inc/abstractions/base:1  signal peer=x',
      '  in the profile itself:',
      '    p:4  @{HOME}x r  = /root/x /home/*/x  # why',
      '    p:6  owner /y w',
    ]);
  });

  it('dims what is not the rule itself, where there is colour', () => {
    const [heading] = rulesText(read('profile p {\n  /x r,\n}\n'), { color: true });
    expect(heading).to.equal('profile p  \x1b[2m/repo/p:1, 1 rule\x1b[22m');
  });

  it('is JSON with everything that was read but the texts of files', () => {
    const parsed = JSON.parse(rulesJson(read('profile p {\n  /x r,\n}\n'))) as Record<string, unknown>;
    expect(parsed).to.include({ file: '/repo/p' });
    expect(parsed['files']).to.deep.equal(['/repo/p']);
  });
});
