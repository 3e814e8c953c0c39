/** Flow control of one stream: the sender uses up a window, and the receiver opens it again as it consumes. */
import { WINDOW } from './frames.ts';

export class FlowControl {
  #left = WINDOW;
  #open = true;
  #waiting: (() => void)[] = [];

  /** Waits until so many bytes may be sent. @returns false when the stream ended first. */
  async spend(bytes: number): Promise<boolean> {
    while (this.#open && this.#left < bytes)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    this.#left -= bytes;
    return this.#open;
  }

  give(bytes: number): void {
    this.#left += bytes;
    this.#wake();
  }

  /** Nobody reads any more: wakes whoever waits. */
  close(): void {
    this.#open = false;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
