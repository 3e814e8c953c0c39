/**
 * The scanner for `key=value` text of AppArmor records: one pass, never backwards, never throws.
 * Formats: security/apparmor/audit.c audit_pre, security/lsm_audit.c, and the callbacks of each class. Blanks between
 * pairs vary: none before `signal=unknown(99)`, two before `capname=`, 0x1d before what auditd adds (ENRICHED).
 */
import { defined } from '../model/optional.ts';
import { decodeHex, isHex } from './hex.ts';

export interface Scan {
  /** Values by key in print order; no prototype, so no key can reach one. The first of equal keys counts. */
  readonly fields: Record<string, string>;
  /** Where the scan stopped. */
  readonly end: number;
  /** Why the rest could not be read; undefined when all was. */
  readonly problem?: string;
  /** Key of the last pair, when its value had no quotes and nothing follows: a cut would not show. */
  readonly openEnded?: string;
}

/** Keys that the kernel, or dbus-daemon, prints through the "untrusted string" rule: only these are ever hex. */
const STRINGS = new Set([
  'profile',
  'label',
  'namespace',
  'ns',
  'name',
  'name2',
  'comm',
  'ocomm',
  'exe',
  'execpath',
  'target',
  'peer',
  'peer_label',
  'peer_profile',
  'peer_info',
  'tcontext',
  'fstype',
  'srcname',
  'trans',
  'options',
  'addr',
  'peer_addr',
  'path',
  'attribute',
  'dev',
  'active',
  'image',
  'dest_name',
]);

/** Whether the key's value goes through the "untrusted string" rule: in quotes and without blanks, or in hex. */
export function isUntrustedString(key: string): boolean {
  return STRINGS.has(key);
}

/** Decimal keys, read as numbers are: without leading zeros. */
const DECIMALS = new Set([
  'pid',
  'peer_pid',
  'parent',
  'task',
  'opid',
  'magic_token',
  'fsuid',
  'ouid',
  'uid',
  'auid',
  'sauid',
  'ses',
  'capability',
  'protocol',
  'lport',
  'fport',
  'src',
  'dest',
  'offset',
  'value',
]);

const KEY = /([A-Za-z_][A-Za-z0-9_]{0,31})=/y;

/** Reads pairs from `at` on. `inQuotes`: the text is in `msg='…'`, and the closing quote ends it. */
export function scanFields(text: string, at: number, inQuotes = false): Scan {
  const fields = Object.create(null) as Record<string, string>;
  let openEnded: string | undefined;
  const stop = (problem?: string): Scan => defined({ fields, end: at, problem, openEnded });
  for (;;) {
    at = skipGap(text, at);
    if (at >= text.length) return stop(inQuotes ? 'the closing quote of msg= is missing' : undefined);
    if (inQuotes && text[at] === "'") return stop();
    openEnded = undefined;
    const key = matchAt(KEY, text, at)?.[1];
    if (key === undefined) return stop(`no key=value at character ${at}`);
    const from = at + key.length + 1;
    const isQuoted = text[from] === '"';
    const read = isQuoted ? quotedValue(text, from + 1, key) : bareValue(text, from, { key, inQuotes });
    if (typeof read === 'string') return stop(read);

    at = read.end;
    if (Object.hasOwn(fields, key)) continue;
    fields[key] = read.value;
    if (!isQuoted && at >= text.length) openEnded = key;
  }
}

interface Value {
  readonly value: string;
  /** Where the text goes on. */
  readonly end: number;
}

/** @returns a string where there is no value: why. */
function quotedValue(text: string, from: number, key: string): Value | string {
  const close = closingQuote(text, from, key);
  if (close < 0) return `the closing quote of ${key}= is missing`;
  return { value: text.slice(from, close), end: close + 1 };
}

/** @returns a string where there is no value: why. */
function bareValue(
  text: string,
  from: number,
  { key, inQuotes }: { readonly key: string; readonly inQuotes: boolean },
): Value | string {
  const value = text.slice(from, bareEnd(text, from, inQuotes));
  if (value === '' && from >= text.length) return `${key}= has no value`;
  return { value: decoded(key, value), end: from + value.length };
}

function decoded(key: string, value: string): string {
  if (STRINGS.has(key) && isHex(value)) return decodeHex(value);
  return DECIMALS.has(key) && /^\d+$/.test(value) ? value.replace(/^0+(?=\d)/, '') : value;
}

/**
 * A quoted value holds no quote, with one exception: `execpath="%s"` (security/apparmor/task.c) is printed last and
 * unescaped, so a file name could smuggle pairs in: its value runs to the last quote before what auditd adds.
 */
function closingQuote(text: string, from: number, key: string): number {
  if (key !== 'execpath') return text.indexOf('"', from);
  const last = text.lastIndexOf('"');
  for (const mark of GAP_MARKS) {
    const at = text.lastIndexOf(`"${mark}`);
    if (at >= from && ENRICHED.test(text.slice(at + 1 + mark.length, at + 500))) return at;
  }
  return last < from ? -1 : last;
}

/** The 0x1d of auditd, as rsyslog writes it, and as `less` and `cat -v` do. */
const GAP_MARKS = ['\x1d', '#035', '^]'];
const ENRICHED = /^(?:[A-Z]{2,8}="[^"]{0,64}" ?){1,6}$/;

// Loops, not expressions: a long enough run of blanks would overflow the stack of the expression engine.
function skipGap(text: string, at: number): number {
  for (let length = gapLength(text, at); length > 0; length = gapLength(text, at)) at += length;
  return at;
}

function bareEnd(text: string, at: number, inQuotes: boolean): number {
  while (at < text.length && gapLength(text, at) === 0 && !(inQuotes && text[at] === "'")) at++;
  return at;
}

function gapLength(text: string, at: number): number {
  const character = text[at];
  if (character === ' ' || character === '\t' || character === '\r' || character === '\n') return 1;
  if (character !== '\x1d' && character !== '#' && character !== '^') return 0;
  return GAP_MARKS.find((mark) => text.startsWith(mark, at))?.length ?? 0;
}

/** A match of a sticky expression exactly at a position. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
