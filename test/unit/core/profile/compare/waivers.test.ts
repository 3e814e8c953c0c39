import { expect } from 'chai';
import type { Waiver } from '#core/model/model.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { failsGate, applyWaivers, waiverProblem } from '#core/profile/compare/waivers.ts';

function of(rules: string, flags = ''): ProfileBlock {
  const text = readProfileText('p', `profile p ${flags}{\n${rules}\n}\n`, () => undefined);
  const [block] = isRead(text) ? text.profiles : [];
  if (block === undefined) throw new Error('cannot be read');
  return block;
}

const waiver = (allows: string, permissions?: string, until = '2027-01-31'): Waiver => ({
  allows,
  ...(permissions === undefined ? {} : { permissions }),
  because: 'reviewed',
  until,
});
const TODAY = '2026-12-01';

describe('waivers', () => {
  const cases: readonly (readonly [string, string, string, Waiver, boolean])[] = [
    ['covers what it names', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r'), false],
    ['does not cover more paths', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/*', 'r'), true],
    ['does not cover more permissions', '/a r,', '/a r,\n/srv/** rw,', waiver('/srv/**', 'r'), true],
    ['holds on its last day', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r', TODAY), false],
    ['expires', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r', '2026-11-30'), true],
    ['covers a capability', 'file,', 'file,\ncapability sys_admin,', waiver('capability sys_admin'), false],
    ['covers a family of sockets', 'file,', 'file,\nnetwork inet raw,', waiver('network inet'), false],
    ['does not cover another class', 'file,', 'file,\nnetwork inet raw,', waiver('capability'), true],
    ['covers a looser transition', '/x px -> y,', '/x ux,', waiver('/x', 'x'), false],
  ];
  for (const [name, base, head, one, fails] of cases)
    it(name, () =>
      expect(applyWaivers(of(base), of(head), { waivers: [one], today: TODAY }).differences.some(failsGate)).to.equal(
        fails,
      ),
    );

  it('covers a flag by its name', () => {
    expect(
      applyWaivers(of('file,'), of('file,', 'flags=(complain) '), {
        waivers: [waiver('flags complain')],
        today: TODAY,
      }).differences.some(failsGate),
    ).to.equal(false);
  });

  it('says when it would have covered, had it not expired', () => {
    expect(
      applyWaivers(of(''), of('/srv/** r,'), { waivers: [waiver('/srv/**', 'r', '2020-01-01')], today: TODAY })
        .differences[0],
    ).to.have.nested.property('expired.until', '2020-01-01');
  });

  it('has words that are a rule, and one only', () => {
    expect(waiverProblem({ allows: '/srv/**', permissions: 'rw' })).to.equal(undefined);
    for (const allows of ['', 'capability chown,\n} profile x {', 'capability chown, file', 'nonsense', '/srv/**'])
      expect(waiverProblem({ allows }), allows).to.not.equal(undefined);
  });
});
