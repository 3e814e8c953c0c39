/**
 * The lines of a pasted log as records: finds the form of each, and joins records that a terminal, a mail or a web page
 * broke into several lines. Pure; keeps at most one record at a time.
 */
import { plain, readForm } from './pasted-form.ts';
import type { Form, ReadForm } from './pasted-form.ts';
import { scanFields } from './scan.ts';

/** Lines that were read together. */
interface Lines {
  /** Number of the first one, from 1. */
  readonly first: number;
  readonly count: number;
}

export type Pasted = Lines & (Omit<ReadForm, 'isClosed'> | { readonly kind: 'unread'; readonly why: string });

interface Pending extends Lines {
  readonly text: string;
  readonly form: Form;
  /** Why a value may not be what was recorded, although the joined text is whole. */
  readonly doubt?: string;
}

/** Longest record in lines, and longest entry of pretty-printed JSON. */
const MOST_LINES = 300;

/** `----` and `time->…` of ausearch, fences of Markdown, blank lines. */
const SEPARATOR = /^(?:-{2,}|time->.{0,40}|`{3}\w*)?$/;

/** Takes lines one at a time, and gives records and unread lines in their order. */
export class PasteReader {
  #number = 0;
  #pending: Pending | undefined;
  #json: (Lines & { readonly text: string }) | undefined;

  /** @returns what this line shows to be at its end. */
  push(line: string): Pasted[] {
    this.#number += 1;
    const text = plain(line).trimEnd();
    const trimmed = text.trim();
    if (this.#json !== undefined || trimmed === '{') return this.#pushJson(trimmed);
    if (SEPARATOR.test(trimmed)) return this.#flush();

    const form = readForm(text);
    const joined = this.#pending === undefined ? undefined : join(this.#pending, text, form);
    if (joined !== undefined) {
      this.#pending = joined;
      return [];
    }
    const before = this.#flush();
    const pending = { first: this.#number, count: 1, text: trimmed, form };
    if (isClosed(form)) return [...before, ended(pending)];
    this.#pending = pending;
    return before;
  }

  /** @returns the last record, when it can be whole: whoever follows a log should not wait for the next one. */
  pause(): Pasted[] {
    const form = this.#pending?.form;
    return form?.kind === 'record' && form.damaged === undefined ? this.#flush() : [];
  }

  /** @returns what was still open. */
  end(): Pasted[] {
    const json = this.#json;
    this.#json = undefined;
    if (json === undefined) return this.#flush();
    return [{ kind: 'unread', first: json.first, count: json.count, why: 'JSON that is cut or broken' }];
  }

  #flush(): Pasted[] {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending === undefined ? [] : [ended(pending)];
  }

  /** `journalctl -o json-pretty` and `jq` begin and end an entry with a brace on its own line. */
  #pushJson(line: string): Pasted[] {
    const before = this.#flush();
    const { first, count, text } = this.#json ?? { first: this.#number, count: 0, text: '' };
    const json = { first, count: count + 1, text: `${text}${line}\n` };
    this.#json = json;
    if (!/^\},?$/.test(line) && json.count < MOST_LINES) return before;

    this.#json = undefined;
    return [...before, ended({ first, count: json.count, text: '', form: readForm(json.text) })];
  }
}

function isClosed(form: Form): boolean {
  return form.kind === 'other' || (form.kind === 'record' && form.isClosed === true);
}

function ended({ first, count, form, doubt }: Pending): Pasted {
  if (form.kind !== 'record') return { kind: 'unread', first, count, why: form.why };
  const { record, header } = form;
  const damaged = form.damaged ?? doubt;
  return {
    kind: 'record',
    first,
    count,
    record,
    ...(header === undefined ? {} : { header }),
    ...(damaged === undefined ? {} : { damaged }),
  };
}

/** @returns the record with the line added, or undefined when the line does not belong to it. */
function join(pending: Pending, line: string, form: Form): Pending | undefined {
  if (pending.count >= MOST_LINES || isClosed(pending.form)) return undefined;
  const next = line.trim();
  if (pending.form.kind === 'opening') return joinHeader(pending, next);
  if (form.kind !== 'other' || pending.form.kind !== 'record') return undefined;

  const openKey = /^the closing quote of (\w+)= is missing/.exec(pending.form.damaged ?? '')?.[1];
  return openKey === undefined || openKey === 'msg'
    ? joinPairs(pending, pending.form, next)
    : joinValue(pending, openKey, next);
}

/** A line break in the words of the audit system, or after them: between two of them, or within one. */
function joinHeader(pending: Pending, next: string): Pending | undefined {
  // a record has one stamp
  if (STAMP.test(pending.text) && STAMP.test(next)) return undefined;
  for (const glue of headerGlues(pending.text, next)) {
    const text = `${pending.text}${glue}${next}`;
    const form = readForm(text);
    if (!isClosed(form)) return { ...pending, count: pending.count + 1, text, form };
  }
  return undefined;
}

const STAMP = /\baudit\([^()=]{1,60}:\d{1,10}\)/;

/** What the line break can stand for, the likelier first. */
function headerGlues(text: string, next: string): readonly string[] {
  // within the stamp, or the date that ausearch -i prints in its place
  if (/audit\([^()]{0,60}$/.test(text)) return /^\d\d:\d\d:\d\d/.test(next) ? [' '] : [''];
  if (/type=\d{0,3}$/.test(text)) return [''];
  const isFrame = /^type=USER_AVC msg=audit\([^()]{1,60}\) ?: *\S/.test(text);
  if (!isFrame) return [' ', ''];
  const lastWord = text.slice(lastBlank(text) + 1);
  return /=./.test(lastWord) && /^[a-z]{1,32}=/.test(next) ? [' '] : [''];
}

/** Keys whose values in quotes hold blanks. */
const HOLD_BLANKS = new Set(['info', 'flags', 'requested', 'denied', 'requested_mask', 'denied_mask']);

/** A line break within quotes. */
function joinValue(pending: Pending, key: string, next: string): Pending | undefined {
  const rest = next.split('"', 1)[0] ?? '';
  const isExact = !HOLD_BLANKS.has(key);
  if (isExact && /\s/.test(rest)) return undefined;
  const text = `${pending.text}${isExact ? '' : ' '}${next}`;
  const form = readForm(text);
  if (form.kind !== 'record' || !isWholeSoFar(form, text)) return undefined;
  if (!Object.hasOwn(form.record.fields, key) && !isExact) return undefined;

  const joined = { ...pending, count: pending.count + 1, text, form };
  return isExact ? joined : { ...joined, doubt: `a line break falls within ${key}=: a blank may be missing or added` };
}

/** Keys that begin a record, or a line of another one. */
const NEVER_INSIDE = new Set(['type', 'msg', 'node', 'apparmor', 'audit']);
/** Keys that may follow a record which could already be whole. */
const MAY_FOLLOW = new Set([
  'requested_mask',
  'denied_mask',
  'fsuid',
  'ouid',
  'target',
  'family',
  'sock_type',
  'protocol',
  'requested',
  'denied',
  'addr',
  'peer_addr',
  'laddr',
  'faddr',
  'capability',
  'capname',
  'signal',
  'peer',
  'rlimit',
]);
const MAY_FOLLOW_MOUNT = new Set(['fstype', 'srcname', 'flags', 'trans', 'options']);

/** A line break between pairs, or within a key or a value without quotes. */
function joinPairs(pending: Pending, before: ReadForm, next: string): Pending | undefined {
  const glue = glueFor(pending.text, before, next);
  if (glue === undefined || (glue === ' ' && repeatsKeys(before, next))) return undefined;
  const text = `${pending.text}${glue}${next}`;
  const form = readForm(text);
  if (form.kind !== 'record' || !isWholeSoFar(form, text) || !isBetter(form, before)) return undefined;
  return { ...pending, count: pending.count + 1, text, form };
}

/** @returns what the line break stands for: a blank between pairs, or nothing within a word; undefined for neither. */
function glueFor(text: string, before: ReadForm, next: string): '' | ' ' | undefined {
  const lastWord = text.slice(lastBlank(text) + 1);
  const isDamaged = before.damaged !== undefined;
  const isKeyCut = isDamaged && !lastWord.includes('=') && !lastWord.endsWith('"');
  if (/=\d+$/.test(lastWord) && /^\d{1,9}$/.test(next)) return '';
  const key = /^([A-Za-z_]\w{0,31})=/.exec(next)?.[1];
  if (key !== undefined && !isKeyCut && !lastWord.endsWith('=')) return mayFollow(before, key) ? ' ' : undefined;
  return isDamaged && !lastWord.endsWith('"') ? '' : undefined;
}

/** Whether the added line filled something in. */
function isBetter(form: ReadForm, before: ReadForm): boolean {
  if (form.damaged === undefined || form.damaged.startsWith('the closing quote')) return true;
  return Object.keys(form.record.fields).length > Object.keys(before.record.fields).length;
}

function mayFollow(before: ReadForm, key: string): boolean {
  if (NEVER_INSIDE.has(key)) return false;
  if (before.damaged !== undefined || MAY_FOLLOW.has(key)) return true;
  return MAY_FOLLOW_MOUNT.has(key) && /mount|pivot/.test(before.record.fields['operation'] ?? '');
}

function repeatsKeys(before: ReadForm, pairs: string): boolean {
  return Object.keys(scanFields(pairs, 0).fields).some((key) => Object.hasOwn(before.record.fields, key));
}

/** Whether all but the end of the text was read: what is left must be one cut word, or one open quote. */
function isWholeSoFar(form: ReadForm, text: string): boolean {
  const { damaged } = form;
  if (damaged === undefined || !damaged.startsWith('no key=value')) return true;
  const at = Number(/\d+$/.exec(damaged)?.[0] ?? 0);
  // the strict parser may have read a text without the prefix: then its place is nearer to the beginning
  return at + (text.length - form.record.raw.length) >= lastBlank(text);
}

function lastBlank(text: string): number {
  return Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
}
