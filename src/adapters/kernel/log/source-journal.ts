/** Records from the journal, read by journalctl, which follows it over its files and their rotation. */
import { existsSync } from 'node:fs';
import type { LogText } from '#core/audit/losses.ts';
import { parseKernelText, parseRecord } from '#core/audit/parse-record.ts';
import { start } from '#adapters/host/exec.ts';
import { parseEntry } from './journal-entry.ts';
import type { LogSource } from './source.ts';

const FIELDS = 'MESSAGE,SYSLOG_FACILITY,_TRANSPORT,_AUDIT_ID,_AUDIT_TYPE,_AUDIT_TYPE_NAME,_SOURCE_REALTIME_TIMESTAMP';

/** Whether a journald runs here. */
export function journalPresent(): boolean {
  return existsSync('/run/systemd/journal/socket');
}

/** Opens the journal at a time, in milliseconds since 1970. */
export function journalSource(sinceMs: number): LogSource {
  // --all: a longer message would be null; a service's own journal (a namespace) or another machine's is not read
  const child = start(
    [
      'journalctl',
      '--system',
      '--boot',
      '--follow',
      '--no-tail',
      '--all',
      '--quiet',
      '--output=json',
      `--output-fields=${FIELDS}`,
      `--since=@${(sinceMs / 1000).toFixed(3)}`,
      '_TRANSPORT=audit',
      '_TRANSPORT=kernel',
      '_TRANSPORT=driver',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, SYSTEMD_COLORS: '0' } },
  );
  let texts: LogText[] = [];
  let rest = Buffer.alloc(0);
  let audit = false;
  let closed = false;
  const ended = (why: string): void => {
    if (!closed) texts.push({ text: '', lost: why });
  };
  child.on('error', (error) => {
    ended(`journalctl does not run: ${error.message}`);
  });
  child.on('exit', () => {
    ended('journalctl ended');
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([rest, chunk]);
    const end = all.lastIndexOf(0x0a);
    rest = all.subarray(end + 1);
    if (end < 0) return;
    for (const line of all.toString('utf8', 0, end).split('\n')) {
      const entry = parseEntry(line);
      if (entry.kind === 'lost') texts.push({ text: '', lost: entry.why });
      if (entry.kind === 'audit') audit = true;
      // where journald reads the audit socket, each record is there twice: the copy of /dev/kmsg may be cut
      if (entry.kind === 'audit' || (entry.kind === 'kernel' && !audit)) texts.push({ text: entry.text });
    }
  });
  return {
    name: 'journal',
    label: 'systemd journal',
    read() {
      const taken = texts;
      texts = [];
      return taken;
    },
    parse: (text) => (text.startsWith('type=') ? parseRecord(text) : parseKernelText(text)),
    close() {
      closed = true;
      child.kill();
    },
  };
}
