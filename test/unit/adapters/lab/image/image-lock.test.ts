import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { withImageLock } from '#adapters/lab/image/image-lock.ts';

describe('withImageLock', () => {
  it('lets one in at a time, reports who waits, and is free again after an error', async () => {
    const path = `/lock-test-${process.pid}`;
    let inside = 0;
    let most = 0;
    let waited = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all(
      [1, 2, 3].map(() =>
        withImageLock(path, work, () => {
          waited += 1;
        }),
      ),
    );
    expect({ most, waited }).to.deep.equal({ most: 1, waited: 2 });
    const error: unknown = await withImageLock(path, () => Promise.reject(new Error('x'))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.an('error');
    expect(await withImageLock(path, () => Promise.resolve(7))).to.equal(7);
  });
});
