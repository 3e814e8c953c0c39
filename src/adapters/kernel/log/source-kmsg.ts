/** Records from /dev/kmsg, where the kernel prints them when no audit daemon takes them. */
import type { LogText } from '#core/audit/losses.ts';
import { isFromKernel, parseKmsg } from '#core/audit/kmsg-line.ts';
import { parseKernelText } from '#core/audit/parse-record.ts';
import { openKmsg } from './kmsg-device.ts';
import type { LogSource } from './source.ts';

/** Opens the log at its oldest message. Needs root. */
export function kmsgSource(): LogSource {
  const reader = openKmsg();
  let overrun = false;
  return {
    name: 'kmsg',
    label: '/dev/kmsg',
    read() {
      const texts: LogText[] = [];
      for (const item of reader.read()) {
        if (item.kind === 'overrun') {
          overrun = true;
          continue;
        }
        const message = parseKmsg(item.raw);
        if (message === undefined) continue;
        // anyone can write there: of a message that is not the kernel's only the sequence number counts
        texts.push({
          text: isFromKernel(message) ? message.text : '',
          seq: message.seq,
          ...(overrun ? { overrun } : {}),
        });
        overrun = false;
      }
      return texts;
    },
    parse: parseKernelText,
    close() {
      reader.close();
    },
  };
}
