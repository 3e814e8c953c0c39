/** The kernel's audit log in memory, with a barrier that writes into it. */
import { parseKernelText } from '#core/audit/parse-record.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { AuditRecord } from '#core/model/model.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { AuditLog, LogReading } from '#adapters/kernel/log/kernel-log.ts';

export interface Mishaps {
  /** Serials of records that do not arrive. */
  readonly lose?: readonly number[];
  /** Crossings of the barrier, counted from 1, after which no record arrives. */
  readonly silent?: readonly number[];
}

export class FakeAuditLog implements AuditLog {
  readonly source = 'memory';
  isOpen = true;
  readonly #lose: readonly number[];
  readonly #silent: readonly number[];
  #serial = 0;
  #crossings = 0;
  #texts: string[] = [];
  /** Losses are counted from the last text of the reading before. */
  #lastTaken: string | undefined;

  constructor({ lose = [], silent = [] }: Mishaps = {}) {
    this.#lose = lose;
    this.#silent = silent;
  }

  /** Writes one record. @param fields as the kernel prints them */
  write(fields: string): void {
    this.#serial += 1;
    if (this.#lose.includes(this.#serial)) return;
    this.#texts.push(`audit: type=1400 audit(1.000:${this.#serial}): ${fields}`);
  }

  /** Writes the denial of reading a file. */
  writeDenial({ profile, comm, path, pid }: { profile: string; comm: string; path: string; pid: number }): void {
    this.write(
      `apparmor="DENIED" operation="open" profile="${profile}" name="${path}" pid=${pid} comm="${comm}" ` +
        'requested_mask="r" denied_mask="r" fsuid=0 ouid=0',
    );
  }

  readonly barrier: Barrier = {
    cross: () => {
      this.#crossings += 1;
      this.write('apparmor="STATUS" operation="profile_replace" name="barrier" pid=1 comm="b"');
      if (this.#silent.includes(this.#crossings)) return Promise.reject(new HarnessError('no-records', 'No record.'));
      return Promise.resolve(this.#serial);
    },
  };

  peek(skip: number): AuditRecord[] {
    return this.#texts.slice(skip).flatMap(recordIn); // each text is a record
  }

  take(): LogReading {
    const fresh = this.#texts;
    const texts = this.#lastTaken === undefined ? fresh : [this.#lastTaken, ...fresh];
    this.#lastTaken = fresh.at(-1) ?? this.#lastTaken;
    this.#texts = [];
    return { texts: texts.map((text) => ({ text })), records: fresh.flatMap(recordIn) };
  }

  waitFor(): Promise<AuditRecord | undefined> {
    return Promise.resolve(undefined);
  }

  searchedSources(): string[] {
    return [];
  }

  close(): void {
    this.isOpen = false;
  }
}

function recordIn(text: string): AuditRecord[] {
  const parsed = parseKernelText(text);
  return parsed.kind === 'record' ? [parsed.record] : [];
}
