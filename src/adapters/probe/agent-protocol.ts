/**
 * The agent's protocol, this end of it: requests to bytes, bytes to frames. Pure. src/agent/protocol.h is the other
 * end. What comes back passed through a container that may be hostile: nothing in it is believed before it is checked.
 */

/** Version of the protocol that `hello` must answer. */
const PROTOCOL_VERSION = '4';
/** Longest request the agent accepts, in bytes of payload. */
export const MAX_REQUEST = 256 * 1024;
/** Longest response the decoder accepts; the agent's own are below 66 KiB. */
const MAX_RESPONSE = 1024 * 1024;
/** Longest thread name the kernel keeps. */
const MAX_TAG = 15;
/** Highest errno of the kernel (include/linux/err.h). */
const MAX_ERRNO = 4095;

/** The bytes do not follow the protocol: a fault of the agent, of the stream, or of someone who writes into it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** One command for the agent. */
export interface RunRequest {
  /** Thread name until the exec, 1 to 15 bytes. */
  readonly tag: string;
  readonly timeoutMs: number;
  /** Bytes of each output stream to send; the rest is counted. */
  readonly capBytes: number;
  readonly argv: readonly string[];
}

/** One operation for the agent. */
interface OpRequest {
  readonly tag: string;
  /** As the table in src/agent/ops.c has it. */
  readonly name: string;
  /** As docs/agent-operations.md says. The agent gives up at arguments without sense: a fault of the caller. */
  readonly args: readonly string[];
  /**
   * Perform it in a child of its own, at the price of a fork: needed under a profile in kill mode, where a denial would
   * end the agent, and for paths below /proc/self, which is hidden for the agent itself. Many always are.
   */
  readonly isolated?: boolean;
}

/** First answer of the agent: it speaks this version of the protocol. */
export interface HelloFrame {
  readonly type: 'hello';
  readonly version: string;
}
/** A piece of a running command's output. */
interface OutputFrame {
  readonly type: 'output';
  readonly stream: 'stdout' | 'stderr';
  readonly tag: string;
  readonly data: Buffer;
}
/**
 * A process that is to become a command, before it executes anything: it waits for {@link encodeGo} or
 * {@link encodeStop}.
 */
