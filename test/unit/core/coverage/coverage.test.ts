import { expect } from 'chai';
import { measureRules } from '#core/coverage/coverage.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { here, operation } from './subject.ts';

const SOURCE = [
  'profile p {',
  '  include <base>',
  '  deny /etc/passwd r,',
  '  deny /etc/x w,',
  '  userns,',
  '}',
  'profile other {',
  '  deny /etc/y w,',
  '}\n',
].join('\n');
const text = readProfileText('/p', SOURCE, ({ name }) =>
  name === 'base' ? [{ file: '/inc/base', text: 'file,\n/etc/passwd r,\n' }] : undefined,
);
if (!isRead(text)) throw new Error(text.message);
const subject = { text, profile: 'p', original: (label: string) => label.replace('p.run', 'p') };

describe('measureRules', () => {
  const probes = [
    { ...operation('open read /etc/passwd', { name: '/etc/passwd', denied_mask: 'r' }) },
    operation('open read /etc/shadow'),
  ];
  const covered = measureRules(
    subject,
    probes,
    here({ unmediated: (name) => (name === 'userns' ? 'Not here.' : undefined) }),
  );

  it('has the state of each rule, and marks included ones', () => {
    expect(
      covered.rules.map(({ text: rule, state, included, line, file }) => [rule, state, included, `${file}:${line}`]),
    ).to.deep.equal([
      ['file', 'hit', true, '/inc/base:1'],
      ['/etc/passwd r', 'shadowed', true, '/inc/base:2'],
      ['deny /etc/passwd r', 'hit', false, '/p:3'],
      ['deny /etc/x w', 'unhit', false, '/p:4'],
      ['userns', 'untestable', false, '/p:5'],
    ]);
    expect(
      covered.rules.map(({ probes: ids, shadowedBy, reason }) => ids.join() || shadowedBy?.join() || reason || ''),
    ).to.deep.equal([probes[1]!.probe.id, '/p:3 deny /etc/passwd r', probes[0]!.probe.id, '', 'Not here.']);
  });

  it('has the text of the profile, and leaves out profiles that no probe got into', () => {
    expect(covered.source).to.equal(SOURCE);
    expect(covered.file).to.equal('/p');
    expect(covered.rules.some(({ profile }) => profile === 'other')).to.equal(false);
    const both = measureRules(
      subject,
      [operation('open write /etc/y', { profile: 'other', name: '/etc/y', denied_mask: 'w' })],
      here(),
    );
    expect(both.rules.filter(({ state }) => state === 'hit').map(({ profile }) => profile)).to.deep.equal(['other']);
  });
});
