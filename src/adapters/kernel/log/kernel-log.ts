/**
 * The audit records of a run: everything the kernel wrote since the run began, read while it happens. Where records
 * arrive is not guessed: every place is read until the first record that was waited for has come out of one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogText } from '#core/audit/losses.ts';
import { lossNotice } from '#core/audit/kmsg-line.ts';
import { stampOf } from '#core/audit/parse-record.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { AuditRecord } from '#core/model/model.ts';
import { RecordBuffer } from './record-buffer.ts';
import { auditdFile, auditdSource } from './source-auditd.ts';
import { journalPresent, journalSource } from './source-journal.ts';
import { kmsgSource } from './source-kmsg.ts';
import type { LogSourceName } from './source.ts';

export type LogChoice = 'auto' | LogSourceName;

/** How often the log is read between waits, so that its ring buffer (128 KiB, some 600 records) never wraps unread. */
const POLL_MS = 25;
/** Between polls of a wait, growing: on a slow machine a poll costs what it waits for. */
const WAIT_POLL_MS = { first: 2, most: 16 };
/** The journal is read only when nothing nearer has had the record: a child process, and the slowest of all. */
const JOURNAL_AFTER_MS = 1500;
/** With a rate limit on records, the kernel reports a loss at most once a second (audit_log_lost). */
const LOSS_REPORT_MS = 1200;

/** What was read since the last take: the texts, in order, and the AppArmor records among them. */
export interface LogReading {
  readonly texts: readonly LogText[];
  readonly records: readonly AuditRecord[];
}

/** What a session needs of the log. */
export type AuditLog = Pick<KernelLog, 'source' | 'searchedSources' | 'peek' | 'take' | 'waitFor' | 'close'>;

export class KernelLog {
  readonly #choice: LogChoice;
  readonly #opened = Date.now();
  readonly #kmsg = new RecordBuffer(kmsgSource());
  #candidates: RecordBuffer[] = [];
  #proved: RecordBuffer | undefined;
  /** Why a place is not read. */
  readonly #refused: string[] = [];
  readonly #timer: NodeJS.Timeout;
  /** Complaints of the kernel log while the records arrive elsewhere. */
  #complaints: LogText[] = [];
  #rateLimit: { why: string; at: number } | undefined;
  #taken = performance.now();
  #waitingSince: number | undefined;

