/**
 * One text of a pasted log, in whatever form people paste it, as a record. Pure.
 *
 * Only for people who convert a copy of a log: what a line claims about itself is believed more easily here than where
 * verdicts rest on it. The text inside is still read by the strict parser.
 * Forms: terminal colours, prefixes of grep and of quoted mail, the journal's JSON (systemd.journal-fields(7)), JSON of
 * log collectors and of Docker's json-file driver, `ausearch -i`, pairs without a header.
 */
import type { AuditRecord } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { decodeBytes } from './hex.ts';
import { missingEnd } from './half-record.ts';
import { isInterpreted, readInterpreted } from './interpreted.ts';
import { parseRecord } from './parse-record.ts';

/** What the JSON of a record says about its header, where that is not in the words of the line. */
export interface PastedHeader {
  readonly type?: string;
  readonly serial?: number;
  /** As `ausearch -i` printed it. */
  readonly date?: string;
}

export interface ReadForm {
  readonly kind: 'record';
  readonly record: AuditRecord;
  readonly header?: PastedHeader;
  readonly damaged?: string;
  /** The form has an end of its own, as JSON has: no other line can belong to it. */
  readonly isClosed?: true;
}

export type Form =
  | ReadForm
  /** The beginning of a record, without pairs. */
  | { readonly kind: 'opening'; readonly why: string }
  | { readonly kind: 'other'; readonly why: string };

/** The reason for lines that nobody expects to be records. */
export const NO_RECORD = 'no AppArmor record in it';

