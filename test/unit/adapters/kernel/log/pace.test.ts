import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pace } from '#adapters/kernel/log/pace.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { AuditRecord } from '#core/model/model.ts';

/** A log that records are put into by hand, and a barrier that waits until it is told to be crossed. */
class Hand {
  readonly records: AuditRecord[] = [];
  readonly crossings: { resolve: (serial: number) => void; reject: (why: Error) => void }[] = [];
  readonly pace: Pace;

  constructor(most: number) {
    const log = { peek: (skip: number) => this.records.slice(skip) };
    const cross = (): Promise<number> =>
      new Promise((resolve, reject) => {
        this.crossings.push({ resolve, reject });
      });
    this.pace = new Pace({ log, barrier: { cross }, most });
  }

  write(comm: string): void {
    this.records.push({ timeMs: 0, serial: 0, type: 'DENIED', fields: { comm }, raw: '' });
  }
}

/** @returns whether a promise has been settled, once everybody had their turn. */
async function isSettled(promise: Promise<unknown>, ms = 30): Promise<boolean> {
  let settled = false;
  void promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  await sleep(ms);
  return settled;
}

describe('the pace of attempts', () => {
  it('lets no more begin than the kernel can hold, until a record of a later one was read', async () => {
    const hand = new Hand(2);
    const { pace } = hand;
    await pace.begin('a');
    await pace.begin('b');
    const third = pace.begin('c');
    expect(await isSettled(third)).to.equal(false);
    hand.write('a'); // a second record of it may follow
    expect(await isSettled(third)).to.equal(false);
    hand.write('nobody');
    hand.write('b');
    await third;
    const fourth = pace.begin('d');
    expect(await isSettled(fourth)).to.equal(false);
    hand.write('c');
    await fourth;
  });

  it('makes a record where none comes, which stands for all that had ended before it', async () => {
    const { pace, crossings } = new Hand(4);
    for (const id of ['a', 'b', 'c', 'd']) await pace.begin(id);
    const fifth = pace.begin('e');
    expect(await isSettled(fifth)).to.equal(false);
    expect(crossings).to.have.length(0); // nothing has ended
    for (const id of ['b', 'a', 'd']) pace.end(id); // of these, d has not all before it
    expect(await isSettled(fifth)).to.equal(false);
    expect(crossings).to.have.length(1);
    crossings[0]?.resolve(7);
    await fifth;
    await pace.begin('f');
    expect(pace.marks).to.deep.equal([{ serial: 7, tried: 2, begun: 4 }]);
    const last = pace.begin('g').catch(() => undefined);
    expect(await isSettled(last)).to.equal(false);
    for (const id of ['c', 'e']) pace.end(id);
    expect(await isSettled(last)).to.equal(false);
    crossings[1]?.resolve(9);
    await last;
    expect(pace.marks[1]).to.deep.equal({ serial: 9, tried: 5, begun: 6 });
  });

  it('says that the log has fallen silent', async () => {
    const { pace, crossings } = new Hand(1);
    await pace.begin('a');
    pace.end('a');
    const second = pace.begin('b').catch((error: unknown) => error);
    expect(await isSettled(second)).to.equal(false);
    crossings[0]?.reject(new HarnessError('no-records', 'No record.'));
    expect(await second).to.include({ code: 'no-records' });
  });
});
