/**
 * The audit system's wrapping of a record: its type, the stamp, and where the pairs begin.
 * Formats: `type=%d %s` of kauditd_printk_skb and `audit(%llu.%03lu:%u): ` of audit_log_start (kernel/audit.c), without
 * the leading `audit: ` before Linux 3.14, with the type after the stamp before 2.6.24; `type=AVC msg=audit(…): ` of
 * auditd, with `node=` when it names its host; `msg=audit(…): ` of its dispatcher; `AVC …` of systemd-journald.
 */
import { defined } from '../model/optional.ts';
import { matchAt } from './scan.ts';
import { readPrefix } from './prefix.ts';

/** `audit(SEC.MSEC:SERIAL)`. */
export interface Stamp {
  /** `SEC.MSEC:SERIAL` as printed. */
  readonly id: string;
  readonly seconds: number;
  readonly timeMs: number;
  readonly serial: number;
}

export interface Envelope {
  /** Who made the record: the kernel itself, or a user-space object manager (dbus-daemon) through it or syslog. */
  readonly origin: 'kernel' | 'user';
  /** As printed: `1400`, `AVC`, `UNKNOWN[1503]`; empty when none is. */
  readonly type: string;
  /** The number of a named type: AVC is 1400. */
  readonly code?: number;
  /** Copies of the journal and syslog lines of dbus-daemon have none. */
  readonly stamp?: Stamp;
  /** Where the pairs begin. */
  readonly body: number;
  /** Length of the text in the kernel's ring buffer, for lines that came through it. */
  readonly printed?: number;
}

/** include/uapi/linux/audit.h, and audit-records.h of the audit user space for the APPARMOR range. */
const CODES: Readonly<Record<string, number>> = {
  AVC: 1400,
  USER_AVC: 1107,
  APPARMOR: 1500,
  APPARMOR_AUDIT: 1501,
  APPARMOR_ALLOWED: 1502,
  APPARMOR_DENIED: 1503,
  APPARMOR_HINT: 1504,
  APPARMOR_STATUS: 1505,
  APPARMOR_ERROR: 1506,
  APPARMOR_KILL: 1507,
};

const STAMP = /audit\((\d{1,12})\.(\d{1,9}):(\d{1,10})\) ?: */y;
const KERNEL_TYPE = /type=(\d{1,5})(?:[ \t]+|$)/y;
const AUDIT_COLON = /audit: +/y;
const NODE = /node=\S{1,255} /y;
const DAEMON_TYPE = /type=([A-Z0-9_]{1,40}(?:\[\d{1,5}\])?) +msg=/y;
const DISPATCHED = /msg=/y;
const JOURNAL_TYPE = /(?:([A-Z0-9_]{1,40}(?:\[\d{1,5}\])?)|<audit-(\d{1,5})>) +/y;
const BUS_SESSION = /\[(?:session|system|accessibility)[^\]]{0,80}\] +/y;

/** Reads a line of a log with whatever comes before the record. A string is the reason why it has none. */
export function readEnvelope(line: string): Envelope | string {
  const prefix = readPrefix(line);
  if (typeof prefix === 'string') return prefix;
  const { writer, end } = prefix;
  switch (writer) {
    case 'kernel':
      return kernelText(line, end);
    case 'auditd':
      return daemonText(line, end) ?? 'not a record of the audit daemon';
    case 'journal':
      return journalText(line, end);
    case 'dbus':
      return busText(line, end);
    case 'unknown':
      return daemonText(line, end) ?? untaggedText(line, end);
  }
}

/** Text without a tag ahead of it: a copy of the journal begins with the type's name. */
function untaggedText(line: string, from: number): Envelope | string {
  return matchAt(/AVC apparmor=/y, line, from) === null ? kernelText(line, from) : journalText(line, from);
}

/** Reads text of the kernel's ring buffer: nothing may come before the audit system's words. */
export function kernelText(text: string, from = 0): Envelope | string {
  let at = from + (matchAt(AUDIT_COLON, text, from)?.[0].length ?? 0);
  const before = matchAt(KERNEL_TYPE, text, at);
  at += before?.[0].length ?? 0;
  const stamp = matchAt(STAMP, text, at);
  if (stamp === null) return 'no audit stamp';
  at += stamp[0].length;
  const after = before === null ? matchAt(KERNEL_TYPE, text, at) : null;
  at += after?.[0].length ?? 0;
  const type = (before ?? after)?.[1] ?? '';
  return envelope(type, stamp, at, text.length - from);
}

function daemonText(line: string, from: number): Envelope | string | undefined {
  let at = from + (matchAt(NODE, line, from)?.[0].length ?? 0);
  const named = matchAt(DAEMON_TYPE, line, at);
  const msg = named ?? matchAt(DISPATCHED, line, at);
  if (msg === null) return undefined;
  at += msg[0].length;
  const stamp = matchAt(STAMP, line, at);
  if (stamp === null) return 'no audit stamp';
  at += stamp[0].length;
  // Linux 2.6.22 printed the type once more.
  at += matchAt(KERNEL_TYPE, line, at)?.[0].length ?? 0;
  return envelope(named?.[1] ?? '', stamp, at);
}

function journalText(line: string, from: number): Envelope | string {
  const type = matchAt(JOURNAL_TYPE, line, from);
  if (type === null) return 'no audit type';
  return envelope(type[1] ?? type[2] ?? '', null, from + type[0].length);
}

/** dbus-daemon without an audit netlink socket: `dbus[PID]: apparmor="DENIED" operation="dbus_…"` (bus/apparmor.c). */
function busText(line: string, from: number): Envelope | string {
  const body = from + (matchAt(BUS_SESSION, line, from)?.[0].length ?? 0);
  if (matchAt(/apparmor="/y, line, body) === null) return 'not a decision of dbus-daemon';
  return { origin: 'user', type: '', body };
}

function envelope(type: string, stamp: RegExpExecArray | null, body: number, printed?: number): Envelope {
  const code = codeOf(type);
  return defined({
    origin: code !== undefined && isUserCode(code) ? ('user' as const) : ('kernel' as const),
    type,
    body,
    code,
    stamp: stamp === null ? undefined : readStamp(stamp),
    printed,
  });
}

/** Ranges of messages from user space (include/uapi/linux/audit.h, AUDIT_FIRST_USER_MSG and AUDIT_FIRST_USER_MSG2). */
function isUserCode(code: number): boolean {
  return (code >= 1100 && code < 1200) || (code >= 2100 && code < 3000);
}

function codeOf(type: string): number | undefined {
  const digits = /^(?:UNKNOWN\[)?(\d+)\]?$/.exec(type)?.[1];
  if (digits !== undefined) return Number(digits);
  return Object.hasOwn(CODES, type) ? CODES[type] : undefined;
}

function readStamp([, sec = '0', msec = '0', serial = '0']: RegExpExecArray): Stamp {
  const seconds = Number(sec);
  return {
    id: `${sec}.${msec}:${serial}`,
    seconds,
    serial: Number(serial),
    timeMs: seconds * 1000 + Number(msec.padEnd(3, '0').slice(0, 3)),
  };
}