/** SGR and "erase to the end of the line": grep --color writes both. */
const COLOURS = /\x1b\[[0-9;:]*[mK]/g;

/** `FILE:N:`, `FILE:` and `N:` of grep, `N-` and `FILE-N-` of its context lines; no blank comes after them. */
const GREP = [/^\d{1,9}[:-](?=\S)/, /^[^\s:="'{]{1,255}:(?:\d{1,9}:)?(?=\S)/, /^[^\s:="'{]{1,255}-\d{1,9}-(?=\S)/];
const QUOTED = /^(?:[>|] ?)+/;

/** A line that may have been a record before it was damaged. */
const RECORD_LIKE = /apparmor|\btype=(?:1400|15\d\d|AVC|APPARMOR)/i;
/** What comes before the pairs, or the first pair itself, cut anywhere. */
const HEADER_ENDS = [
  /kernel:(?: \[ *\d{1,10}\.\d{1,9}\])?(?: a(?:u(?:d(?:it?)?)?)?)?$/,
  /audit:(?: t(?:y(?:pe?)?)?)?$/,
  /^\[ *\d{1,10}\.\d{1,9}\](?: a(?:u(?:d(?:it?)?)?)?)?$/,
  /type=(?:1400|\d{0,3}|(?:USER_)?AVC|APPARMOR_[A-Z]{1,20})(?: (?:a(?:u(?:d(?:it?)?)?)?|m(?:sg?)?))?$/,
  /msg=(?:a(?:u(?:d(?:it?)?)?)?)?$/,
  /audit\((?:[\d.:/ -]{0,40}|[^()=]{0,60}:\d{1,10}\) ?:?)$/,
  /audit\([^()=]{1,60}:\d{1,10}\) ?:? *a(?:p(?:p(?:a(?:r(?:m(?:or?)?)?)?)?)?)?=?$/,
  /^a(?:p(?:p(?:a(?:r(?:m(?:or?)?)?)?)?)?)?=?$/,
  /\bapparmor="?[A-Z]{0,16}$/,
  /^type=USER_AVC msg=audit\([^()=]{1,60}\) ?:[^']*$/,
];
const LONGEST_HEADER = 300;

/** The line without colours. */
export function plain(line: string): string {
  return line.includes('\u001b') ? line.replace(COLOURS, '') : line;
}

/** Reads a line, or several joined. */
export function readForm(text: string): Form {
  const trimmed = text.trim();
  const mayBeRecord = trimmed.startsWith('{') || RECORD_LIKE.test(trimmed) || isHeader(trimmed);
  if (!mayBeRecord) return { kind: 'other', why: NO_RECORD };

  let first: Form | undefined;
  for (const candidate of candidates(trimmed)) {
    const form = readCandidate(candidate);
    if (form.kind === 'record') return form;
    if (form.kind === 'opening' && first?.kind !== 'opening') first = form;
    first ??= form;
  }
  return first ?? { kind: 'other', why: NO_RECORD };
}

function candidates(text: string): string[] {
  const bare = text.replace(QUOTED, '');
  return [...new Set([text, bare, ...GREP.map((prefix) => bare.replace(prefix, ''))])];
}

function readCandidate(text: string): Form {
  if (text.startsWith('{')) return readJson(text);
  const parsed = parseRecord(text);
  if (parsed.kind === 'record') return checked({ record: parsed.record, damaged: parsed.damaged });
  if (text.startsWith('apparmor="') && !isHeader(text)) return readPairs(text, {}, parsed.why);
  if (isInterpreted(text) && !isHeader(text)) return readInterpretedForm(text);
  if (isHeader(text)) return { kind: 'opening', why: whyUnread(text, parsed.why) };
  return { kind: 'other', why: whyUnread(text, parsed.why) };
}

/** @param why the reason of the strict parser */
function whyUnread(text: string, why: string): string {
  if (!RECORD_LIKE.test(text)) return NO_RECORD;
  return /apparmor="[^"]*$/.test(text) ? 'cut in a quoted value' : why;
}

function isHeader(text: string): boolean {
  return text.length <= LONGEST_HEADER && HEADER_ENDS.some((end) => end.test(text));
}

function checked(form: {
  readonly record: AuditRecord;
  readonly damaged: string | undefined;
  readonly header?: PastedHeader;
}): ReadForm {
  return defined({ kind: 'record' as const, ...form, damaged: form.damaged ?? missingEnd(form.record) });
}

/** Pairs without the audit system's words ahead of them, read as the journal's copies are. */
function readPairs(pairs: string, header: PastedHeader, why: string): Form {
  const parsed = parseRecord(`AVC ${pairs}`);
  if (parsed.kind === 'record') return checked({ record: parsed.record, damaged: parsed.damaged, header });
  return { kind: 'other', why: whyUnread(pairs, why) };
}

function readInterpretedForm(text: string): Form {
  const interpreted = readInterpreted(text);
  if (interpreted === undefined) return { kind: 'other', why: whyUnread(text, 'no apparmor= in it') };
  const { pairs, type, date, serial, damaged } = interpreted;
  const form = readPairs(pairs, { type, date, serial }, 'no apparmor= in it');
  return form.kind === 'record' ? defined({ ...form, damaged: damaged ?? form.damaged }) : form;
}

/** Fields of JSON logs that hold a line of a log: the journal's, logstash's, Docker's, and common loggers'. */
const MESSAGE_KEYS = ['MESSAGE', 'message', 'log', 'msg'];

function readJson(text: string): Form {
  let entry: unknown;
  try {
    entry = JSON.parse(text.replace(/,$/, ''));
  } catch {
    return { kind: 'other', why: RECORD_LIKE.test(text) ? 'JSON that is cut or broken' : NO_RECORD };
  }
  const form = readEntry(entry as Readonly<Record<string, unknown>>);
  return form.kind === 'record' ? { ...form, isClosed: true } : { kind: 'other', why: form.why };
}

function readEntry(entry: Readonly<Record<string, unknown>>): Form {
  if (entry['_TRANSPORT'] !== undefined) return readJournalEntry(entry);
  let why = NO_RECORD;
  for (const key of MESSAGE_KEYS) {
    const message = textOf(entry[key]);
    if (message === undefined) continue;
    // a message that is JSON again is not opened: nobody knows how many layers a log has
    const line = plain(message).trim();
    const form = line.startsWith('{') ? { kind: 'other' as const, why: NO_RECORD } : readForm(line);
    if (form.kind === 'record') return form;
    if (form.why !== NO_RECORD) why = form.why;
  }
  return { kind: 'other', why };
}

/** Fields that begin with `_` are journald's own: they say who wrote the message. */
function readJournalEntry(entry: Readonly<Record<string, unknown>>): Form {
  const message = plain(textOf(entry['MESSAGE']) ?? '').trim();
  const writer = textOf(entry['SYSLOG_IDENTIFIER']) ?? 'unknown';
  switch (entry['_TRANSPORT']) {
    case 'audit':
      return readAuditEntry(entry, message);
    case 'kernel': {
      const facility = textOf(entry['SYSLOG_FACILITY']) ?? '0';
      return facility === '0' ? readForm(message) : { kind: 'other', why: `written to facility ${facility}` };
    }
    default:
      // as a line of syslog: the strict parser knows which programs write records
      return RECORD_LIKE.test(message)
        ? readCandidate(`Jan 01 00:00:00 host ${writer.replace(/[^A-Za-z0-9_./-]/g, '_')}: ${message}`)
        : { kind: 'other', why: NO_RECORD };
  }
}

/** Puts back the stamp that journald took off. */
function readAuditEntry(entry: Readonly<Record<string, unknown>>, message: string): Form {
  const serial = digitsOf(entry['_AUDIT_ID']);
  const micros = digitsOf(entry['_SOURCE_REALTIME_TIMESTAMP']);
  const type = /^([A-Z0-9_]{1,40}|<audit-\d{1,5}>) +/.exec(message);
  if (serial !== undefined && micros !== undefined && micros.length > 6 && type !== null) {
    const code = digitsOf(entry['_AUDIT_TYPE']);
    const name = /^</.test(type[0]) ? `UNKNOWN[${code ?? ''}]` : type[0].trim();
    const stamp = `${micros.slice(0, -6)}.${micros.slice(-6, -3)}:${serial}`;
    return readCandidate(`type=${name} msg=audit(${stamp}): ${message.slice(type[0].length)}`);
  }
  const form = readCandidate(message);
  if (form.kind !== 'record' || serial === undefined) return form;
  return { ...form, header: defined({ type: type?.[1], serial: Number(serial) }) };
}

function digitsOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : undefined;
}

/** The journal writes text that is not printable as an array of bytes. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const isBytes = Array.isArray(value) && value.every((byte) => typeof byte === 'number');
  return isBytes ? decodeBytes(Uint8Array.from(value)) : undefined;
}
