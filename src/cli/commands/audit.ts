/** `apparmor-probe audit`: converts kernel log lines to JSON. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseRecord } from '#core/audit/parse-record.ts';
import { toJson } from '#core/audit/record-json.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { oneLine } from '#core/text/visible.ts';

/**
 * Prints each AppArmor record of a log as a line of JSON. Lines that look like a broken record are reported on standard
 * error; all others are left out.
 * @param file a path, or `-` for standard input
 * @returns 0, also for a log without records
 * @throws HarnessError `usage` when the log cannot be read
 */
export async function runAudit(file: string): Promise<number> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const unreadable = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => {
      reject(new HarnessError('usage', `The log ${file} cannot be read: ${error.message}.`, { cause: error }));
    });
  });
  await Promise.race([unreadable, printRecords(input)]);
  return EXIT.ok;
}

/** A line that may have been a record before it was damaged. */
const RECORD_LIKE = /apparmor|\btype=(?:1400|15\d\d|AVC|APPARMOR)/i;

async function printRecords(input: NodeJS.ReadableStream): Promise<void> {
  let lineNumber = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    lineNumber += 1;
    const parsed = parseRecord(line);
    if (parsed.kind === 'record') {
      const isOpen = await printLine(toJson(parsed.record, parsed.damaged));
      if (!isOpen) return;
    } else if (RECORD_LIKE.test(line)) {
      process.stderr.write(`${oneLine(`line ${lineNumber} is not a record: ${parsed.why}`, 200)}\n`);
    }
  }
}

/** Waits while the reader of standard output is slow. @returns false when that reader is gone, as in `| head`. */
async function printLine(line: string): Promise<boolean> {
  if (process.stdout.write(`${line}\n`)) return true;
  if (process.stdout.destroyed) return false;
  return once(process.stdout, 'drain').then(
    () => true,
    () => false,
  );
}
