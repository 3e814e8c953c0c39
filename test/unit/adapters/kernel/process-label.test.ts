/** What the host reads of a process, tried on processes of this test. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { childOf, innerPid, atSecureOf } from '#adapters/kernel/process-label.ts';
import { start } from '#adapters/host/exec.ts';

describe('processes seen from the host', () => {
  it('a child by its number in its own namespace, and no other', async () => {
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

  it('an ordinary execution is not secure; a process that is not there says nothing', () => {
    expect(atSecureOf(process.pid)).to.equal(false);
    expect(atSecureOf(999_999_999)).to.equal(undefined);
  });
});
