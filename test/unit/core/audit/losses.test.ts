import { expect } from 'chai';
import { END, findLosses, mayAffect } from '#core/audit/losses.ts';
import type { LogText } from '#core/audit/losses.ts';

const at = (serial: number, more: Partial<LogText> = {}): LogText => ({
  text: `audit: type=1400 audit(1.000:${serial}): apparmor="DENIED" pid=1 comm="c"`,
  ...more,
});
const say = (text: string, more: Partial<LogText> = {}): LogText => ({ text, ...more });
const spans = (log: readonly LogText[]): [number, number][] =>
  findLosses(log).map(({ afterSerial, beforeSerial }) => [afterSerial, beforeSerial]);

describe('findLosses', () => {
  // prettier-ignore
  const cases: readonly [string, readonly LogText[], [number, number][]][] = [
    ['nothing', [], []],
    ['a whole log', [at(5), at(6), at(7)], []],
    ['several records of one serial, of any type', [at(5), say('audit: type=1300 audit(1.000:5): x'), say('audit: type=1327 audit(1.000:6): x'), at(7)], []],
    ['serials out of order', [at(5), at(7), at(6), at(8)], []],
    ['a missing serial', [at(5), at(7)], [[5, 7]]],
    ['several', [at(5), at(9), at(8), at(12)], [[5, 8], [9, 12]]],
    ['lines without a stamp', [at(5), say('usb 1-1: new device'), at(6)], []],
    ['a gap of /dev/kmsg', [at(5, { seq: 10 }), at(6, { seq: 12 })], [[5, 6]]],
    ['a gap among other lines', [at(5, { seq: 10 }), say('x', { seq: 11 }), say('y', { seq: 13 }), say('z', { seq: 14 }), at(6, { seq: 15 })], [[5, 6]]],
    ['no gap of /dev/kmsg', [at(5, { seq: 10 }), at(6, { seq: 11 })], []],
    ['an overrun', [at(5, { seq: 10 }), at(6, { seq: 900, overrun: true }), at(7, { seq: 901 })], [[5, 6]]],
    ['an overrun before anything was read', [at(6, { overrun: true })], [[0, 6]]],
    ['suppressed callbacks', [at(5), say('kauditd_printk_skb: 3 callbacks suppressed'), at(9)], [[5, 9], [5, 9]]],
    ['a notice at the end', [at(5), say('kauditd_printk_skb: 3 callbacks suppressed')], [[5, END]]],
    ['a full backlog, whose records are printed later', [at(5), say('audit: backlog limit exceeded'), at(6), at(7)], [[5, END]]],
    ['words of a process that look like a notice', [at(5), say('x audit: backlog limit exceeded'), at(6)], []],
    ['what the reader says is lost', [at(5), say('', { lost: 'somewhere' }), at(6)], [[0, END]]],
    ['a call that was refused, without its denial', [at(5), say('type=SYSCALL msg=audit(1.000:6): arch=c000003e syscall=257 success=no exit=-13 a0=1 comm="c" subj=p key=(null)\x1dARCH=x86_64'), say('type=PROCTITLE msg=audit(1.000:6): proctitle=61'), at(7)], [[5, 7]]],
    ['the same, of the kernel log', [say('audit: type=1300 audit(1.000:6): arch=c000003e syscall=257 success=no exit=-1 a0=1 comm="c" key=(null)')], [[5, 7]]],
    ['a call that was refused, with it', [at(6), say('type=SYSCALL msg=audit(1.000:6): arch=c000003e syscall=257 success=no exit=-13 a0=1 comm="c" key=(null)')], []],
    ['a call that a rule recorded', [say('type=SYSCALL msg=audit(1.000:6): arch=c000003e syscall=257 success=no exit=-13 a0=1 comm="c" key="k"')], []],
    ['a call that succeeded', [say('type=SYSCALL msg=audit(1.000:6): arch=c000003e syscall=257 success=yes exit=3 a0=1 comm="c" key=(null)')], []],
  ];
  for (const [name, log, expected] of cases)
    it(`finds the losses of ${name}`, () => {
      expect(spans(log)).to.deep.equal(expected);
    });

  it('bounds a backlog by its size', () => {
    const many = Array.from({ length: 100 }, (_, index) => at(index + 6));
    expect(spans([at(5), say('audit: audit_lost=1 audit_rate_limit=0 audit_backlog_limit=64'), ...many])).to.deep.equal(
      [[5, 70]],
    );
  });

  it('counts the kernel log lines that were not read', () => {
    const whyOf = (seq: number): string[] => findLosses([at(5, { seq: 10 }), at(6, { seq })]).map(({ why }) => why);
    expect(whyOf(12)).to.deep.equal(['missed 1 kernel log line']);
    expect(whyOf(14)).to.deep.equal(['missed 3 kernel log lines']);
  });

  it('counts a record that is cut, between its neighbours', () => {
    expect(
      findLosses([at(5), say('audit: type=1400 audit(1.000:6): apparmor="DENIED" name="/x'), at(7)]),
    ).to.deep.equal([
      { afterSerial: 5, beforeSerial: 7, why: 'record 6 is incomplete: the closing quote of name= is missing' },
    ]);
  });

  it('knows which windows a loss touches', () => {
    const loss = { afterSerial: 5, beforeSerial: 9 };
    for (const [after, before, expected] of [
      [1, 5, false],
      [1, 6, true],
      [6, 7, true],
      [8, 12, true],
      [9, 12, false],
      [1, 20, true],
      [5, 9, true],
    ] as const) {
      expect(mayAffect(loss, { afterSerial: after, beforeSerial: before }), `${after}-${before}`).to.equal(expected);
    }
  });

  it('reads long logs', () => {
    expect(findLosses(Array.from({ length: 20_000 }, (_, index) => at(index + 1, { seq: index })))).to.deep.equal([]);
  });
});
