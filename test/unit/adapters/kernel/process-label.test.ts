/** What the host reads of a process, tried on processes of this test. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { childOf, innerPid, atSecureOf } from '#adapters/kernel/process-label.ts';
import { start } from '#adapters/host/exec.ts';

describe('a process seen from the host', () => {
  it('is found by its number in its own namespace, and by no other', async () => {
    const child = start(['sleep', '30']);
    const inner = Number(/^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${String(child.pid)}/status`, 'utf8'))?.[1]);
    try {
      expect(innerPid(child.pid ?? 0)).to.equal(inner);
      expect(childOf(process.pid, inner)).to.equal(child.pid);
      expect(childOf(process.pid, 999_999_999)).to.equal(undefined);
      expect(childOf(999_999_999, inner), 'of nobody').to.equal(undefined);
    } finally {
      await new Promise((resolve) => {
        child.on('close', resolve);
        child.kill('SIGKILL');
      });
    }
  });

  it('reports AT_SECURE as 0 for an ordinary execution, and nothing for a missing process', () => {
    expect(atSecureOf(process.pid)).to.equal(false);
    expect(atSecureOf(999_999_999)).to.equal(undefined);
  });
});
