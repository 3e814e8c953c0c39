/** The host's end of the line to the guest agent: many commands at once over one socket, each with its own streams. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { HarnessError } from '#core/model/errors.ts';
import { decodeCredit, encodeFrame, FRAME, WireDecoder, type WireFrame, type FrameKind } from '../wire/frames.ts';
import type { GuestExit } from '../wire/guest-exit.ts';
import { RemoteCommand, type CommandOptions } from './remote-command.ts';

/** One line to one guest. */
export class GuestChannel {
  readonly #socket: Socket;
  readonly #decoder = new WireDecoder();
  readonly #commands = new Map<number, RemoteCommand>();
  readonly #nonce = randomBytes(16);
  #next = 1;
  #broken: HarnessError | undefined;
  #onHello: (() => void) | undefined;
  /** Set while the socket is full: what all senders wait for. */
  #drained: Promise<unknown> | undefined;

  private constructor(socket: Socket, lastOutput: () => Promise<readonly string[]>) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of this.#decoder.push(chunk)) this.#handle(frame);
      } catch (error) {
        this.fail(new HarnessError('lab-guest', 'The lab guest sent data that cannot be read.', { cause: error }));
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      void lastOutput().then((details) => {
        this.fail(new HarnessError('lab-guest', 'The lab guest stopped by itself.', { details }));
      });
    });
  }

  /**
   * Greets the guest and waits for its answer.
   * @param lastOutput reads the last output of the guest, called when the connection breaks
   */
  static async open(
    socket: Socket,
    timeoutMs: number,
    lastOutput: () => Promise<readonly string[]>,
  ): Promise<GuestChannel> {
    const channel = new GuestChannel(socket, lastOutput);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new HarnessError('lab-guest', `The lab guest did not answer within ${timeoutMs / 1000} s.`));
      }, timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        if (channel.#broken === undefined) resolve();
        else reject(channel.#broken);
      };
      channel.#onHello = settle;
      void channel.#send(FRAME.hello, 0, channel.#nonce);
    });
    return channel;
  }

  #handle(frame: WireFrame): void {
    if (frame.kind === FRAME.hello) {
      if (frame.payload.equals(this.#nonce)) this.#onHello?.();
      return;
    }
    const command = this.#commands.get(frame.id);
    if (command === undefined) return;
    if (frame.kind === FRAME.credit) {
      const { bytes } = decodeCredit(frame.payload);
      command.inputTaken(bytes);
    } else if (frame.kind === FRAME.stdout || frame.kind === FRAME.stderr) {
      command.output(frame.kind, frame.payload);
    } else if (frame.kind === FRAME.exit) {
      this.#commands.delete(frame.id);
      command.ended(JSON.parse(frame.payload.toString()) as { exit?: number; signal?: string; error?: string });
    }
  }

  async #send(kind: FrameKind, id: number, payload: Buffer | string = ''): Promise<void> {
    if (this.#broken !== undefined || this.#socket.destroyed) return;
    if (this.#socket.write(encodeFrame(kind, id, payload))) return;
    this.#drained ??= this.#untilDrained();
    await this.#drained;
  }

  async #untilDrained(): Promise<void> {
    const over = new AbortController(); // takes the listener of the event that did not come away again
    const { signal } = over;
    await Promise.race([once(this.#socket, 'drain', { signal }), once(this.#socket, 'close', { signal })]).catch(
      () => undefined,
    );
    over.abort();
    this.#drained = undefined;
  }

  /** Runs a command in the guest. Rejects when it cannot be started, or when the guest is lost. */
  exec(argv: readonly string[], options: CommandOptions = {}): Promise<GuestExit> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const id = this.#next++;
    const command = new RemoteCommand(argv, options, (kind, payload) => this.#send(kind, id, payload));
    this.#commands.set(id, command);
    return command.result;
  }

  /** Ends all that is under way with this error. */
  fail(error: HarnessError): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    this.#onHello?.();
    for (const command of this.#commands.values()) command.fail(error);
    this.#commands.clear();
    this.#socket.destroy();
  }
}
