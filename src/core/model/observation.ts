/** What was seen: `probe/` makes Observations, `audit/` makes AuditRecords and Witnesses. Plain data. */

import type { ProfileMode } from './plan.ts';

/** Text captured from a container: hostile, and possibly cut. `bytes` is the full length before the cut. */
export interface Captured {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * How far a probe came. `done`: the system call, or the command, ended by itself. `exec`: the program could not be
 * started, `errno` says why. `timeout`: killed by the agent. `lost`: no answer (container gone, stream broken).
 */
type Stage = 'done' | 'exec' | 'timeout' | 'lost';

/** A process that makes an attempt, as the host saw it: label and mode as the kernel prints them. */
export interface ProcessProof {
  /** On the host. */
  readonly pid: number;
  readonly label: string;
  /** What it has to carry for the attempt to say anything of the profile. */
  readonly expected: string;
}

/** What a process carries after it executed a program or changed its label, read by the host while it is held. */
export interface Carried {
  readonly pid: number;
  /** As the kernel prints it, without the mode, but with the names that the profile's author wrote. */
  readonly label: string;
  readonly mode?: ProfileMode;
  /** AT_SECURE of its auxiliary vector; undefined when it executed nothing. */
  readonly secure?: boolean;
}

/** What a probe showed, with no judgement in it. */
export interface Observation {
  readonly stage: Stage;
  /** Symbolic errno of the failed system call, or of the failed exec; undefined when it succeeded. */
  readonly errno?: string;
  /** Exit status of a command that ended by itself. */
  readonly exit?: number;
  /** Signal that ended a command, as a name: `SIGKILL`. */
  readonly signal?: string;
  /** Status of an HTTP answer. */
  readonly status?: number;
  readonly stdout: Captured;
  readonly stderr: Captured;
  readonly durationMs: number;
  /** Why there is no result, when `stage` is `lost`. */
  readonly problem?: string;
  /** Who made the attempt; undefined for one from the host, and for a command that ended before it could be looked at. */
  readonly process?: ProcessProof;
  /** Who was at the other end, where that is a process of ours. */
  readonly other?: ProcessProof;
  /** Read when the spec expects something of it. */
  readonly carried?: Carried;
  /** Step that a sequence of system calls stopped at; undefined when it was the last, or there is only one. */
  readonly stoppedAt?: string;
  /** Why the effect of an operation could not be undone, as a symbolic errno: it is still there. */
  readonly undoErrno?: string;
  /** All that the agent remarks, for people only. */
  readonly remark?: string;
}

/** One AppArmor event from the kernel log, parsed. */
export interface AuditRecord {
  /** Audit time in milliseconds since the epoch, and the kernel's serial number: `audit(1700000000.123:45)`. */
  readonly timeMs: number;
  readonly serial: number;
  /** DENIED, ALLOWED, AUDIT, STATUS, HINT, ERROR, KILLED. */
  readonly type: string;
  /** All keys under the kernel's own names, in the order printed, hex decoded. */
  readonly fields: Readonly<Record<string, string>>;
  readonly raw: string;
}

/**
 * How a record was tied to a probe: by the agent's thread name, by the process id of its command, or only by the barriers
 * around the command, where a program that another process of the container started just then would look the same.
 */
type AttributedBy = 'comm' | 'pid' | 'window';

export interface Witness {
  readonly record: AuditRecord;
  readonly by: AttributedBy;
}

/** What the kernel answers when it is asked what loaded policy says of a file. */
export interface Ruling {
  readonly path: string;
  /** Letters as in a rule. */
  readonly permissions: string;
  readonly allowed: boolean;
}
