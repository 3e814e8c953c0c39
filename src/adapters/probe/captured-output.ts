/** Makes observations of what was, or was not, seen. Pure. */
import type { Captured, Observation } from '#core/model/model.ts';

export const NOTHING: Captured = { text: '', bytes: 0, truncated: false };

/** @param bytes full length of the stream, of which `kept` is the beginning. */
export function captured(kept: Buffer, bytes: number): Captured {
  return { text: kept.toString('utf8'), bytes, truncated: bytes > kept.length };
}

/** No answer came back, and why. */
export function lost(problem: string): Observation {
  return { stage: 'lost', problem, stdout: NOTHING, stderr: NOTHING, durationMs: 0 };
}
