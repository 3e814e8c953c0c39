/** What was seen: adapters/probe/ makes Observations, core/audit/ makes AuditRecords and Witnesses. Plain data. */

import type { ProfileMode } from './plan.ts';

/** Text captured from a container. It is hostile, and may be cut. */
export interface Captured {
  readonly text: string;
  /** Full length in bytes, before the cut. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * How far a probe came.
 * - `done`: the system call, or the command, ended by itself.
 * - `exec`: the program could not be started; `errno` is the reason.
 * - `timeout`: it took too long, and the agent killed it.
 * - `lost`: no answer came back (container gone, stream broken).
 */
type ProbeStage = 'done' | 'exec' | 'timeout' | 'lost';

/** A process that makes an attempt, as the host saw it. */
export interface ProcessProof {
  /** In the process namespace of the host. */
  readonly pid: number;
  /** Label and mode, as the kernel prints them. */
  readonly label: string;
  /** The label that it must have; with another one, the attempt proves nothing about the profile. */
  readonly expected: string;
}

/** What a process has after it executed a program or changed its label: the host reads it while it is paused. */
export interface ResultingLabel {
  /** In the process namespace of the host. */
  readonly pid: number;
  /** As the kernel prints it, without the mode, but with the names that the profile's author wrote. */
  readonly label: string;
  readonly mode?: ProfileMode;
  /** AT_SECURE of its auxiliary vector (getauxval(3)); undefined when it executed nothing. */
  readonly secure?: boolean;
}

/** What a probe showed, without any judgement. */
export interface Observation {
  readonly stage: ProbeStage;
  /** Symbolic errno of the failed system call, or of the failed exec; undefined when it succeeded. */
  readonly errno?: string;
  /** Exit status of a command that ended by itself. */
  readonly exit?: number;
  /** Signal that ended a command, as a name: `SIGKILL`. */
  readonly signal?: string;
  /** Status of an HTTP response. */
  readonly status?: number;
  /** Output of a command; of an HTTP response, the body. */
  readonly stdout: Captured;
  readonly stderr: Captured;
  readonly durationMs: number;
  /** Why there is no result, when `stage` is `lost`. */
  readonly problem?: string;
  /** Who made the attempt. Undefined for one from the host, and for a command that ended before the host could look. */
  readonly process?: ProcessProof;
  /** Who was at the other end, where that is a process of the harness. */
  readonly other?: ProcessProof;
  /** What the process had afterwards; read only when the spec expects something of it. */
  readonly carried?: ResultingLabel;
  /** Step that a sequence of system calls stopped at; undefined when it was the last, or there is only one. */
  readonly stoppedAt?: string;
  /** Why the effect of an operation could not be undone, as a symbolic errno: it is still there. */
  readonly undoErrno?: string;
  /** The agent's remarks, for people only. */
  readonly remark?: string;
}

/** One AppArmor event from the kernel log, parsed. */
export interface AuditRecord {
  /** Audit time in milliseconds since the epoch: the first number of `audit(1700000000.123:45)`. */
  readonly timeMs: number;
  /** The kernel's serial number: the last number of `audit(1700000000.123:45)`. */
  readonly serial: number;
  /** DENIED, ALLOWED, AUDIT, STATUS, HINT, ERROR, KILLED. */
  readonly type: string;
  /** All keys under the kernel's own names, in the order printed, hex decoded. */
  readonly fields: Readonly<Record<string, string>>;
  /** The line of the log. */
  readonly raw: string;
}

/**
 * How a record was tied to a probe.
 * - `comm`: by the agent's thread name.
 * - `pid`: by the process id of its command.
 * - `window`: only by the barriers around the command. A program that another process of the container started then
 *   would look the same.
 */
type AttributedBy = 'comm' | 'pid' | 'window';

/** A record that belongs to a probe. */
export interface Witness {
  readonly record: AuditRecord;
  readonly by: AttributedBy;
  /**
   * Of an operation: the record is not of the access itself, but of an earlier step (`open`) or of another class that
   * answered in its place (`capability`), in the words of `by:`. Undefined: it is of the access.
   */
  readonly before?: string;
}

/**
 * A second attempt, under the audit mode `noquiet`, in which explicit deny rules write records. Complain and kill mode
 * decide differently under it: so it only shows that AppArmor decided the first one, and by which rule.
 */
export interface Evidence {
  readonly observation: Observation;
  readonly witnesses: readonly Witness[];
}
/** How a record that bears an operation's name relates to it. `foreign`: it fits nothing that the operation does. */
export type RecordFit = 'access' | 'foreign' | { readonly before: string };

/** The kernel's answer to whether the loaded policy allows an access to a file. */
export interface Ruling {
  readonly path: string;
  /** Letters as in a rule. */
  readonly permissions: string;
  readonly allowed: boolean;
  /** Whether the answer is for the owner of the file, or for others; absent: for both, or for who asked. */
  readonly owner?: boolean;
}
