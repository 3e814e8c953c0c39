/** Makes observations of what was, or was not, seen. Pure. */
import { errnoName, signalName } from '#core/model/linux.ts';
import type { Captured, Observation } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
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

/** The outcome that the agent sent, as an observation: numbers by name, and no key for what there is none of. */
export function observed(outcome: Outcome & Partial<Details>): Omit<Observation, 'stdout' | 'stderr'> {
  const { stage, exit, undoErrno = 0, stoppedAt = '' } = outcome;
  const remark = remarkOf(outcome);
  return {
    stage,
    durationMs: outcome.durationUs / 1000,
    ...defined({
      errno: errnoName(outcome.errno),
      exit,
      signal: stage === 'timeout' ? undefined : signalName(outcome.signal),
      undoErrno: errnoName(undoErrno),
      stoppedAt: stoppedAt === '' ? undefined : stoppedAt,
      remark: remark === '' ? undefined : remark,
    }),
  };
}

/** All that the agent reports about an attempt, as one text for people; programs read the fields instead. */
function remarkOf(outcome: Outcome & Partial<Details>): string {
  const { stoppedAt = '', remark = '' } = outcome;
  const killErrno = errnoName(outcome.killErrno);
  const askedOnlyErrno = errnoName(outcome.askedOnlyErrno ?? 0);
  const undoErrno = errnoName(outcome.undoErrno ?? 0);
  const parts: string[] = [];
  if (killErrno !== undefined) parts.push(`it, or something that it started, could not be killed: ${killErrno}`);
  if (remark !== '') parts.push(remark);
  if (stoppedAt !== '') parts.push(`at ${stoppedAt}`);
  if (askedOnlyErrno !== undefined) parts.push(`asked only: ${askedOnlyErrno}`);
  if (undoErrno !== undefined) parts.push(`not undone: ${undoErrno}`);
  return parts.join('; ');
}
