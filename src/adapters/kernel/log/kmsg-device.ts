/**
 * Reads /dev/kmsg without losing a record: one read(2) is one record, EAGAIN is the end, EPIPE means that the ring
 * buffer overwrote some before they were read (kernel/printk/printk.c, devkmsg_read).
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** One message as read; `overrun` is in place of messages that were overwritten. */
type KmsgItem = { readonly kind: 'message'; readonly raw: string } | { readonly kind: 'overrun' };

/** Longest message: PRINTKRB_RECORD_MAX escaped, with its prefix; a shorter buffer loses the message. */
const BUFFER_BYTES = 16 * 1024;

interface KmsgReader {
  /** All messages since the last call. */
  read(): KmsgItem[];
  close(): void;
}

/** Opens the kernel log at its oldest message. Needs root or CAP_SYSLOG. */
export function openKmsg(): KmsgReader {
  const fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return {
    read() {
      const items: KmsgItem[] = [];
      for (;;) {
        try {
          const length = withoutStack(() => readSync(fd, buffer, 0, buffer.length, null));
          if (length === 0) return items;
          items.push({ kind: 'message', raw: buffer.toString('utf8', 0, length) });
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'EAGAIN') return items;
          if (code !== 'EPIPE') throw error;
          items.push({ kind: 'overrun' });
        }
      }
    },
    close() {
      closeSync(fd);
    },
  };
}

/** Most reads end with EAGAIN, many times a second: an error without a stack takes a fraction of the time. */
function withoutStack<T>(act: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
