/** The guest's end of the line: a virtio serial port. */
import { closeSync, openSync, read, readdirSync, readFileSync, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Device file of the port with this name, found through sysfs because no udev makes the usual link. */
function device(name: string): string {
  for (const port of readdirSync('/sys/class/virtio-ports')) {
    if (readFileSync(`/sys/class/virtio-ports/${port}/name`, 'utf8').trim() === name) return `/dev/${port}`;
  }
  throw new Error(`no virtio port ${name}`);
}

export class GuestPort {
  readonly #fd: number;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.#fd = openSync(device(name), 'r+');
  }

  /** Hands on what arrives, for ever. While no host is connected a read ends at once with nothing. */
  async listen(onData: (chunk: Buffer) => void): Promise<never> {
    for (;;) {
      const buffer = Buffer.allocUnsafe(64 * 1024);
      const length = await new Promise<number>((resolve) => {
        read(this.#fd, buffer, 0, buffer.length, null, (error, count) => { resolve(error === null ? count : 0); });
      });
      if (length > 0) onData(buffer.subarray(0, length));
      else await sleep(20);
    }
  }

  /** Writes all of it, after whatever was asked for before. Resolves when the host's side has taken it. */
  write(data: Buffer): Promise<unknown> {
    this.#tail = this.#tail.then(async () => {
      for (let done = 0; done < data.length;) done += await this.#some(data, done);
    });
    return this.#tail;
  }

  #some(data: Buffer, from: number): Promise<number> {
    return new Promise((resolve) => {
      write(this.#fd, data, from, data.length - from, null, (error, count) => {
        if (error === null) resolve(count);
        else setTimeout(() => { resolve(0); }, 20); // no host at the other end: keep it until there is one
      });
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
