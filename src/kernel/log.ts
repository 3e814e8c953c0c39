/** The kernel log of a run: everything the kernel wrote since the run began, read while it happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogText } from '../audit/gaps.ts';
import { isKernels, parseKmsg } from '../audit/kmsg.ts';
import { parseKernelText, stampOf } from '../audit/parse.ts';
import type { AuditRecord } from '../model.ts';
import { openKmsg, type KmsgReader } from './kmsg.ts';

/** How often the log is read between waits, so that its ring buffer (128 KiB, some 600 records) never wraps unread. */
const POLL_MS = 25;
const WAIT_POLL_MS = 4;

/** What came since the last look: the texts, in order, and the AppArmor records among them. */
export interface Look {
  readonly texts: readonly LogText[];
  readonly records: readonly AuditRecord[];
}

export class KernelLog {
  readonly #reader: KmsgReader;
  readonly #timer: NodeJS.Timeout;
  #texts: LogText[] = [];
  #records: AuditRecord[] = [];
  #overrun = false;

  /** Opens the log and skips what is older than the run. Needs root. */
  constructor() {
    this.#reader = openKmsg();
    this.poll();
    this.#texts = this.#texts.filter(({ text }) => stampOf(text) !== undefined).slice(-1); // the last serial before the run: gaps count from it
    this.#records = [];
    this.#overrun = false;
    this.#timer = setInterval(() => { this.poll(); }, POLL_MS);
    this.#timer.unref();
  }

  /** Reads what is there now. */
  poll(): void {
    for (const item of this.#reader.read()) {
      if (item.kind === 'overrun') { this.#overrun = true; continue; }
      const message = parseKmsg(item.raw);
      if (message === undefined) continue;
      // what is not the kernel's still counts for the sequence numbers, but none of its text does: anyone can write there
      this.#texts.push({ text: isKernels(message) ? message.text : '', seq: message.seq, ...(this.#overrun ? { overrun: true } : {}) });
      this.#overrun = false;
      if (!isKernels(message)) continue;
      const parsed = parseKernelText(message.text);
      if (parsed.kind === 'record') this.#records.push(parsed.record);
    }
  }

  /** Takes everything since the last take; the last stamped text stays, so that a gap between two takes shows. */
  take(): Look {
    this.poll();
    const look = { texts: this.#texts, records: this.#records };
    this.#texts = this.#texts.filter(({ text }) => stampOf(text) !== undefined).slice(-1);
    this.#records = [];
    return look;
  }

  /** Waits until a record that satisfies the condition has been read; undefined when none came in time. */
  async waitFor(condition: (record: AuditRecord) => boolean, ms: number): Promise<AuditRecord | undefined> {
    let seen = 0;
    for (const end = performance.now() + ms; ;) {
      this.poll();
      const found = this.#records.slice(seen).find(condition);
      if (found !== undefined || performance.now() > end) return found;
      seen = this.#records.length;
      await sleep(WAIT_POLL_MS);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#reader.close();
  }
}
