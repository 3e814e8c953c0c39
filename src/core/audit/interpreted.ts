/**
 * Records as `ausearch -i` prints them: a date in the format of its host, numbers as names, and values that lost their
 * quotes and their hex. Pure.
 *
 * A file name, and the name of a process, can hold whatever its maker likes, so they can look like pairs. The kernel's
 * print order tells them apart as far as it can be told: `name=` is the last key before ` pid=… comm=`. What cannot be
 * told is marked as damaged.
 */
import { isUntrustedString } from './scan.ts';

export interface InterpretedRecord {
  /** The pairs as the kernel would print them. */
  readonly pairs: string;
  readonly type: string;
  /** As printed. */
  readonly date: string;
  readonly serial: number;
  /** Why a value may not be what was recorded. */
  readonly damaged?: string;
}

/** The date is `%x` of the host's language, and its time `%T` with milliseconds. */
const DATE = String.raw`[^()=:]{1,30}\d\d:\d\d:\d\d[^()=:]{0,15}`;
const TYPE = String.raw`[A-Z0-9_]{1,40}(?:\[\d{1,5}\])?`;
const HEADER = new RegExp(String.raw`^(?:node=\S{1,255} )?type=(${TYPE}) +msg=audit\((${DATE}):(\d{1,10})\) ?: *`);

const PID = / pid=\d{1,10} comm=/g;
const KEYS_BEFORE_PID = ['apparmor', 'operation', 'class', 'info', 'error', 'namespace', 'profile', 'label', 'name'];

/** Keys after `comm=`, by what a record is about: no record has keys of two of these. */
const KEYS_AFTER_COMM: readonly (readonly string[])[] = [
  ['requested_mask', 'denied_mask', 'fsuid', 'ouid', 'target', 'signal', 'peer'],
  ['capability', 'capname'],
  [
    'laddr',
    'lport',
    'faddr',
    'fport',
    'saddr',
    'src',
    'daddr',
    'dest',
    'family',
    'sock_type',
    'protocol',
    'requested',
    'denied',
    'addr',
    'peer_addr',
    'peer',
  ],
  ['fstype', 'srcname', 'flags', 'trans', 'options'],
  ['rlimit', 'value'],
  ['target', 'execpath'],
];

/** Whether a text begins as an interpreted record does, whole or not. */
export function isInterpreted(text: string): boolean {
  return HEADER.test(text);
}

/** @returns undefined when the text is no interpreted record of the kernel's AppArmor. */
export function readInterpreted(text: string): InterpretedRecord | undefined {
  const header = HEADER.exec(text);
  if (header === null) return undefined;
  const [whole, type = '', date = '', serial = ''] = header;
  const body = ` ${text.slice(whole.length)}`;
  if (!body.startsWith(' apparmor=')) return undefined;
  const base = { type, date, serial: Number(serial) };
  // a later ausearch, or a paste, may have kept the quotes: then nothing needs to be guessed
  if (body.startsWith(' apparmor="')) return { ...base, pairs: body.slice(1) };

  const { values, damaged } = readBody(body);
  const pairs = [...values].map(([key, value]) => `${key}=${printed(key, value)}`).join(' ');
  return damaged === undefined ? { ...base, pairs } : { ...base, pairs, damaged };
}

interface Body {
  readonly values: Map<string, string>;
  readonly damaged?: string;
}

function readBody(body: string): Body {
  const places = [...body.matchAll(PID)];
  // a name may hold ` pid=1 comm=`: the kernel's own comes last
  const place = places.at(-1)?.index ?? body.length;
  const head = split(body.slice(0, place), KEYS_BEFORE_PID, 'name');
  const [, pid = '', rest = ''] = /^ pid=(\d+)([^]*)$/.exec(body.slice(place)) ?? [];
  const tail = split(rest, ['comm', ...KEYS_AFTER_COMM.flat()], 'target');
  const values = new Map(head);
  if (pid !== '') values.set('pid', pid);
  for (const [key, value] of tail) values.set(key, value);

  const damaged = ambiguity(values, places.length);
  return damaged === undefined ? { values } : { values, damaged };
}

/** Splits at the first place of each key; the value of `last` runs to the end. */
function split(text: string, keys: readonly string[], last: string): Map<string, string> {
  const values = new Map<string, string>();
  const pattern = new RegExp(`\\s(${[...new Set(keys)].join('|')})=`, 'g');
  let open: { readonly key: string; readonly from: number } | undefined;
  for (const match of text.matchAll(pattern)) {
    const key = match[1] ?? '';
    if (open?.key === last || values.has(key) || open?.key === key) continue;
    if (open !== undefined) values.set(open.key, text.slice(open.from, match.index).trimEnd());
    open = { key, from: match.index + match[0].length };
  }
  if (open !== undefined) values.set(open.key, text.slice(open.from).trimEnd());
  return values;
}

function ambiguity(values: ReadonlyMap<string, string>, places: number): string | undefined {
  if (places > 1) return 'a value holds what looks like pid= and comm=, and interpreted values have no quotes';
  const empty = [...values].find(([, value]) => value === '');
  if (empty !== undefined) return `${empty[0]}= has no value`;
  const pairLike = [...values].find(([, value]) => /\s[a-z_]+=/.test(value));
  if (pairLike !== undefined)
    return `${pairLike[0]}= holds what looks like a pair, and interpreted values have no quotes`;
  const after = [...values.keys()].filter((key) => KEYS_AFTER_COMM.some((keys) => keys.includes(key)));
  if (!KEYS_AFTER_COMM.some((keys) => after.every((key) => keys.includes(key)))) {
    return 'comm= may hold what looks like a pair: the record has keys of two classes';
  }
  return undefined;
}

/** The value as the kernel prints it, such that the scanner reads the same value back. */
function printed(key: string, value: string): string {
  if (isUntrustedString(key) && value !== '') return Buffer.from(value, 'utf8').toString('hex').toUpperCase();
  return /^\d+$/.test(value) ? value : `"${value.replaceAll('"', "'")}"`;
}
