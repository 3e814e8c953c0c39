/**
 * Where records are missing from what was read of the kernel's log. A verdict whose window touches a loss must not
 * rest on the absence of a record.
 */
import { lossNotice } from './kmsg-line.ts';
import { parseKernelText, stampOf, type ParsedLine } from './parse-record.ts';

/** A part of the log between two audit serials, both exclusive. */
export interface Window {
  readonly afterSerial: number;
  readonly beforeSerial: number;
}

export interface Loss extends Window {
  readonly why: string;
}

/** One text of the kernel, in the order read. Only texts of facility 0 belong here. */
export interface LogText {
  readonly text: string;
  /** Sequence number of /dev/kmsg. */
  readonly seq?: number;
  /** The kernel reported (EPIPE) that records before this one were overwritten. */
  readonly overrun?: boolean;
  /** What the reader has parsed it to; absent where nobody has. */
  readonly parsed?: ParsedLine;
  /** The reader knows that records are missing and why, but not where: anywhere in this log. */
  readonly lost?: string;
}

/** After every serial: the loss has no end that is known. */
export const END = Number.MAX_SAFE_INTEGER;

/**
 * The backlog limit that the audit system starts with. It prints a complaint about its backlog at once and the queued
 * records only later, so the complaint concerns every record that can have been queued.
 */
const DEFAULT_BACKLOG = 64;

/**
 * Everything that shows a loss:
 * - serials that no text has. Every stamp counts, of whatever audit type; several records share one serial, and
 *   processors may print serials out of order, so the whole set is checked.
 * - sequence numbers of /dev/kmsg that were not read, overruns, the kernel's own complaints, and texts that are cut.
 * - a system call recorded as refused, without the denial that caused the record.
 */
export function findLosses(log: readonly LogText[]): Loss[] {
  const serials = log.map(serialOf);
  const laterSerial = laterSerials(serials);
  const losses = [...missingSerials(serials), ...callsWithoutDenial(log, serials)];
  let latestSerial = 0;
  let previousSeq: number | undefined;

  log.forEach((entry, index) => {
    const around = ({ why, queued }: Complaint): Loss => ({
      afterSerial: latestSerial,
      beforeSerial: Math.max(laterSerial(index, queued), latestSerial + 1),
      why,
    });

    if (entry.lost !== undefined) losses.push({ afterSerial: 0, beforeSerial: END, why: entry.lost });

    const unread = unreadLines(entry, previousSeq);
    if (unread !== undefined) losses.push(around({ why: unread, queued: 0 }));
    previousSeq = entry.seq ?? previousSeq;

    const serial = serials[index];
    if (serial === undefined) {
      const complaint = complaintIn(entry.text);
      if (complaint !== undefined) losses.push(around(complaint));
      return;
    }
    latestSerial = Math.max(latestSerial, serial);
    losses.push(...incompleteRecord(entry, serial));
  });
  return losses;
}

/** Whether something lost may have been in the window. */
export function mayAffect(loss: Window, window: Window): boolean {
  return loss.afterSerial < window.beforeSerial && loss.beforeSerial > window.afterSerial;
}

function missingSerials(serials: readonly (number | undefined)[]): Loss[] {
  const sorted = [...new Set(serials.filter((serial) => serial !== undefined))].sort((a, b) => a - b);
  return sorted.flatMap((serial, index): Loss[] => {
    const previous = sorted[index - 1];
    if (previous === undefined || serial === previous + 1) return [];

    const first = previous + 1;
    const last = serial - 1;
    const why = first === last ? `audit record ${first} is missing` : `audit records ${first} to ${last} are missing`;
    return [{ afterSerial: previous, beforeSerial: serial, why }];
  });
}

/** Refused by a security module, and recorded because of a record of its own rather than by a rule with a key. */
const REFUSED_CALL = /(?:^|: )(?:type=(?:1300|SYSCALL)) .{0,80}? success=no exit=-(?:1|13) .* key=\(null\)/;

/** What only ever accompanies another record (auditsc.c): SYSCALL, PATH, SOCKADDR, CWD, EOE, PROCTITLE and the like. */
const COMPANION = /(?:^|: )type=(?:13(?:00|02|06|07|20|27)|SYSCALL|PATH|SOCKADDR|CWD|EOE|PROCTITLE) /;

/** Where audit is enabled, a denial and its call share a serial: if the denial is lost, no serial is missing. */
function callsWithoutDenial(log: readonly LogText[], serials: readonly (number | undefined)[]): Loss[] {
  const complete = new Set<number>();
  log.forEach(({ text }, index) => {
    const serial = serials[index];
    if (serial !== undefined && !COMPANION.test(text)) complete.add(serial);
  });

  return log.flatMap(({ text }, index): Loss[] => {
    const serial = serials[index];
    if (serial === undefined || complete.has(serial) || !REFUSED_CALL.test(text)) return [];
    return [lostAt(serial, `audit record ${serial} has only its system call`)];
  });
}

/** Why lines before this one were not read; undefined where all were. */
function unreadLines({ seq, overrun }: LogText, previousSeq: number | undefined): string | undefined {
  if (overrun === true) return 'the kernel log was overwritten before it was read';
  if (seq === undefined || previousSeq === undefined || seq <= previousSeq + 1) return undefined;

  const missed = seq - previousSeq - 1;
  return `missed ${missed} kernel log ${missed === 1 ? 'line' : 'lines'}`;
}

interface Complaint {
  readonly why: string;
  /** Number of records that can have been queued when the kernel complained, and that it prints later. */
  readonly queued: number;
}

/** The kernel's own report of a loss; undefined where the text is none. */
function complaintIn(text: string): Complaint | undefined {
  const why = lossNotice(text);
  if (why === undefined) return undefined;
  return { why, queued: why.startsWith('printk') ? 0 : backlogOf(text) };
}

function backlogOf(text: string): number {
  const limit = /audit_backlog_limit=(\d{1,9})/.exec(text)?.[1];
  return limit === undefined ? DEFAULT_BACKLOG : Math.max(Number(limit), DEFAULT_BACKLOG);
}

/** @returns the serial of a text of whatever audit type; undefined where it has no stamp. */
export function serialOf({ text, parsed }: LogText): number | undefined {
  const known = parsed?.kind === 'record' ? parsed.record.serial : 0;
  return known > 0 ? known : stampOf(text)?.serial;
}

function incompleteRecord({ text, parsed = parseKernelText(text) }: LogText, serial: number): Loss[] {
  if (parsed.kind !== 'record' || parsed.damaged === undefined) return [];
  return [lostAt(serial, `record ${serial} is incomplete: ${parsed.damaged}`)];
}

function lostAt(serial: number, why: string): Loss {
  return { afterSerial: serial - 1, beforeSerial: serial + 1, why };
}

/** Finds the serial `skip` stamped texts after the first one at or after an index; END where there is none. */
function laterSerials(serials: readonly (number | undefined)[]): (index: number, skip: number) => number {
  const stamped: number[] = [];
  const rank = serials.map((serial) => (serial === undefined ? stamped.length : stamped.push(serial) - 1));
  return (index, skip) => stamped[(rank[index] ?? 0) + skip] ?? END;
}
