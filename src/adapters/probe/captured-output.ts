/** Makes observations of what was, or was not, seen. Pure. */
import { errnoName, signalName } from '#core/model/linux.ts';
import type { Captured, Observation } from '#core/model/model.ts';
import type { Details, Outcome } from './agent-protocol.ts';

export const NOTHING: Captured = { text: '', bytes: 0, truncated: false };

/** @param bytes full length of the stream, of which `kept` is the beginning. */
export function captured(kept: Buffer, bytes: number): Captured {
  return { text: kept.toString('utf8'), bytes, truncated: bytes > kept.length };
}

/** No answer came back, and why. */
export function lost(problem: string): Observation {
  return { stage: 'lost', problem, stdout: NOTHING, stderr: NOTHING, durationMs: 0 };
}

/** The outcome that the agent sent, in the words of an observation: errno and signals by name, the rest left out. */
export function observed(outcome: Outcome & Partial<Details>): Omit<Observation, 'stdout' | 'stderr'> {
  const errno = errnoName(outcome.errno);
  const signal = outcome.stage === 'timeout' ? undefined : signalName(outcome.signal);
  const undoErrno = errnoName(outcome.undoErrno ?? 0);
  const { exit, stoppedAt = '' } = outcome;
  const remark = remarkOf(outcome);
  return {
    stage: outcome.stage,
    durationMs: outcome.durationUs / 1000,
    ...(errno === undefined ? {} : { errno }),
    ...(exit === undefined ? {} : { exit }),
    ...(signal === undefined ? {} : { signal }),
    ...(undoErrno === undefined ? {} : { undoErrno }),
    ...(stoppedAt === '' ? {} : { stoppedAt }),
    ...(remark === '' ? {} : { remark }),
  };
}

/** All that the agent says of an attempt, as one text for people. Nothing may read it but they: the fields say the same. */
function remarkOf({
  killErrno,
  undoErrno = 0,
  askedOnlyErrno = 0,
  stoppedAt,
  remark,
}: Outcome & Partial<Details>): string {
  const parts = [
    killErrno === 0 ? '' : `it, or something that it started, could not be killed: ${errnoName(killErrno)}`,
    remark ?? '',
    stoppedAt === undefined || stoppedAt === '' ? '' : `at ${stoppedAt}`,
    askedOnlyErrno === 0 ? '' : `asked only: ${errnoName(askedOnlyErrno)}`,
    undoErrno === 0 ? '' : `not undone: ${errnoName(undoErrno)}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}
