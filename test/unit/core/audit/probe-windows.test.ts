import { expect } from 'chai';
import { mayAffect } from '#core/audit/losses.ts';
import { probeWindows } from '#core/audit/probe-windows.ts';

describe('probeWindows', () => {
  const window = { afterSerial: 10, beforeSerial: 20 };
  const order = ['a', 'b', 'c', 'd'];

  it('places each window between the records of the probes before and after', () => {
    const found = probeWindows(
      order,
      new Map([
        ['a', [12]],
        ['c', [15, 16]],
      ]),
      window,
    );
    expect(Object.fromEntries(found)).to.deep.equal({
      a: { afterSerial: 10, beforeSerial: 15 },
      b: { afterSerial: 12, beforeSerial: 15 },
      c: { afterSerial: 12, beforeSerial: 20 },
      d: { afterSerial: 16, beforeSerial: 20 },
    });
  });

  it('ends windows at records that were made on purpose in between', () => {
    const found = probeWindows(order, new Map([['d', [18]]]), window, [{ serial: 14, tried: 1, begun: 3 }]);
    expect(Object.fromEntries(found)).to.deep.equal({
      a: { afterSerial: 10, beforeSerial: 14 }, // it had been tried by then
      b: { afterSerial: 10, beforeSerial: 18 },
      c: { afterSerial: 10, beforeSerial: 18 },
      d: { afterSerial: 14, beforeSerial: 20 }, // it had not begun
    });
    const last = probeWindows(['a'], new Map(), window, [{ serial: 12, tried: 1, begun: 1 }]);
    expect(last.get('a')).to.deep.equal({ afterSerial: 10, beforeSerial: 12 });
  });

  it('places ten thousand windows in no time', function () {
    this.timeout(20_000);
    const many = Array.from({ length: 10_000 }, (_, n) => `p${n}`);
    const found = probeWindows(many, new Map(many.map((id, n) => [id, [n + 1]])), {
      afterSerial: 0,
      beforeSerial: 1e6,
    });
    expect(found.get('p5000')).to.deep.equal({ afterSerial: 5000, beforeSerial: 5002 });
  });

  it('lets a loss touch a window only where a record of the probe can have been', () => {
    const touched = (loss: { afterSerial: number; beforeSerial: number }): string => {
      const found = probeWindows(
        order,
        new Map([
          ['a', [11]],
          ['b', [12]],
          ['c', [14]],
          ['d', [15]],
        ]),
        window,
      );
      return order.filter((id) => mayAffect(loss, found.get(id)!)).join('');
    };
    expect(touched({ afterSerial: 12, beforeSerial: 14 })).to.equal('bc'); // the second record of b, or the first of c
    expect(touched({ afterSerial: 15, beforeSerial: 20 })).to.equal('d');
    expect(touched({ afterSerial: 0, beforeSerial: Number.MAX_SAFE_INTEGER })).to.equal('abcd');
  });
});
