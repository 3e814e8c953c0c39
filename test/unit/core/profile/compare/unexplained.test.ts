import { expect } from 'chai';
import type { CompiledChange } from '#core/profile/binary/compiled-changes.ts';
import type { Change, Difference } from '#core/profile/compare/access-change.ts';
import { unexplainedDifferences } from '#core/profile/compare/unexplained.ts';
import { failsGate } from '#core/profile/compare/waivers.ts';

const ENFORCED = { flags: [] };

function difference(change: Change, ruleClass: string): Difference {
  return { change, class: ruleClass, permissions: [], examples: [], base: [], head: [] };
}

function change(area: string, kind: CompiledChange['kind']): CompiledChange {
  return { area, kind, what: '/x' };
}

function areasOf(changes: readonly CompiledChange[], differences: readonly Difference[], block = ENFORCED): string[] {
  return unexplainedDifferences(changes, differences, block).flatMap(({ permissions }) => permissions);
}

describe('unexplainedDifferences', () => {
  it('is empty where the rules show what the compiled policy does', () => {
    const changes = [change('file', 'more'), change('network', 'less'), change('mount', 'other')];
    const found = [difference('allowed', 'file'), difference('denied', 'unix'), difference('logging', 'umount')];
    expect(areasOf(changes, found)).to.deep.equal([]);
  });

  it('fails the gate where the rules show nothing in that class', () => {
    const [only, ...others] = unexplainedDifferences(
      [change('signal', 'other')],
      [difference('allowed', 'file')],
      ENFORCED,
    );
    expect(others).to.deep.equal([]);
    expect(only).to.include({ class: 'unexplained' });
    expect(only?.detail).to.match(
      /^the compiled policy differs in the class signal, and this comparison cannot say how/,
    );
    expect(only && failsGate(only)).to.equal(true);
  });

  it('does not take a denial for the reason why more is allowed', () => {
    for (const seen of ['denied', 'tightened', 'logging'] as const)
      expect(areasOf([change('file', 'more')], [difference(seen, 'file')])).to.deep.equal(['file']);
    for (const seen of ['allowed', 'loosened', 'transition'] as const)
      expect(areasOf([change('file', 'more')], [difference(seen, 'change_profile')])).to.deep.equal([]);
  });

  it('takes any difference for a reason where a profile allows by default, and of an attachment', () => {
    const found = [difference('tightened', 'signal'), difference('tightened', 'attachment')];
    expect(areasOf([change('signal', 'more')], found, { flags: ['default_allow'] } as never)).to.deep.equal([]);
    expect(areasOf([change('attachment', 'more')], found)).to.deep.equal([]);
  });
});