  /**
   * Opens what there is and skips what is older than the run. Needs root.
   * @throws HarnessError `no-records` when the chosen place cannot be trusted.
   */
  constructor(choice: LogChoice = 'auto') {
    this.#choice = choice;
    try {
      if (choice === 'auto' || choice === 'kmsg') this.#candidates.push(this.#kmsg);
      if (choice === 'auto' || choice === 'auditd') this.#openAuditd();
      if (choice === 'journal') this.#openJournal();
      if (this.#candidates.length === 0)
        throw new HarnessError('no-records', `--log ${choice} cannot be used: ${this.#refused.join('; ')}.`);
    } catch (error) {
      this.#kmsg.close();
      throw error;
    }
    this.#kmsg.poll();
    this.#kmsg.forget();
    this.#timer = setInterval(() => {
      this.poll();
    }, POLL_MS);
    this.#timer.unref();
  }

  /** Where the records arrive, as reports show it. */
  get source(): string {
    return this.#proved?.source.label ?? 'nothing has arrived';
  }

  /** Where records were looked for, one line each. */
  searchedSources(): string[] {
    const searched = this.#proved === undefined ? this.#candidates : [this.#proved];
    return [...searched.map(({ source }) => `${source.label}: no record`), ...this.#refused];
  }

  /** Reads what is there now. */
  poll(): void {
    const proved = this.#proved;
    const printed = this.#kmsg.poll();
    for (const { text } of printed) this.#noteRateLimit(text);
    for (const buffer of this.#candidates) if (buffer !== this.#kmsg) buffer.poll();
    if (proved === undefined || proved === this.#kmsg) return;
    for (const text of printed) {
      const lost = complaint(text, proved.source.name);
      if (lost !== undefined) this.#complaints.push({ text: '', lost });
    }
  }

  /** Reads what is there now. @returns the records since the last take, without the first `skip` of them. */
  peek(skip: number): readonly AuditRecord[] {
    this.poll();
    return this.#proved?.records.slice(skip) ?? [];
  }

  /** Takes everything since the last take; the last stamped text stays, so that a loss between two takes shows. */
  take(): LogReading {
    this.poll();
    const taken = this.#proved?.take() ?? { texts: [], records: [] };
    const texts = [...taken.texts, ...this.#complaints];
    if (this.#rateLimit !== undefined && this.#taken < this.#rateLimit.at + LOSS_REPORT_MS)
      texts.push({ text: '', lost: this.#rateLimit.why });
    this.#complaints = [];
    if (this.#proved !== this.#kmsg) this.#kmsg.forget();
    this.#taken = performance.now();
    return { texts, records: taken.records };
  }

  /**
   * Waits until a record that satisfies the condition has been read. The first one proves where records arrive.
   * @param ms how long, in milliseconds.
   * @returns undefined when none came in time.
   * @throws HarnessError `no-records` when it arrived, but not where the others did.
   */
  async waitFor(condition: (record: AuditRecord) => boolean, ms: number): Promise<AuditRecord | undefined> {
    const searched = new Map<RecordBuffer, number>();
    const deadline = performance.now() + ms;
    this.#waitingSince ??= performance.now();

    let pause = WAIT_POLL_MS.first;
    for (;;) {
      const now = performance.now();
      this.#openJournalIfLate(now);
      this.poll();

      const record = this.#findNew(condition, searched);
      if (record !== undefined) return record;
      this.#checkAuditDaemon(condition);

      if (now > deadline) return undefined;
      await sleep(pause);
      pause = Math.min(2 * pause, WAIT_POLL_MS.most);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const buffer of new Set([this.#kmsg, ...this.#candidates])) buffer.close();
  }

  /** The first record that fits among those not searched before; its source is where records arrive. */
  #findNew(condition: (record: AuditRecord) => boolean, searched: Map<RecordBuffer, number>): AuditRecord | undefined {
    for (const buffer of this.#candidates) {
      const record = buffer.records.slice(searched.get(buffer) ?? 0).find(condition);
      searched.set(buffer, buffer.records.length);
      if (record === undefined) continue;

      this.#prove(buffer);
      return record;
    }
    return undefined;
  }

  #checkAuditDaemon(condition: (record: AuditRecord) => boolean): void {
    if (this.#proved?.source.name !== 'auditd' || !this.#kmsg.records.some(condition)) return;
    this.#kmsg.forget();
    throw new HarnessError(
      'no-records',
      'The audit daemon has stopped: records now arrive in the kernel log, not in its file.',
    );
  }

  #openJournalIfLate(now: number): void {
    if (this.#proved !== undefined || this.#choice !== 'auto') return;
    if (now - (this.#waitingSince ?? now) > JOURNAL_AFTER_MS) this.#openJournal();
  }

  #prove(buffer: RecordBuffer): void {
    if (this.#proved !== undefined) return;
    this.#proved = buffer;
    for (const other of this.#candidates) if (other !== buffer && other !== this.#kmsg) other.close();
    this.#candidates = [buffer];
  }

  #openAuditd(): void {
    const { file, problem } = auditdFile();
    if (problem === undefined) this.#candidates.push(new RecordBuffer(auditdSource(file)));
    else this.#refused.push(problem);
  }

  #openJournal(): void {
    if (this.#refused.includes(NO_JOURNAL) || this.#candidates.some(({ source }) => source.name === 'journal')) return;
    if (journalPresent()) this.#candidates.push(new RecordBuffer(journalSource(this.#opened)));
    else this.#refused.push(NO_JOURNAL);
  }

  #noteRateLimit(text: string): void {
    if (/^(?:audit: )?(?:audit_lost=\d+ audit_rate_limit=[1-9]|rate limit exceeded)/.test(text))
      this.#rateLimit = { why: lossNotice(text) ?? 'audit: rate limit exceeded', at: performance.now() };
  }
}

/** The loss that a text of the kernel log reports, while the records arrive elsewhere. */
function complaint({ text, overrun }: LogText, source: LogSourceName): string | undefined {
  if (overrun === true) return 'the kernel log, which reports losses, was overwritten before it was read';
  if (stampOf(text) === undefined) return lossNotice(text);
  return source === 'auditd' ? 'records went to the kernel log and not to the audit daemon' : undefined;
}

const NO_JOURNAL = 'systemd-journald does not run on this host';
