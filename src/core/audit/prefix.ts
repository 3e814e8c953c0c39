/**
 * What comes before the kernel's own words in a line of a log: priorities, dates, host names, tags, boot times.
 * Formats: RFC 3164 and RFC 5424, rsyslog's and syslog-ng's date variants, socklogd, busybox, the output styles of
 * journalctl (short, short-precise, short-iso, short-full, short-unix, short-monotonic) and of dmesg (-T, -e, -r, -x,
 * --time-format iso), and CONFIG_PRINTK_CALLER's `[  T12]`.
 */
import { matchAt } from './scan.ts';

/** Who wrote the text after the prefix, as far as a line of text can tell. */
type Writer = 'kernel' | 'journal' | 'auditd' | 'dbus' | 'unknown';

interface Prefix {
  /** `unknown`: the line has no tag, so it may be the kernel's or the audit daemon's own. */
  readonly writer: Writer;
  readonly end: number;
}

const TIME = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?`;
const MONTHS = [
  'Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?',
  'July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?',
].join('|');
const ISO_DATE = String.raw`(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ]${TIME}(?: [A-Z]{2,5})?`;
const RFC3164_DATE = String.raw`(?:${MONTHS}) {1,2}\d{1,2} (?:\d{4} )?${TIME}`;
const UNIX_TIME = String.raw`\d{9,11}\.\d{6}`;
const DATE = new RegExp(`(?:${ISO_DATE}|${RFC3164_DATE}|${UNIX_TIME}) +`, 'y');
const PRIORITY = /<(\d{1,3})>(1 )?/y;
/** Seconds since boot, or what `dmesg -T` and `dmesg -e` print in their place. */
const BOOT_SECONDS = String.raw` *\+?\d{1,10}\.\d{1,9}`;
const CTIME = String.raw`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`;
const SHORT_TIME = String.raw`[A-Z][a-z]{2} ?[ \d]\d \d\d:\d\d`;
const BOOT_TIME = new RegExp(String.raw`\[(?:${BOOT_SECONDS}|${CTIME}|${SHORT_TIME})\] ?`, 'y');
const CALLER = /\[ *[TC]\d{1,10}\] ?/y;
const DMESG_LEVEL = /kern {0,3}:[a-z]{3,6} {0,3}: ?/y;
const FACILITIES = 'kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7]';
const LEVELS = 'emerg|alert|crit|err|error|warn|warning|notice|info|debug';
const FACILITY = new RegExp(String.raw`(${FACILITIES})\.(?:${LEVELS})(:?) +`, 'y');
/** A word with a colon would be a tag, unless it is an IPv6 address: after a tag comes that writer's own text. */
const HOST = /(?:[^\s'"=:]{1,255}|[0-9A-Fa-f:.]{1,64}[0-9A-Fa-f]) +/y;
const TAG = /([A-Za-z0-9_./-]{1,64})(?:\[\d{1,10}\])?: +/y;
const RFC5424 = /\S{1,255} (\S{1,48}) \S{1,128} \S{1,32} (?:-|\[[^\]]{0,512}\]) /y;
const KERNEL_WORDS = /audit: type=|type=\d|audit\(/y;

/** Reads the prefix. A string is the reason why the line cannot have a record of AppArmor. */
// eslint-disable-next-line complexity -- a lexer: each form of a prefix is one branch
export function readPrefix(line: string): Prefix | string {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = matchAt(pattern, line, at);
    if (match !== null) at += match[0].length;
    return match;
  };
  const bootTimes = (): boolean => {
    const booted = take(BOOT_TIME) !== null;
    for (let more = 0; more < 2 && (take(CALLER) ?? take(BOOT_TIME)) !== null; more++);
    return booted;
  };

  const priority = take(PRIORITY);
  if (priority?.[2] !== undefined) {
    if (take(DATE) === null) return 'no date after the priority';
    const app = take(RFC5424)?.[1];
    return app === undefined ? 'no RFC 5424 header' : byTag(app);
  }
  take(DMESG_LEVEL);
  const date = take(DATE);
  if (date === null) {
    const booted = bootTimes();
    if (matchAt(KERNEL_WORDS, line, at) !== null) return bare();
    // short-monotonic of journalctl; without a time, only the writer's own words may come here.
    if (booted) take(HOST);
    const tag = matchAt(TAG, line, at);
    if (tag?.[1] === 'kernel') {
      at += tag[0].length;
      return byTag('kernel');
    }
    return booted ? 'no words of the audit system after the time' : bare();
  }
  // Only `dmesg --time-format iso` has neither host nor tag; its dates have a comma.
  if (date[0].includes(',') && matchAt(KERNEL_WORDS, line, at) !== null) return bare();
  let facility = take(FACILITY);
  if (facility?.[2] === ':')
    return facility[1] === 'kern' ? byTag('kernel') : `written to facility ${facility[1] ?? ''}`;
  if (facility === null && matchAt(TAG, line, at) === null && take(HOST) === null) return 'no host after the date';
  facility ??= take(FACILITY);
  const tag = take(TAG)?.[1];
  if (tag === undefined) return 'no tag after the host';
  if (tag === 'kernel' && facility !== null && facility[1] !== 'kern')
    return `written to facility ${facility[1] ?? ''}`;
  return byTag(tag);

  function bare(): Prefix | string {
    return facilityIsKernel() ? { writer: 'unknown', end: at } : "the priority is not the kernel's";
  }

  /** Tags are what a writer claims about itself. Only a caller that knows the transport can know more. */
  function byTag(name: string): Prefix | string {
    if (name === 'kernel') {
      bootTimes();
      return facilityIsKernel() ? { writer: 'kernel', end: at } : 'the tag is kernel, but the priority is not';
    }
    if (name === 'audit') return { writer: 'journal', end: at };
    if (name === 'audispd' || name === 'audisp-syslog') return { writer: 'auditd', end: at };
    if (/^(?:\/usr\/bin\/)?dbus(?:-daemon|-broker|-broker-launch)?$/.test(name)) return { writer: 'dbus', end: at };
    return `written by ${name}`;
  }

  function facilityIsKernel(): boolean {
    return priority === null || Number(priority[1]) >> 3 === 0;
  }
}
