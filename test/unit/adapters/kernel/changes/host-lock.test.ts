/** Locks between runs: shared by some, or held alone. */
import { expect } from 'chai';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeHostLock, withHostLock } from '#adapters/kernel/changes/host-lock.ts';

describe('takeHostLock', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'host-lock-')), 'lock');

  it('is shared by those that share it, and kept from who wants it alone', async () => {
    const first = await takeHostLock(file, { mode: 'shared' });
    const second = await takeHostLock(file, { mode: 'shared' });
    const refused = await takeHostLock(file, { waitS: 0 }).catch((error: unknown) => error);
    expect(refused)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/another run held/);
    await first();
    await second();
    await (
      await takeHostLock(file, { waitS: 0 })
    )();
  });

  it('waits until it is given back', async () => {
    const order: string[] = [];
    const release = await takeHostLock(file);
    const other = withHostLock(file, () => order.push('other'));
    order.push('first');
    await release();
    await other;
    expect(order).to.deep.equal(['first', 'other']);
  });

  it('gives up waiting when it is told to', async () => {
    const release = await takeHostLock(file);
    const interruption = new AbortController();
    const waiting = takeHostLock(file, { signal: interruption.signal }).catch((error: unknown) => error);
    interruption.abort();
    expect(await waiting).to.be.an('error');
    await release();
  });
});
