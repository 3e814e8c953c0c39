/** QEMU's control protocol: one JSON object a line. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** One connection to a QEMU. Commands are answered in order. */
export class Qmp {
  readonly #socket: Socket;
  #text = '';
  #closed = false;
  #waiting: ((answer: Answer) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#read(text);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      for (const resolve of this.#waiting) resolve({ error: { desc: 'QEMU ended' } });
      this.#waiting = [];
    });
  }

  /** Takes over a connected socket and leaves the protocol's greeting phase. */
  static async open(socket: Socket): Promise<Qmp> {
    const qmp = new Qmp(socket);
    await qmp.command('qmp_capabilities');
    return qmp;
  }

  #read(text: string): void {
    this.#text += text;
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Answer;
      // the greeting and events are no answers
      if ('return' in message || 'error' in message) this.#waiting.shift()?.(message);
    }
  }

  /** Sends one command and waits for its answer. */
  async command(execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve) => {
      if (this.#closed) {
        resolve({ error: { desc: 'QEMU ended' } });
        return;
      }
      this.#waiting.push(resolve);
      this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
    if (answer.error !== undefined)
      throw new HarnessError('lab-guest', `QEMU refused ${execute}: ${answer.error.desc}.`);
    return answer.return;
  }

  /** Memory that lies in a shared file is no part of the saved state: it is saved where it lies. */
  async ignoreSharedMemory(): Promise<void> {
    await this.command('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] });
  }

  /** Stops the machine and writes its state, all but the memory, to a file. */
  async saveSnapshot(file: string): Promise<void> {
    await this.command('stop');
    await this.ignoreSharedMemory();
    await this.command('migrate', { uri: `file:${file}` });
    await this.#migrated();
  }

  /** Loads what {@link saveSnapshot} wrote; the machine then runs. */
  async restoreSnapshot(file: string): Promise<void> {
    await this.ignoreSharedMemory();
    await this.command('migrate-incoming', { uri: `file:${file}` });
    await this.#migrated();
    await this.command('cont');
  }

  async #migrated(): Promise<void> {
    for (;;) {
      const { status, 'error-desc': why } = (await this.command('query-migrate')) as {
        status?: string;
        'error-desc'?: string;
      };
      if (status === 'completed') return;
      if (status === 'failed' || status === 'cancelled')
        throw new HarnessError('lab-guest', `QEMU could not save or restore the snapshot: ${why ?? status}.`);
      await sleep(5);
    }
  }
}
