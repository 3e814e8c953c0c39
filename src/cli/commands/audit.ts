/** `apparmor-probe audit`: records from a log, as JSON lines. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { toJson } from '#core/audit/record-json.ts';
import { parseRecord } from '#core/audit/parse-record.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { oneLine } from '#core/text/visible.ts';

/** @returns 0; also when there is no record, which is no failure of a log. */
export async function runAudit(file: string): Promise<number> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => {
      reject(new HarnessError('usage', `The log ${file} cannot be read: ${error.message}.`, { cause: error }));
    });
  });
  await Promise.race([failed, printRecords(input)]);
  return EXIT.ok;
}

/** What may have been a record once. */
const AKIN = /apparmor|\btype=(?:1400|15\d\d|AVC|APPARMOR)/i;

async function printRecords(input: NodeJS.ReadableStream): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    const parsed = parseRecord(line);
    number += 1;
    if (parsed.kind !== 'record') {
      if (AKIN.test(line)) process.stderr.write(`${oneLine(`line ${number} is not a record: ${parsed.why}`, 200)}\n`);
      continue;
    }
    if (process.stdout.write(`${toJson(parsed.record, parsed.damaged)}\n`)) continue;
    // a reader that went away (`| head`) wants no more
    if (
      process.stdout.destroyed ||
      !(await once(process.stdout, 'drain').then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
