/**
 * A barrier in the audit stream. Replacing a tiny profile makes a STATUS record, which the kernel queues behind every
 * record that came before it: once it has been read, all of those have been, or they are lost.
 */
import { HarnessError } from '../errors.ts';
import type { HostChanges } from './host.ts';
import type { KernelLog } from './log.ts';
import { compile } from './parser.ts';
import { replacePolicy } from './policy.ts';

const WAIT_MS = 10_000;

export interface Barrier {
  /** Crosses the barrier. @returns the serial of its record. @throws HarnessError `no-records` when it does not arrive. */
  cross(): Promise<number>;
}

export async function makeBarrier(run: string, log: KernelLog, changes: HostChanges): Promise<Barrier> {
  const name = `apparmor-probe.barrier.${run}`;
  const { policy } = await compile('/barrier', `profile "${name}" {}\n`);
  changes.willLoad([name], { keep: false });
  let last = 0;
  return {
    async cross() {
      for (const attempt of [1, 2]) {
        replacePolicy(policy);
        const record = await log.waitFor(({ type, fields, serial }) => type === 'STATUS' && fields['name'] === name && serial > last, attempt * WAIT_MS);
        if (record !== undefined) return last = record.serial;
      }
      throw new HarnessError('no-records', `No audit record of AppArmor has reached the kernel log in ${String(3 * WAIT_MS / 1000)} s.`);
    },
  };
}
