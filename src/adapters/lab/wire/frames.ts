/** The language of the line between host and guest: typed frames, each for one numbered command. */

/** Kinds of frames. 1 to 5 go from host to guest, 6 to 8 back, hello and credit both ways. */
export const FRAME = {
  hello: 1,
  exec: 2,
  stdin: 3,
  stdinEnd: 4,
  kill: 5,
  exit: 6,
  stdout: 7,
  stderr: 8,
  credit: 9,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface WireFrame {
  readonly kind: number;
  /** Number of the command it belongs to; 0 for hello. */
  readonly id: number;
  readonly payload: Buffer;
}

/** Bytes before the payload: kind, id, length. */
export const HEADER = 9;
/** Data per frame, so that header and data are one 32 KiB write, the most that the guest's driver takes at once. */
export const CHUNK = 32 * 1024 - HEADER;
/** Data of one stream that may be under way unacknowledged: what bounds the memory of both sides. */
export const WINDOW = 512 * 1024;
/** Longest payload that is believed; more means the stream is garbled. */
const LIMIT = 4 * 1024 * 1024;

/** One frame as bytes. */
export function encodeFrame(kind: FrameKind, id: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt8(kind, 0);
  frame.writeUInt32BE(id, 1);
  frame.writeUInt32BE(body.length, 5);
  body.copy(frame, HEADER);
  return frame;
}

/** Payload of a credit frame: that many bytes of that stream were consumed. */
export function encodeCredit(stream: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt8(stream, 0);
  payload.writeUInt32BE(bytes, 1);
  return payload;
}

export function decodeCredit(payload: Buffer): { readonly stream: number; readonly bytes: number } {
  return { stream: payload.readUInt8(0), bytes: payload.readUInt32BE(1) };
}

/** Puts frames together from chunks of any size. */
export class WireDecoder {
  #parts: Buffer[] = [];
  #have = 0;
  #need = HEADER;

  /** @throws Error when the bytes cannot be frames */
  push(chunk: Buffer): WireFrame[] {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return []; // joining only when a frame is whole keeps this linear
    let rest = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const frames: WireFrame[] = [];
    this.#need = HEADER;
    while (rest.length >= HEADER) {
      const length = rest.readUInt32BE(5);
      if (length > LIMIT) throw new Error(`a frame of ${length} bytes: the stream is damaged`);
      this.#need = HEADER + length;
      if (rest.length < this.#need) break;
      frames.push({ kind: rest.readUInt8(0), id: rest.readUInt32BE(1), payload: rest.subarray(HEADER, this.#need) });
      rest = rest.subarray(this.#need);
      this.#need = HEADER;
    }
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
    return frames;
  }
}
