/**
 * A line of a log to a record of AppArmor. The line is hostile: a record is read only where the kernel, or an object
 * manager known by name, puts one, and only fields that surely were printed whole are kept.
 *
 * Rules:
 * - `type` of a record is the value of `apparmor=`; records of kernels before 2.6.36 have none and carry it in the
 *   audit type (1503 is DENIED).
 * - A line without an audit stamp (journal copies, dbus-daemon through syslog) has `timeMs` and `serial` 0.
 * - In records of user-space object managers, keys of the kernel's own frame around `msg='…'` are those of the object
 *   manager, not of the denied process: they are kept as `outer_pid`, `outer_uid`, …
 */
import type { AuditRecord } from '../model/model.ts';
import { kernelText, readEnvelope } from './envelope.ts';
import type { Envelope, Stamp } from './envelope.ts';
import { matchAt, scanFields } from './scan.ts';
import type { Scan } from './scan.ts';

export type ParsedLine =
  | {
      readonly kind: 'record';
      readonly record: AuditRecord;
      /** Why fields may be missing. */
      readonly damaged?: string;
    }
  | { readonly kind: 'not-a-record'; readonly why: string };

/** Audit types of Linux before 2.6.36, when the type stated what the record states now. */
const TYPES_BY_CODE: Readonly<Record<number, string>> = {
  1501: 'AUDIT',
  1502: 'ALLOWED',
  1503: 'DENIED',
  1504: 'HINT',
  1505: 'STATUS',
  1506: 'ERROR',
  1507: 'KILLED',
};

/** Keys after which the kernel always prints another one: as the last of a record they show a cut. */
const NEVER_LAST = new Set([
  'apparmor',
  'error',
  'pid',
  'parent',
  'fsuid',
  'capability',
  'signal',
  'laddr',
  'lport',
  'faddr',
  'fport',
  'saddr',
  'src',
  'daddr',
  'dest',
  'rlimit',
]);

/**
 * Lengths at which printk cuts a text: its buffer (PRINTKRB_RECORD_MAX, 1024, since Linux 5.10; LOG_LINE_MAX, 992 or
 * 976, before) less the closing zero and the two bytes of the level. 1021 was observed.
 */
const CUTS = [973, 989, 1021];

const PROSE = /(?:REJECTING|PERMITTING|AUDITING|LOGPROF-HINT) /y;

/** Reads a line of a log file, of dmesg, of journalctl or of auditd. Never throws. */
export function parseRecord(line: string): ParsedLine {
  const raw = line.trimEnd();
  return read(raw, readEnvelope(raw));
}

/** Reads a text of /dev/kmsg that the caller knows to be the kernel's: no prefix is accepted. */
export function parseKernelText(text: string): ParsedLine {
  const raw = text.trimEnd();
  return read(raw, kernelText(raw));
}

/** The stamp of an audit record of any type in the kernel's ring buffer, or in auditd's file. */
export function stampOf(text: string): Stamp | undefined {
  const envelope = kernelText(text);
  const readable = typeof envelope === 'string' ? readEnvelope(text) : envelope;
  return typeof readable === 'string' ? undefined : readable.stamp;
}

/** Of records that were read here: each is asked for its own more than once. */
const ENVELOPES = new WeakMap<AuditRecord, Envelope>();

/** The audit type as printed, the stamp, and who made the record. */
export function envelopeOf(record: AuditRecord): Envelope | undefined {
  const envelope = ENVELOPES.get(record) ?? readEnvelope(record.raw);
  return typeof envelope === 'string' ? undefined : envelope;
}

// eslint-disable-next-line complexity -- a lexer: each way that a line is no record is one branch
function read(raw: string, envelope: Envelope | string): ParsedLine {
  if (typeof envelope === 'string') return no(envelope);
  const { origin, code, type: named, stamp, body } = envelope;
  if (origin === 'user' && named !== '' && code !== 1107) return no(`audit type ${named} is not AppArmor's`);
  if (origin === 'kernel' && named !== '' && code !== 1400 && !(code !== undefined && code >= 1500 && code <= 1507)) {
    return no(`audit type ${named} is not AppArmor's`);
  }
  if (matchAt(PROSE, raw, body) !== null) return no('a sentence of AppArmor 2.0, which has no fields');
  const scan = origin === 'user' && named !== '' ? scanFramed(raw, body) : scanFields(raw, body);
  if (typeof scan === 'string') return no(scan);

  const type =
    scan.fields['apparmor'] ?? (scan.fields['operation'] === undefined ? undefined : TYPES_BY_CODE[code ?? 0]);
  if (type === undefined) return no('no apparmor= in it');
  if (!/^[A-Z]{2,16}$/.test(type)) return no('apparmor= is not a word of the kernel');
  if (origin === 'user' && named === '' && !/^dbus_/.test(scan.fields['operation'] ?? ''))
    return no('not a decision of dbus-daemon');

  const damaged = damage(envelope, scan);
  const fields = scan.fields;
  if (damaged !== undefined && scan.openEnded !== undefined) Reflect.deleteProperty(fields, scan.openEnded);
  const record: AuditRecord = { timeMs: stamp?.timeMs ?? 0, serial: stamp?.serial ?? 0, type, fields, raw };
  ENVELOPES.set(record, envelope);
  return { kind: 'record', record, ...(damaged === undefined ? {} : { damaged }) };
}

/** `pid=… uid=… auid=… ses=… [subj=…] msg='…'` (audit_log_common_recv_msg in kernel/audit.c). */
function scanFramed(raw: string, body: number): Scan | string {
  const open = raw.indexOf("msg='", body);
  if (open < 0) return 'no msg= in it';
  const inner = scanFields(raw, open + "msg='".length, true);
  const fields = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(scanFields(raw.slice(0, open), body).fields))
    fields[`outer_${key}`] = value;
  for (const [key, value] of Object.entries(inner.fields)) fields[key] = value;
  return { ...inner, fields };
}

function damage({ origin, code, printed = 0 }: Envelope, { fields, problem, openEnded }: Scan): string | undefined {
  if (problem !== undefined) return problem;
  if (CUTS.some((cut) => printed >= cut - 1 && printed <= cut + 2))
    return `the text is ${printed} characters long, where the kernel cuts`;
  if (openEnded === undefined || origin !== 'kernel' || (code !== undefined && code !== 1400)) return undefined;
  // dump_common_audit_data (security/lsm_audit.c) always prints comm, after profile and name.
  return NEVER_LAST.has(openEnded) || !Object.hasOwn(fields, 'comm')
    ? `the text ends within or after ${openEnded}=`
    : undefined;
}

function no(why: string): ParsedLine {
  return { kind: 'not-a-record', why };
}
