import { expect } from 'chai';
import fc from 'fast-check';
import { byteLength, counted, grouped, head, oneLine, relativeTo, visible, visibleLines } from '#core/text/visible.ts';

describe('foreign text made visible', () => {
  it('has an escape for every character that does not show', () => {
    const shown: readonly (readonly [string, string])[] = [
      ['\x1b[2J', '\\x1b[2J'],
      ['\u202eevil', '\\u202eevil'],
      ['a\nb\tc\r', 'a\\nb\\tc\\r'],
      ['\0\x7f\x9b', '\\x00\\x7f\\x9b'],
      ['\ufffe\uffff', '\\ufffe\\uffff'],
      ['a\ud800b', 'a\\ud800b'],
      ['\udc00"', '\\udc00"'],
      ['a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
      ['\u{e0041}', '\\u{e0041}'],
      ['\u2028', '\\u2028'],
      ['plain é 漢 😀 ⚠️', 'plain é 漢 😀 ⚠️'],
      ['##[error]x', '#\\x23[error]x'],
      ['###[x', '##\\x23[x'],
    ];
    for (const [raw, text] of shown) expect(visible(raw)).to.equal(text);
  });

  it('keeps line breaks and tabs where lines are wanted', () => {
    expect(visibleLines('a\r\nb\n\tc\rd\x1b')).to.equal('a\nb\n\tc\\rd\\x1b');
  });

  it('is well-formed and printable, whatever the string is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 0xffff })), (text, units) => {
        const raw = text + String.fromCharCode(...units);
        for (const clean of [visible(raw), visibleLines(raw).replace(/[\n\t]/g, ''), oneLine(raw, 7)]) {
          expect(clean.isWellFormed()).to.equal(true);
          expect(clean).not.to.match(/[\p{Cc}\p{Bidi_Control}\p{Noncharacter_Code_Point}]|##\[/u);
          expect(visible(clean)).to.equal(clean);
        }
        expect(oneLine(raw, 7).length).to.be.at.most(7);
      }),
      { numRuns: 2000 },
    );
  });

  it('is cut between characters, and fits the bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, max) => {
        const kept = head(text, max);
        expect(byteLength(kept)).to.be.at.most(max);
        expect(text.startsWith(kept)).to.equal(true);
        expect(kept.isWellFormed()).to.equal(true);
        if (byteLength(text) > max) expect(max - byteLength(kept)).to.be.below(4);
        else expect(kept).to.equal(text);
      }),
      { numRuns: 2000 },
    );
    expect(head('a😀', 2)).to.equal('a');
    expect(head('a\ufffd', 4)).to.equal('a\ufffd');
  });

  it('has paths relative to the root only when they lie below it', () => {
    expect(relativeTo('/repo', '/repo/specs/x.yml')).to.equal('specs/x.yml');
    expect(relativeTo('/repo/', '/repo/x.yml')).to.equal('x.yml');
    expect(relativeTo('/repo', '/repository/x.yml')).to.equal('/repository/x.yml');
    expect(relativeTo(undefined, '/x')).to.equal('/x');
  });

  it('has numbers with thousands separators, and nouns in the plural', () => {
    expect(grouped(1234567)).to.equal('1,234,567');
    expect(counted(1, 'probe')).to.equal('1 probe');
    expect(counted(0, 'probe')).to.equal('0 probes');
    expect(counted(1200, 'probe')).to.equal('1,200 probes');
  });
});