export interface WaitingFrame {
  readonly type: 'waiting';
  readonly tag: string;
  readonly pid: number;
}
/** Outcome of an operation or a command. */
export interface ResultFrame extends Outcome, Details {
  readonly type: 'result';
  readonly tag: string;
  /** Full length of each stream, sent or not. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}
/** The agent gave up, and why. */
interface FatalFrame {
  readonly type: 'fatal';
  readonly message: string;
}
export type Frame = HelloFrame | WaitingFrame | OutputFrame | ResultFrame | FatalFrame;

/** How an operation or a command ended. */
export interface Outcome {
  /** `exec`: it could not be started; `timeout`: the agent killed it. */
  readonly stage: 'done' | 'exec' | 'timeout';
  /**
   * 0: succeeded. `errnoName` names it. ECANCELED together with `signal`: the attempt itself was killed, as a profile
   * in kill mode does.
   */
  readonly errno: number;
  /** Exit status of a command that ended by itself. */
  readonly exit: number | undefined;
  /** Number of the signal that ended it; 0: none. */
  readonly signal: number;
  readonly durationUs: number;
  /** Why something that the command started could not be killed; 0: all is gone. */
  readonly killErrno: number;
}

/** What the agent reports about an operation besides its errno: `struct details` in src/agent/protocol.h. */
export interface Details {
  /** Errno of a failed undo: the effect of the operation is still there; 0: none. */
  readonly undoErrno: number;
  /** The errno that the kernel answered after its permission, in place of the effect; 0: none. */
  readonly askedOnlyErrno: number;
  /** Process that the operation left paused, numbered as the agent sees it; 0: none. */
  readonly pausedPid: number;
  /** The step of a sequence of system calls that failed; empty: the last one, or there is only one. */
  readonly stoppedAt: string;
  /** Anything else, for people; empty: none. */
  readonly remark: string;
}

/** Begins and ends what `agent tty` writes on its own account (src/agent/tty.c). */
const RECORD_SEPARATOR = '\x1e';
/** Bytes ahead of every frame: its length. */
const HEAD_SIZE = 4;
/** A response begins with the token, and one byte for its type. */
const TOKEN_SIZE = 32;
const PREFIX_SIZE = TOKEN_SIZE + 1;
/** `enum frame_type` in src/agent/protocol.h. */
const FRAME = { hello: 'h', waiting: 'p', stdout: 'o', stderr: 'e', result: 'r', fatal: 'f' };
const ZERO_TOKEN = '0'.repeat(TOKEN_SIZE);
const TOKEN = /^[0-9a-f]{32}$/;

/** First request. @param token 32 hexadecimal digits, fresh for every agent. */
export function encodeHello(token: string): Buffer {
  return request(['hello', checkToken(token)]);
}

/** Request for one operation. */
export function encodeOp(op: OpRequest): Buffer {
  return request([op.isolated === true ? 'op-child' : 'op', checkTag(op.tag), op.name, ...op.args]);
}

/** Request for one command. */
export function encodeRun(run: RunRequest): Buffer {
  if (run.argv.length === 0) throw new ProtocolError('a command needs a program');
  return request([
    'run',
    checkTag(run.tag),
    count(run.timeoutMs),
    count(run.capBytes),
    count(run.argv.length),
    ...run.argv,
  ]);
}

/** Lets a waiting command begin; the next request after `waiting` has to be this or {@link encodeStop}. */
export function encodeGo(tag: string): Buffer {
  return request(['go', checkTag(tag)]);
}

/** Forbids a waiting command: it ends without having executed anything. */
export function encodeStop(tag: string): Buffer {
  return request(['stop', checkTag(tag)]);
}

/** Exit status of `agent tty` for an outcome (`status_of` in src/agent/tty.c). */
export function ttyStatus({ stage, errno, exit = 255, signal }: Outcome): number {
  if (stage !== 'done' || errno !== 0) return 255;
  return signal === 0 ? exit : 128 + signal;
}

function request(fields: readonly string[]): Buffer {
  const bad = fields.find((field) => field.includes('\0'));
  if (bad !== undefined) throw new ProtocolError(`a request cannot carry a NUL: ${JSON.stringify(bad)}`);
  const payload = `${fields.join('\0')}\0`;
  const size = Buffer.byteLength(payload);
  if (size > MAX_REQUEST) throw new ProtocolError(`a request of ${size} bytes; the agent takes ${MAX_REQUEST}`);
  const bytes = Buffer.alloc(HEAD_SIZE + size);
  bytes.writeUInt32LE(size);
  bytes.write(payload, HEAD_SIZE);
  return bytes;
}

function checkToken(token: string): string {
  if (!TOKEN.test(token)) throw new ProtocolError('a token is 32 hexadecimal digits in lower case');
  return token;
}

function checkTag(tag: string): string {
  const size = Buffer.byteLength(tag);
  if (size < 1 || size > MAX_TAG) throw new ProtocolError(`a tag is 1 to ${MAX_TAG} bytes: ${JSON.stringify(tag)}`);
  return tag;
}

function count(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new ProtocolError(`not a count: ${value}`);
  return String(value);
}

/** Cuts the agent's output into frames. Throws ProtocolError at the first byte that cannot be the agent's. */
export class FrameDecoder {
  readonly #token: Buffer;
  #pending: Buffer[] = [];
  #size = 0;

  /** @param token the one that was sent with `hello`. */
  constructor(token: string) {
    this.#token = Buffer.from(checkToken(token));
  }

  /** Takes bytes as they come and returns the frames that are complete with them. */
  push(chunk: Buffer): Frame[] {
    this.#pending.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let size = this.#frameSize(); size !== undefined && this.#size >= size; size = this.#frameSize()) {
      const bytes = this.#joined();
      frames.push(this.#parse(bytes.subarray(HEAD_SIZE, size)));
      this.#pending = [bytes.subarray(size)];
      this.#size -= size;
    }
    return frames;
  }

  /** Size of the frame at the front with its head, once known. Only what has arrived takes memory. */
  #frameSize(): number | undefined {
    if (this.#size < HEAD_SIZE) return undefined;
    const first = this.#pending[0];
    const head = first !== undefined && first.length >= HEAD_SIZE ? first : this.#joined();
    const length = head.readUInt32LE(0);
    if (length > MAX_RESPONSE) throw new ProtocolError(`a response of ${length} bytes`);
    if (length < PREFIX_SIZE) throw new ProtocolError(`a response of only ${length} bytes`);
    return HEAD_SIZE + length;
  }

  #joined(): Buffer {
    const [first] = this.#pending;
    const all = this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [all];
    return all;
  }

  #parse(frame: Buffer): Frame {
    const type = String.fromCharCode(frame[TOKEN_SIZE] ?? 0);
    const token = frame.subarray(0, TOKEN_SIZE);
    // Before `hello` the agent knows no token; then it can only give up.
    const givesUpEarly = type === FRAME.fatal && token.toString('latin1') === ZERO_TOKEN;
    if (!token.equals(this.#token) && !givesUpEarly) {
      throw new ProtocolError("a response without the token: something else writes into the agent's output");
    }
    const body = frame.subarray(PREFIX_SIZE);
    switch (type) {
      case FRAME.hello:
        return hello(fields(body, 1));
      case FRAME.waiting:
        return waiting(fields(body, 2));
      case FRAME.stdout:
        return output('stdout', body);
      case FRAME.stderr:
        return output('stderr', body);
      case FRAME.result:
        return result(fields(body, 14));
      case FRAME.fatal:
        return { type: 'fatal', message: fields(body, 1)[0] ?? '' };
      default:
        throw new ProtocolError(`a response of unknown type ${JSON.stringify(type)}`);
    }
  }
}

