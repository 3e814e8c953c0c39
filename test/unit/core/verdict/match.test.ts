import { expect } from 'chai';
import type { AuditRecord, RecordMatch, TextMatch } from '#core/model/model.ts';
import { matchRecord, matchText } from '#core/verdict/match.ts';

const record = (fields: Record<string, string>): AuditRecord => ({
  type: 'DENIED',
  timeMs: 0,
  serial: 1,
  raw: '',
  fields,
});

describe('matchText', () => {
  const rows: readonly (readonly [TextMatch, string, boolean])[] = [
    [{ equals: 'a' }, 'a', true],
    [{ equals: 'a' }, 'ab', false],
    [{ contains: 'b' }, 'abc', true],
    [{ contains: 'x' }, 'abc', false],
    [{ matches: '^a.c$' }, 'abc', true],
    [{ matches: '^b' }, 'abc', false],
    [{ not: { contains: 'b' } }, 'abc', false],
    [{ not: { contains: 'x' } }, 'abc', true],
    [{ contains: 'a', matches: 'c$' }, 'abc', true],
    [{}, 'anything', true],
  ];
  for (const [match, text, fits] of rows)
    it(`${JSON.stringify(match)} ${fits ? 'fits' : 'does not fit'} ${text}`, () =>
      expect(matchText(match, text) === undefined).to.equal(fits));

  it('stops a regular expression that backtracks for ever, and does not call it a match', () => {
    expect(matchText({ matches: '^(a+)+$' }, `${'a'.repeat(40)}b`)).to.match(/could not be compared/);
  });
});

describe('matchRecord', () => {
  const rows: readonly (readonly [RecordMatch, Record<string, string>, boolean])[] = [
    [{ denied_mask: { equals: 'wc' } }, { denied_mask: 'cw' }, true],
    [{ denied_mask: { equals: 'w' } }, { denied_mask: 'wc' }, false],
    [{ denied_mask: { contains: 'w' } }, { denied_mask: 'wc' }, true],
    [{ denied_mask: { contains: 'x' } }, { denied_mask: 'wc' }, false],
    [{ requested_mask: { equals: 'send receive' } }, { requested_mask: 'receive send' }, true],
    [{ requested_mask: { equals: 'create' } }, { requested_mask: 'create' }, true],
    [{ requested_mask: { equals: 'read' } }, { requested_mask: 'dear' }, false],
    [{ name: { matches: '^/etc/' } }, { name: '/etc/x' }, true],
    [{ name: { equals: '/x' } }, {}, false],
    [{ name: { not: { equals: '/x' } } }, {}, true],
    [{ name: { not: { equals: '/x' } } }, { name: '/x' }, false],
  ];
  for (const [match, fields, fits] of rows)
    it(`${JSON.stringify(match)} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(fields)}`, () =>
      expect(matchRecord(match, record(fields)) === undefined).to.equal(fits));
});
