/**
 * A barrier in the audit stream. Replacing a tiny profile makes a STATUS record, which the kernel queues after every
 * record that came before it: once it has been read, all of those have been, or they are lost.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { HarnessError } from '#core/model/errors.ts';
import type { HostChanges } from '../changes/host-changes.ts';
import type { AuditLog } from './kernel-log.ts';
import { compile } from '../parser/apparmor-parser.ts';
import { replacePolicy } from '../securityfs/loaded-profiles.ts';

/** The barrier's record can be lost like any other: it is sent again after each of these. */
const WAITS_MS = [500, 1500, 4000, 8000, 16_000];
/** How many of these waits are worth it after that many crossings without a record. */
const WAITS_AFTER_SILENCE = [WAITS_MS.length, 2, 2, 1];
/** The kernel prints the name of the thread that loads policy. */
const COMM = '/proc/self/comm';

/** A barrier of one run. */
export interface Barrier {
  /**
   * Crosses the barrier.
   * @returns the serial of its record.
   * @throws HarnessError `no-records` when it does not arrive.
   */
  cross(): Promise<number>;
}

/** Prepares the barrier of a run; its profile is loaded with the first crossing. */
export async function makeBarrier(run: string, log: AuditLog, changes: HostChanges): Promise<Barrier> {
  const name = `apparmor-probe.barrier.${run}`;
  const { policy } = await compile('/barrier', `profile "${name}" {}\n`);
  changes.willLoad([name], { keep: false });
  let crossings = 0;
  let silent = 0;
  return {
    async cross() {
      // a late record of the crossing before must not be taken for this one's, which it precedes
      crossings += 1;
      const comm = `barrier-${crossings % 1_000_000}`;
      const waits = waitsAfter(silent);
      for (const wait of waits) {
        withThreadName(comm, () => {
          replacePolicy(policy);
        });
        const record = await log.waitFor(
          ({ type, fields }) => type === 'STATUS' && fields['name'] === name && fields['comm'] === comm,
          wait,
        );
        if (record !== undefined) {
          silent = 0;
          return record.serial;
        }
      }
      silent += 1;
      throw new HarnessError(
        'no-records',
        `No AppArmor audit record arrived within ${waits.reduce((sum, ms) => sum + ms, 0) / 1000} s.`,
        { details: log.searchedSources() },
      );
    },
  };
}

/** A log that fell silent is not waited for as long again. @param silent crossings in a row without a record. */
function waitsAfter(silent: number): readonly number[] {
  return WAITS_MS.slice(0, WAITS_AFTER_SILENCE[silent] ?? WAITS_AFTER_SILENCE.at(-1));
}

/** Does something under another thread name. It must not wait: nothing else may run under that name. */
function withThreadName(comm: string, act: () => void): void {
  const before = readFileSync(COMM, 'utf8').trimEnd();
  writeFileSync(COMM, comm);
  try {
    act();
  } finally {
    writeFileSync(COMM, before);
  }
}
