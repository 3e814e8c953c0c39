/** The beginning of a stream that may never end: the first bytes are kept, the rest is only counted. */
export class CappedOutput {
  readonly #capBytes: number;
  readonly #chunks: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;

  /** @param capBytes how many bytes are kept. */
  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = this.#capBytes - this.#keptBytes;
    if (room === 0) return;
    // a copy: a view would keep the memory of the whole chunk
    const kept = Buffer.from(chunk.subarray(0, room));
    this.#keptBytes += kept.length;
    this.#chunks.push(kept);
  }

  /** How many bytes came in all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What was kept. */
  get kept(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