function fields(body: Buffer, expected: number): string[] {
  const parts = body.toString().split('\0');
  if (parts.pop() !== '' || parts.length !== expected)
    throw new ProtocolError(`a response with ${parts.length} fields instead of ${expected}`);
  return parts;
}

function hello([version = '']: string[]): HelloFrame {
  if (version !== PROTOCOL_VERSION)
    throw new ProtocolError(`the agent speaks version ${JSON.stringify(version)}, not ${PROTOCOL_VERSION}`);
  return { type: 'hello', version };
}

function waiting([tag = '', pid = '']: string[]): WaitingFrame {
  return { type: 'waiting', tag: checkTag(tag), pid: number(pid) };
}

function output(stream: OutputFrame['stream'], body: Buffer): OutputFrame {
  const end = body.indexOf(0);
  if (end < 1 || end > MAX_TAG) throw new ProtocolError('output without a tag');
  return { type: 'output', stream, tag: body.toString('utf8', 0, end), data: Buffer.from(body.subarray(end + 1)) };
}

/** The fields in the order of `send_result` in src/agent/protocol.c. */
function result(all: string[]): ResultFrame {
  const [tag = '', stage = '', errno = '', exit = '', signal = '', stdoutBytes = '', stderrBytes = ''] = all;
  const [durationUs = '', killErrno = '', undoErrno = '', askedOnlyErrno = '', pausedPid = ''] = all.slice(7);
  const [stoppedAt = '', remark = ''] = all.slice(12);
  return {
    type: 'result',
    tag,
    ...outcome({ stage, errno, exit, signal, durationUs, killErrno }),
    stdoutBytes: number(stdoutBytes),
    stderrBytes: number(stderrBytes),
    undoErrno: number(undoErrno, MAX_ERRNO),
    askedOnlyErrno: number(askedOnlyErrno, MAX_ERRNO),
    pausedPid: number(pausedPid),
    stoppedAt,
    remark,
  };
}

function outcome(text: Readonly<Record<keyof Outcome, string>>): Outcome {
  const { stage, exit } = text;
  if (stage !== 'done' && stage !== 'exec' && stage !== 'timeout')
    throw new ProtocolError(`unknown stage ${JSON.stringify(stage)}`);
  return {
    stage,
    errno: number(text.errno, MAX_ERRNO),
    exit: exit === '-1' ? undefined : number(exit, 255),
    signal: number(text.signal, 127),
    durationUs: number(text.durationUs),
    killErrno: number(text.killErrno, MAX_ERRNO),
  };
}

function number(text: string, max = Number.MAX_SAFE_INTEGER): number {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Infinity;
  if (value > max) throw new ProtocolError(`not a number in range: ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}

/**
 * Finds where `agent tty` announces the process that is to become the command.
 * @returns its number, and what follows in the output; undefined while it has not come.
 */
export function parseTtyWaiting(
  output: Buffer,
  token: string,
): { readonly pid: number; readonly rest: Buffer } | undefined {
  const mark = `${RECORD_SEPARATOR}${checkToken(token)};waiting;`;
  const start = output.indexOf(mark);
  if (start < 0) return undefined;
  const end = output.indexOf(RECORD_SEPARATOR, start + 1);
  if (end < 0) return undefined;
  return { pid: number(output.toString('latin1', start + mark.length, end)), rest: output.subarray(end + 1) };
}

/**
 * Splits what `agent tty` wrote into the command's own output and the outcome that follows it.
 * @returns undefined when no outcome with this token is there: the agent did not get to its end.
 */
export function parseTtyTrailer(
  output: Buffer,
  token: string,
): { readonly output: Buffer; readonly outcome: Outcome } | undefined {
  const mark = `${RECORD_SEPARATOR}${checkToken(token)};`;
  const start = output.lastIndexOf(mark);
  if (start < 0) return undefined;
  const end = output.indexOf(RECORD_SEPARATOR, start + 1);
  if (end < 0) return undefined;
  const parts = output.toString('latin1', start + mark.length, end).split(';');
  const [stage = '', errno = '', exit = '', signal = '', durationUs = '', killErrno = ''] = parts;
  if (parts.length !== 6) throw new ProtocolError(`a terminal trailer with ${parts.length} fields instead of 6`);
  const text = { stage, errno, exit, signal, durationUs, killErrno };
  return { output: output.subarray(0, start), outcome: outcome(text) };
}
