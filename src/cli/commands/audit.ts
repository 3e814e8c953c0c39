/** `apparmor-probe audit`: converts kernel log lines to JSON. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { NO_RECORD } from '#core/audit/pasted-form.ts';
import { PasteReader } from '#core/audit/pasted-lines.ts';
import type { Pasted } from '#core/audit/pasted-lines.ts';
import { toJson } from '#core/audit/record-json.ts';
import { UnreadLines } from '#core/audit/unread-lines.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import type { ExitCode } from '#core/model/errors.ts';
import { counted, oneLine } from '#core/text/visible.ts';

/**
 * Prints each AppArmor record of a log as a line of JSON. Lines that look like a broken record are reported on standard
 * error, and at the end how many records were read and how many lines were not, and why.
 * @param file a path, or `-` for standard input
 * @returns 0; `usage` for a log that has lines but no record
 * @throws HarnessError `usage` when the log cannot be read
 */
export async function runAudit(file: string): Promise<ExitCode> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const unreadable = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => {
      reject(new HarnessError('usage', `The log ${file} cannot be read: ${error.message}.`, { cause: error }));
    });
  });
  return Promise.race([unreadable, convert(input)]);
}

async function convert(input: NodeJS.ReadableStream): Promise<ExitCode> {
  const printer = new Printer();
  const reader = new PasteReader();
  for await (const line of linesOrPauses(input)) {
    const isOpen = await printer.print(line === undefined ? reader.pause() : reader.push(line));
    if (!isOpen) return EXIT.ok;
  }
  await printer.print(reader.end());
  return printer.finish();
}

/** How long the last record of a log that is being followed waits for lines that may belong to it. */
const PAUSE_MS = 200;

/** @yields each line, and undefined where the next one is late. */
async function* linesOrPauses(input: NodeJS.ReadableStream): AsyncGenerator<string | undefined> {
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  for (;;) {
    const next = lines.next();
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        resolve(undefined);
      }, PAUSE_MS);
    });
    const first = await Promise.race([next, pause]);
    clearTimeout(timer);
    if (first === undefined) yield undefined;
    const line = first ?? (await next);
    if (line.done === true) return;
    yield line.value;
  }
}

class Printer {
  #records = 0;
  #damaged = 0;
  #joined = 0;
  readonly #unread = new UnreadLines();

  /** @returns false when the reader of standard output is gone. */
  async print(results: readonly Pasted[]): Promise<boolean> {
    for (const result of results) {
      if (result.kind === 'record') {
        const isOpen = await printLine(toJson(result.record, result.damaged, result.header));
        if (!isOpen) return false;
        this.#records += 1;
        if (result.damaged !== undefined) this.#damaged += 1;
        if (result.count > 1) this.#joined += 1;
        continue;
      }
      this.#unread.add(result.why, result.count);
      if (result.why !== NO_RECORD) note(`line ${result.first} is not a record: ${result.why}`);
    }
    return true;
  }

  /** Says what was read. */
  finish(): ExitCode {
    if (this.#records === 0 && this.#unread.count === 0) return EXIT.ok;
    const details = [
      ...(this.#damaged > 0 ? [`${this.#damaged} damaged`] : []),
      ...(this.#joined > 0 ? [`${this.#joined} joined from several lines`] : []),
    ];
    const ofThem = details.length > 0 ? ` (${details.join(', ')})` : '';
    note(`${counted(this.#records, 'record')} ${this.#records === 1 ? 'was' : 'were'} read${ofThem}`);
    if (this.#unread.count > 0) note(this.#unread.summary());
    return this.#records === 0 ? EXIT.usage : EXIT.ok;
  }
}

function note(text: string): void {
  process.stderr.write(`${oneLine(text, 400)}\n`);
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
