/** What has been read of one source and not been taken yet. */
import { serialOf, type LogText } from '#core/audit/losses.ts';
import type { AuditRecord } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { LogSource } from './source.ts';

/** The texts and records of one source, in the order in which they were read. */
export class RecordBuffer {
  readonly source: LogSource;
  #texts: LogText[] = [];
  records: AuditRecord[] = [];

  constructor(source: LogSource) {
    this.source = source;
  }

  /** Reads what is there now, and returns it. */
  poll(): readonly LogText[] {
    const read = this.source.read();
    for (const text of read) {
      const parsed = this.source.parse(text.text);
      this.#texts.push({ ...text, parsed });
      if (parsed.kind === 'record') this.records.push(parsed.record);
    }
    return read;
  }

  /** Everything since the last take. */
  take(): { texts: LogText[]; records: AuditRecord[] } {
    const taken = { texts: this.#texts, records: this.records };
    this.forget();
    return taken;
  }

  /** Drops all but the last stamp and the last sequence number: losses are counted from them. */
  forget(): void {
    this.records = [];
    const stamped = this.#texts.findLast((text) => serialOf(text) !== undefined);
    const seq = this.#texts.findLast((one) => one.seq !== undefined)?.seq;
    this.#texts = stamped === undefined ? [] : [defined({ text: stamped.text, seq })];
  }

  close(): void {
    this.source.close();
  }
}
