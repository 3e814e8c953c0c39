/**
 * Where records are missing from what was read of the kernel's log. A verdict whose window touches a loss must not
 * rest on the absence of a record.
 */
import { lossNotice } from './kmsg-line.ts';
import { parseKernelText, stampOf } from './parse-record.ts';

/** A stretch of the log between two audit serials, both exclusive. */
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
  /** The reader was told (EPIPE) that records before this one were overwritten. */
  readonly overrun?: boolean;
  /** The reader knows that records are missing and why, but not where: anywhere in this log. */
  readonly lost?: string;
}

/** Stands for "until whatever comes". */
export const END = Number.MAX_SAFE_INTEGER;

/**
 * The backlog that audit starts with. A complaint about it is printed at once, records queued before it only later: it
 * concerns all records that can have been queued.
 */
const BACKLOG = 64;

/**
 * Everything that shows a loss:
 * - serials that no text carries. Every stamp counts, of whatever audit type; several records share one serial, and
 *   processors may print serials out of order, so the whole set is looked at.
 * - sequence numbers of /dev/kmsg that were not read, overruns, the kernel's own complaints, and texts that are cut.
 * - a call that was refused, recorded without the denial that made it be recorded.
 */
export function findLosses(log: readonly LogText[]): Loss[] {
  const serials = log.map(({ text }) => stampOf(text)?.serial);
  const losses = [...serialGaps(serials), ...orphans(log, serials)];
  const later = laterSerials(serials);
  let latest = 0;
  let seq: number | undefined;
  log.forEach((entry, at) => {
    const around = (slack: number, why: string): void => {
      const beforeSerial = later(at, slack);
      losses.push({ afterSerial: latest, beforeSerial: Math.max(beforeSerial, latest + 1), why });
    };
    if (entry.lost !== undefined) losses.push({ afterSerial: 0, beforeSerial: END, why: entry.lost });
    if (entry.overrun === true) around(0, 'the kernel log was overwritten before it was read');
    else if (seq !== undefined && entry.seq !== undefined && entry.seq > seq + 1)
      around(0, `${entry.seq - seq - 1} lines of the kernel log were not read`);
    seq = entry.seq ?? seq;

    const serial = serials[at];
    const notice = serial === undefined ? lossNotice(entry.text) : undefined;
    if (notice !== undefined) around(notice.startsWith('printk') ? 0 : backlogOf(entry.text), notice);
    if (serial === undefined) return;
    latest = Math.max(latest, serial);
    const parsed = parseKernelText(entry.text);
    if (parsed.kind === 'record' && parsed.damaged !== undefined) {
      losses.push({
        afterSerial: serial - 1,
        beforeSerial: serial + 1,
        why: `record ${serial} is incomplete: ${parsed.damaged}`,
      });
    }
  });
  return losses;
}

/** Whether something lost may have stood in the window. */
export function mayAffect(loss: Window, window: Window): boolean {
  return loss.afterSerial < window.beforeSerial && loss.beforeSerial > window.afterSerial;
}

function serialGaps(serials: readonly (number | undefined)[]): Loss[] {
  const seen = [...new Set(serials.filter((serial) => serial !== undefined))].sort((a, b) => a - b);
  const losses: Loss[] = [];
  seen.forEach((serial, at) => {
    const previous = seen[at - 1];
    if (previous === undefined || serial === previous + 1) return;
    const missing = serial - previous - 1;
    losses.push({
      afterSerial: previous,
      beforeSerial: serial,
      why:
        missing === 1
          ? `audit record ${previous + 1} is missing`
          : `audit records ${previous + 1} to ${serial - 1} are missing`,
    });
  });
  return losses;
}

/** Refused by a security module, and recorded because of a record of its own rather than by a rule with a key. */
const REFUSED_CALL = /(?:^|: )(?:type=(?:1300|SYSCALL)) .{0,80}? success=no exit=-(?:1|13) .* key=\(null\)/;
/** What only ever accompanies another record (auditsc.c): SYSCALL, PATH, SOCKADDR, CWD, EOE, PROCTITLE and the like. */
const COMPANION = /(?:^|: )type=(?:13(?:00|02|06|07|20|27)|SYSCALL|PATH|SOCKADDR|CWD|EOE|PROCTITLE) /;

/** Where audit is enabled, a denial and its call share a serial: if the denial is lost, no serial is missing. */
function orphans(log: readonly LogText[], serials: readonly (number | undefined)[]): Loss[] {
  const led = new Set<number>();
  log.forEach(({ text }, at) => {
    const serial = serials[at];
    if (serial !== undefined && !COMPANION.test(text)) led.add(serial);
  });
  return log.flatMap(({ text }, at): Loss[] => {
    const serial = serials[at];
    return serial === undefined || led.has(serial) || !REFUSED_CALL.test(text)
      ? []
      : [{ afterSerial: serial - 1, beforeSerial: serial + 1, why: `audit record ${serial} has only its system call` }];
  });
}

/** The serial that stands `slack` stamped texts behind the first one at or after a place. */
function laterSerials(serials: readonly (number | undefined)[]): (at: number, slack: number) => number {
  const stamped: number[] = [];
  const rank = serials.map((serial) => (serial === undefined ? stamped.length : stamped.push(serial) - 1));
  return (at, slack) => stamped[(rank[at] ?? 0) + slack] ?? END;
}

function backlogOf(text: string): number {
  const limit = /audit_backlog_limit=(\d{1,9})/.exec(text)?.[1];
  return limit === undefined ? BACKLOG : Math.max(Number(limit), BACKLOG);
}
