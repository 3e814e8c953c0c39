/**
 * Paces attempts by the records that come of them, so that the kernel never has to hold more than it can. An agent
 * tries one after the other: when a record of one has been read, those of all before it have been, or they are lost.
 * Where no record comes, one that is made on purpose shows the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark } from '#core/audit/probe-windows.ts';
import type { Barrier } from './barrier.ts';
import type { AuditLog } from './kernel-log.ts';

/** Between looks at the log while there is no room. */
const POLL_MS = 2;
/** How many looks without a record of an attempt it takes until one is made on purpose. */
const PATIENCE = 3;

export interface PaceOptions {
  readonly log: Pick<AuditLog, 'peek'>;
  readonly barrier: Barrier;
  /** How many attempts the kernel can hold the records of. */
  readonly most: number;
}

/** The pace of one batch, between two takes of the log. */
export class Pace {
  readonly #options: PaceOptions;
  /** Places of the attempts in the order in which they began. */
  readonly #places = new Map<string, number>();
  readonly #marks: Mark[] = [];
  /** Attempts that have come to their end. */
  readonly #ended = new Set<number>();
  /** How many, from the first on, have all come to their end. */
  #tried = 0;
  /** How many, from the first on, have left nothing that is still to be read. */
  #settled = 0;
  /** How many records have been looked at. */
  #read = 0;
  #looksInVain = 0;
  #marking: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Records that were made on purpose. */
  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /**
   * Waits until there is room for one more attempt, which is then under way.
   * @throws HarnessError `no-records` when the log has fallen silent.
   */
  async begin(id: string): Promise<void> {
    const { most } = this.#options;
    // half of it at a time: what goes out together comes back together, and is looked at once
    if (this.#underWay() >= most) while (this.#underWay() > most / 2) await this.#makeRoom();
    this.#places.set(id, this.#places.size);
  }

  /** The attempt has come to its end: what it leaves in the log has been written. */
  end(id: string): void {
    this.#ended.add(this.#places.get(id) ?? -1);
    while (this.#ended.delete(this.#tried)) this.#tried += 1;
  }

  #underWay(): number {
    return this.#places.size - this.#settled;
  }

  async #makeRoom(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#readRecords()) {
      this.#looksInVain = 0;
      return;
    }
    this.#looksInVain += 1;
    const isWorthIt = this.#looksInVain >= PATIENCE && this.#tried - this.#settled >= this.#options.most / 2;
    if (isWorthIt) this.#marking ??= this.#mark();
    await sleep(POLL_MS);
  }

  /** @returns whether that made room. */
  #readRecords(): boolean {
    const before = this.#settled;
    const records = this.#options.log.peek(this.#read);
    this.#read += records.length;
    for (const { fields } of records)
      this.#settled = Math.max(this.#settled, this.#places.get(fields['comm'] ?? '') ?? 0);
    return this.#settled > before;
  }

  async #mark(): Promise<void> {
    const tried = this.#tried;
    try {
      const serial = await this.#options.barrier.cross();
      this.#marks.push({ serial, tried, begun: this.#places.size });
      this.#settled = Math.max(this.#settled, tried);
    } catch (error) {
      this.#failure = error;
    }
    this.#marking = undefined;
    this.#looksInVain = 0;
  }
}
