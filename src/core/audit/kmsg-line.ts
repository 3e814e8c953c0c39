/**
 * Records of /dev/kmsg and the kernel's own words about lost audit records.
 * Format: `PRI,SEQ,USEC,FLAG[,caller=…];text\n[ KEY=value\n…]`, bytes below 0x20, from 0x7f on and `\` in the text as
 * `\xNN` (msg_print_ext_header, msg_print_ext_body, msg_add_ext_text in kernel/printk/printk.c).
 */
import { decodeBytes } from './hex.ts';

interface KmsgRecord {
  /** 0 is the kernel. Writes to /dev/kmsg get 1 or more, whoever makes them: see `isKernels`. */
  readonly facility: number;
  readonly level: number;
  /** Without gaps: a missing number is a record that was overwritten before it was read. */
  readonly seq: number;
  readonly usec: number;
  readonly text: string;
}

const HEADER = /^(\d{1,10}),(\d{1,20}),(\d{1,20}),[^;\n]{0,200};/;

/** One read of /dev/kmsg; undefined when it is none. */
export function parseKmsg(record: string): KmsgRecord | undefined {
  const header = HEADER.exec(record);
  if (header === null) return undefined;
  const [all, priority, seq, usec] = header;
  const end = record.indexOf('\n', all.length);
  const text = record.slice(all.length, end < 0 ? undefined : end);
  return {
    facility: Number(priority) >> 3,
    level: Number(priority) & 7,
    seq: Number(seq),
    usec: Number(usec),
    text: text.includes('\\x') ? unescape(text) : text,
  };
}

/** Whether the kernel itself wrote it. Anything else that looks like a record of AppArmor is a forgery. */
export function isKernels(record: KmsgRecord): boolean {
  return record.facility === 0;
}

function unescape(text: string): string {
  const bytes: number[] = [];
  const encoded = new TextEncoder().encode(text);
  for (let at = 0; at < encoded.length; at++) {
    const byte = encoded[at] ?? 0;
    const digits = byte === 0x5c && encoded[at + 1] === 0x78 ? hexByte(encoded[at + 2], encoded[at + 3]) : undefined;
    bytes.push(digits ?? byte);
    if (digits !== undefined) at += 3;
  }
  return decodeBytes(Uint8Array.from(bytes));
}

function hexByte(high = 0, low = 0): number | undefined {
  const text = String.fromCharCode(high, low);
  return /^[0-9a-f]{2}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/**
 * Complaints of the audit system (kernel/audit.c: audit_log_lost, audit_log_start, kauditd_hold_skb) and of the rate
 * limit that printk holds it to (lib/ratelimit.c). All stand at the start of the kernel's text.
 */
const NOTICES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [
    /^(?:printk: )?k?audit(?:d)?_printk_skb: (\d+) callbacks suppressed/,
    (found) => `printk dropped ${found[1] ?? ''} audit records`,
  ],
  [/^(?:type )?__ratelimit: (\d+) callbacks suppressed/, (found) => `printk dropped ${found[1] ?? ''} messages`],
  [/^(?:audit: )?audit_lost=(\d+)/, (found) => `the audit system has lost ${found[1] ?? ''} records since boot`],
  [
    /^(?:audit: )?audit_backlog=(\d+) > audit_backlog_limit=(\d+)/,
    (found) => `the audit backlog was full (${found[1] ?? ''} > ${found[2] ?? ''})`,
  ],
  [
    /^(?:audit: )?(backlog limit exceeded|rate limit exceeded|out of memory in \w+|kauditd \w+ queue overflow|no memory in \w+)/,
    (found) => `audit: ${found[1] ?? ''}`,
  ],
  [/^(?:audit: )?(?:auditd disappeared|\*NO\* daemon at audit_pid=)/, () => 'the audit daemon went away'],
];

/** What a text of the kernel says of lost records; undefined when it says nothing of the kind. */
export function lossNotice(text: string): string | undefined {
  for (const [pattern, say] of NOTICES) {
    const found = pattern.exec(text);
    if (found !== null) return say(found);
  }
  return undefined;
}
