/** What every place offers that audit records can be read from. */
import type { LogText } from '#core/audit/losses.ts';
import type { ParsedLine } from '#core/audit/parse-record.ts';

/** Where audit records can be read. */
export const LOG_SOURCES = ['kmsg', 'auditd', 'journal'] as const;
export type LogSourceName = (typeof LOG_SOURCES)[number];

/** One of these places. */
export interface LogSource {
  readonly name: LogSourceName;
  /** As reports call it. */
  readonly label: string;
  /** All texts since the last call, in order. What the kernel has not written is there with an empty text. */
  read(): LogText[];
  /** A text of this source as a record. */
  parse(text: string): ParsedLine;
  close(): void;
}
