import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CappedOutput } from '#adapters/container/capped-output.ts';

describe('CappedOutput', () => {
  it('keeps the beginning and counts the rest', () => {
    const output = new CappedOutput(5);
    output.add(Buffer.from('abc'));
    output.add(Buffer.from('defg'));
    output.add(Buffer.from('h'));
    expect(output.kept.toString()).to.equal('abcde');
    expect(output.bytes).to.equal(8);
  });

  it('holds no memory of what it does not keep', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const output = new CappedOutput(1024);

    collectGarbage();
    await setImmediate();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 500; i += 1) output.add(Buffer.alloc(64 * 1024, 'x'));
    await setImmediate();
    collectGarbage();
    await setImmediate();
    const heldBytes = process.memoryUsage().arrayBuffers - before;

    expect(output.bytes).to.equal(500 * 64 * 1024);
    expect(heldBytes).to.be.below(1024 * 1024);
  });
});
