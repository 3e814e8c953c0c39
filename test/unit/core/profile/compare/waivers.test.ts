import { expect } from 'chai';
import { defined } from '#core/model/optional.ts';
import type { Waiver } from '#core/model/model.ts';
import { applyWaivers, failsGate, waiverProblem, type WaivedDifference } from '#core/profile/compare/waivers.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { blockOf } from '../reading.ts';

const TODAY = '2026-12-01';
const YESTERDAY = '2026-11-30';

function waiver(allows: string, permissions?: string, until = '2027-01-31'): Waiver {
  return defined({ allows, permissions, because: 'reviewed', until });
}

function waive(base: ProfileBlock, head: ProfileBlock, one: Waiver): readonly WaivedDifference[] {
  return applyWaivers(base, head, { waivers: [one], today: TODAY }).differences;
}

describe('applyWaivers', () => {
  // the last column: whether a difference fails the gate all the same
  // prettier-ignore
  const cases: readonly (readonly [string, string, string, Waiver, boolean])[] = [
    ['waives what the waiver names', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r'), false],
    ['does not waive more paths', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/*', 'r'), true],
    ['does not waive more permissions', '/a r,', '/a r,\n/srv/** rw,', waiver('/srv/**', 'r'), true],
    ['uses a waiver on its last day', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r', TODAY), false],
    ['does not use a waiver after its last day', '/a r,', '/a r,\n/srv/** r,', waiver('/srv/**', 'r', YESTERDAY), true],
    ['waives a capability', 'file,', 'file,\ncapability sys_admin,', waiver('capability sys_admin'), false],
    ['waives a family of sockets', 'file,', 'file,\nnetwork inet raw,', waiver('network inet'), false],
    ['does not waive another class', 'file,', 'file,\nnetwork inet raw,', waiver('capability'), true],
    ['waives a looser transition', '/x px -> y,', '/x ux,', waiver('/x', 'x'), false],
  ];
  for (const [name, base, head, one, fails] of cases) {
    it(name, () => {
      expect(waive(blockOf(base), blockOf(head), one).some(failsGate)).to.equal(fails);
    });
  }

  it('waives a flag by its name', () => {
    const waived = waive(blockOf('file,'), blockOf('file,', 'flags=(complain)'), waiver('flags complain'));
    expect(waived.some(failsGate)).to.equal(false);
  });

  it('names the waiver that would cover a difference, had it not expired', () => {
    const [difference] = waive(blockOf(''), blockOf('/srv/** r,'), waiver('/srv/**', 'r', '2020-01-01'));
    expect(difference).to.have.nested.property('expired.until', '2020-01-01');
  });
});

describe('waiverProblem', () => {
  it('is undefined for the words of one rule', () => {
    expect(waiverProblem({ allows: '/srv/**', permissions: 'rw' })).to.equal(undefined);
  });

  for (const allows of ['', 'capability chown,\n} profile x {', 'capability chown, file', 'nonsense', '/srv/**']) {
    it(`rejects ${JSON.stringify(allows)}, which is not one rule`, () => {
      expect(waiverProblem({ allows })).to.not.equal(undefined);
    });
  }
});
