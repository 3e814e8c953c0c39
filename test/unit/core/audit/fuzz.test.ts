import { expect } from 'chai';
import fc from 'fast-check';
import { toJson } from '#core/audit/record-json.ts';
import { lossNotice, parseKmsg } from '#core/audit/kmsg-line.ts';
import { parseRecord, stampOf } from '#core/audit/parse-record.ts';
import { suggestRule } from '#core/audit/suggest-rule.ts';
import { linesOf } from './records.ts';

const lines = [...linesOf('linux-6.12.107.txt'), ...linesOf('auditd-4.0.2-enriched.txt')];
const HEAD = 'audit: type=1400 audit(1.000:2): apparmor="DENIED" ';

describe('parseRecord under hostile input', () => {
  const tokens = fc.constantFrom(
    'apparmor=',
    '"DENIED"',
    ' ',
    '"',
    "'",
    '=',
    'type=1400 ',
    'type=AVC msg=',
    'audit(1.000:2): ',
    'audit: ',
    'kernel: ',
    'Nov 23 10:00:00 ',
    'host ',
    '[   12.345678] ',
    '\x1d',
    '#035',
    '__proto__=',
    'constructor="x"',
    'name=',
    '2F74',
    'FF',
    'pid=1 ',
    'comm="c" ',
    "msg='",
    'type=1107 ',
    'dbus[1]: ',
    '\n',
    '\0',
    '\ud800',
    'é',
    '\\x41',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(tokens, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.array(tokens, { maxLength: 20 }).map((parts) => HEAD + parts.join('')),
  );

  it('never throws, and what it finds can be written', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseRecord(text);
        if (parsed.kind === 'record') {
          const json = JSON.parse(toJson(parsed.record, parsed.damaged)) as Record<string, unknown>;
          expect(json['apparmor']).to.equal(parsed.record.type);
          suggestRule(parsed.record);
        }
        stampOf(text);
        lossNotice(text);
        parseKmsg(text);
      }),
      { numRuns: 3000 },
    );
  });

  it("finds the fields that the kernel's rule prints", () => {
    const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(value, value, (name, comm) => {
        const parsed = parseRecord(`${HEAD}name=${untrusted(name)} pid=7 comm=${untrusted(comm)} denied_mask="r"`);
        expect(parsed.kind === 'record' && { ...parsed.record.fields }).to.deep.equal({
          apparmor: 'DENIED',
          name,
          pid: '7',
          comm,
          denied_mask: 'r',
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('reads from a line cut anywhere only what the whole line says, or says that it is damaged', () => {
    let ambiguous = 0;
    for (const line of lines) {
      const whole = parseRecord(line);
      if (whole.kind !== 'record') continue;
      for (let end = 0; end < line.length; end++) {
        const part = parseRecord(line.slice(0, end));
        if (part.kind !== 'record') continue;
        const wrong = Object.entries(part.record.fields).filter(([key, value]) => whole.record.fields[key] !== value);
        if (wrong.length === 0) continue;
        // Only the very last value can be cut without a trace, and only where the kernel may end a record with it.
        expect(
          wrong.map(([key]) => key),
          line.slice(0, end),
        ).to.have.lengthOf(1);
        expect(wrong[0]?.[0]).to.be.oneOf(['ouid', 'protocol', 'value']);
        expect(line.slice(0, end)).to.match(/=\d+\^?$/);
        ambiguous++;
      }
    }
    expect(ambiguous).to.be.lessThan(lines.length);
  });

  it('keeps keys that name parts of a prototype as plain keys', () => {
    const parsed = parseRecord(`${HEAD}__proto__="evil" constructor="c" toString=1 comm="c" x="y"`);
    if (parsed.kind !== 'record') throw new Error('no record');
    expect(Object.getPrototypeOf(parsed.record.fields)).to.equal(null);
    expect(toJson(parsed.record)).to.include('"__proto__":"evil"').and.include('"constructor":"c"');
    expect(({} as Record<string, unknown>)['evil']).to.equal(undefined);
  });

  it('takes linear time', function () {
    this.timeout(20_000);
    const size = 1_000_000;
    const evil = [
      ' ',
      'a',
      'a=',
      'a="',
      '"',
      'name=FF',
      '=',
      "'",
      '#035',
      '[',
      '[ 1.1] ',
      'x ',
      '0',
      'FF',
      'audit: ',
      'a=b ',
      '\x1d',
      'Nov 23 10:00:00 ',
    ];
    for (const unit of evil) {
      const bulk = unit.repeat(size / unit.length);
      for (const line of [
        bulk,
        HEAD + bulk,
        `${HEAD}name=${bulk}`,
        `${HEAD}name="${bulk}`,
        `Nov 23 10:00:00 host kernel: ${bulk}`,
        `Nov 23 10:00:00 ${bulk}`,
        `type=USER_AVC msg=audit(1.000:2): ${bulk}`,
        `[   12.345678] ${bulk}`,
      ]) {
        const start = process.cpuUsage();
        parseRecord(line);
        expect(process.cpuUsage(start).user, JSON.stringify(line.slice(0, 80))).to.be.lessThan(3_000_000);
      }
    }
  });
});

/** audit_log_untrustedstring of the kernel, written anew. */
function untrusted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return bytes.some((byte) => byte === 0x22 || byte < 0x21 || byte > 0x7e)
    ? bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')
    : `"${text}"`;
}
