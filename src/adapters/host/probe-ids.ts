/** Names that no process of a container can foresee. */
import { createHash, randomBytes } from 'node:crypto';

/** A thread's name has 15 bytes (TASK_COMM_LEN). */
const LENGTH = 15;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** @returns a new id for a probe, drawn at random: who knows another one, or the run's id, knows nothing of it. */
export function newProbeId(): string {
  return lettersOf(randomBytes(LENGTH));
}

/** @returns the name that an attempt in the control container has: from it nobody can tell the probe's id. */
export function controlId(id: string): string {
  return lettersOf(createHash('sha256').update(id).digest());
}

function lettersOf(bytes: Buffer): string {
  return [...bytes.subarray(0, LENGTH)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
