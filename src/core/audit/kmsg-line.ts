/**
 * Records of /dev/kmsg, and the kernel's own complaints about lost audit records.
 * Format: `PRI,SEQ,USEC,FLAG[,caller=…];text\n[ KEY=value\n…]`, bytes below 0x20, from 0x7f on and `\` in the text as
 * `\xNN` (msg_print_ext_header, msg_print_ext_body, msg_add_ext_text in kernel/printk/printk.c).
 */
import { decodeBytes } from './hex.ts';

interface KmsgRecord {
  /** 0 is the kernel. Writes to /dev/kmsg get 1 or more, whoever makes them: see `isFromKernel`. */
  readonly facility: number;
  /** Counts every record: a missing number is a record that was overwritten before it was read. */
  readonly seq: number;
  readonly text: string;
}

const HEADER = /^(\d{1,10}),(\d{1,20}),\d{1,20},[^;\n]{0,200};/;

/** One read of /dev/kmsg; undefined when it is none. */
export function parseKmsg(record: string): KmsgRecord | undefined {
  const header = HEADER.exec(record);
  if (header === null) return undefined;
  const [all, priority, seq] = header;
  const end = record.indexOf('\n', all.length);
  const text = record.slice(all.length, end < 0 ? undefined : end);
  return {
    facility: Number(priority) >> 3,
    seq: Number(seq),
    text: text.includes('\\x') ? unescape(text) : text,
  };
}

/** Whether the kernel itself wrote it. Anything else that looks like a record of AppArmor is a forgery. */
export function isFromKernel(record: KmsgRecord): boolean {
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
 * limit that printk holds it to (lib/ratelimit.c). All are at the start of the kernel's text.
 */
const NOTICES: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /^(?:printk: )?k?audit(?:d)?_printk_skb: (\d+) callbacks suppressed/,
    (match) => `printk dropped ${match[1] ?? ''} audit records`,
  ],
  [/^(?:type )?__ratelimit: (\d+) callbacks suppressed/, (match) => `printk dropped ${match[1] ?? ''} messages`],
  [/^(?:audit: )?audit_lost=(\d+)/, (match) => `the audit system has lost ${match[1] ?? ''} records since boot`],
  [
    /^(?:audit: )?audit_backlog=(\d+) > audit_backlog_limit=(\d+)/,
    (match) => `the audit backlog was full (${match[1] ?? ''} > ${match[2] ?? ''})`,
  ],
  [/^(?:audit: )?((?:backlog|rate) limit exceeded|(?:out of|no) memory in \w+)/, (match) => `audit: ${match[1] ?? ''}`],
  [/^(?:audit: )?(kauditd \w+ queue overflow)/, (match) => `audit: ${match[1] ?? ''}`],
  [/^(?:audit: )?(?:auditd disappeared|\*NO\* daemon at audit_pid=)/, () => 'the audit daemon went away'],
];

/** The kernel's complaint about lost records, in plain English; undefined when a text is none. */
export function lossNotice(text: string): string | undefined {
  for (const [pattern, describe] of NOTICES) {
    const match = pattern.exec(text);
    if (match !== null) return describe(match);
  }
  return undefined;
}
