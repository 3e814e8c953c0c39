/** One container: started, watched, executed in, removed for sure. */
import type Docker from 'dockerode';
import { PassThrough, type Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { engineCall, failureText } from './engine-call.ts';

/** How long a killed container may take to end, in milliseconds. */
const KILL_MS = 5000;
/** The engine reports an end a moment after it: how often, and after how long, it is asked again. */
const POLLS = { exit: 50, removal: 100, pauseMs: 100 };

/** A container as the engine reports it. */
export interface ContainerState {
  readonly running: boolean;
  /** The first process, on the host; 0 when it does not run. */
  readonly pid: number;
  readonly exit: number;
  readonly oomKilled: boolean;
  /** Its address on the first network that gives it one. */
  readonly address: string | undefined;
}

/** A program started by `docker exec`. */
export interface Exec {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  /** Process id on the host; 0 when it never started. */
  pid(): Promise<number>;
  /** Exit status once it has ended. */
  exit(): Promise<number | undefined>;
  close(): void;
}

/** One container, from its creation to its removal. */
export interface Container {
  readonly id: string;
  /** @param role for the error's message. @throws HarnessError `container-failed` */
  start(role: string): Promise<void>;
  state(): Promise<ContainerState>;
  /** Last lines of the container's output: hostile text. */
  logs(lines: number): Promise<string>;
  /** Starts a program the way `docker exec` does. With `terminal`, stdout carries everything. */
  exec(argv: readonly string[], options: { user?: string | undefined; terminal?: boolean }): Promise<Exec>;
  /**
   * @returns a file of it, or a folder with all that is in it, as a tar archive.
   * @throws HarnessError `container-failed` also when the archive would be larger than that
   */
  pack(path: string, maxBytes: number): Promise<Buffer>;
  /** Puts the files of a tar archive into a folder of it. @throws HarnessError `container-failed` */
  unpack(archive: Buffer, folder: string): Promise<void>;
  /**
   * Removes the container. A profile without a signal rule makes its processes unkillable: `unconfine`, which takes the
   * profile away, is called when they do not die.
   * @throws HarnessError `restore-failed`
   */
  remove(unconfine: () => void): Promise<void>;
}

/** A container of the Docker engine. */
export class DockerContainer implements Container {
  readonly #container: Docker.Container;
  readonly #docker: Docker;

  constructor(container: Docker.Container, docker: Docker) {
    this.#container = container;
    this.#docker = docker;
  }

  get id(): string {
    return this.#container.id;
  }

  async start(role: string): Promise<void> {
    await engineCall('container-failed', `The ${role} container could not be started`, this.#container.start());
  }

  async state(): Promise<ContainerState> {
    const { State, NetworkSettings } = await engineCall(
      'container-failed',
      'The container cannot be inspected',
      this.#container.inspect(),
    );
    const address = Object.values(NetworkSettings.Networks ?? {})
      .map((network) => network.IPAddress)
      .find((ip) => ip !== '');
    return { running: State.Running, pid: State.Pid, exit: State.ExitCode, oomKilled: State.OOMKilled, address };
  }

  async logs(lines: number): Promise<string> {
    const raw: unknown = await engineCall(
      'container-failed',
      "The container's output cannot be read",
      this.#container.logs({ stdout: true, stderr: true, tail: lines, follow: false }),
    );
    return demultiplexed(Buffer.isBuffer(raw) ? raw : Buffer.from(String(raw), 'latin1'));
  }

  async exec(argv: readonly string[], options: { user?: string | undefined; terminal?: boolean }): Promise<Exec> {
    const terminal = options.terminal ?? false;
    const exec = await engineCall(
      'agent-failed',
      'docker exec could not be prepared',
      this.#container.exec({
        Cmd: [...argv],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: terminal,
        ...defined({ User: options.user }),
      }),
    );
    const stream: Duplex = await engineCall(
      'agent-failed',
      'docker exec could not be started',
      exec.start({ hijack: true, stdin: true, Tty: terminal }),
    );
    const demuxed = new PassThrough();
    const stderr = new PassThrough();
    const stdout = terminal ? stream : demuxed;
    if (!terminal) this.#docker.modem.demuxStream(stream, demuxed, stderr);
    // a broken connection shows as the end of the output: who reads decides what that means
    const finish = (): void => {
      demuxed.end();
      stderr.end();
    };
    stream.on('end', finish);
    stream.on('close', finish);
    stream.on('error', finish);
    const inspect = (): ReturnType<typeof exec.inspect> =>
      engineCall('agent-failed', 'docker exec cannot be inspected', exec.inspect());
    return {
      stdin: stream,
      stdout,
      stderr,
      pid: async () => (await inspect()).Pid,
      exit: async () => {
        for (let tries = 0; tries < POLLS.exit; tries += 1) {
          const { Running, ExitCode } = await inspect();
          if (!Running) return ExitCode ?? undefined;
          await sleep(POLLS.pauseMs);
        }
        return undefined;
      },
      close: () => {
        stream.destroy();
      },
    };
  }

  async pack(path: string, maxBytes: number): Promise<Buffer> {
    const what = `${path} cannot be copied`;
    const stream = await engineCall('container-failed', what, this.#container.getArchive({ path }));
    return await engineCall('container-failed', what, readAll(stream, maxBytes));
  }

  async unpack(archive: Buffer, folder: string): Promise<void> {
    const what = `Nothing can be copied to ${folder}`;
    await engineCall('container-failed', what, this.#container.putArchive(archive, { path: folder }));
  }

  async remove(unconfine: () => void): Promise<void> {
    const ended = this.#container.wait({ abortSignal: AbortSignal.timeout(KILL_MS) }).then(
      () => true,
      (error: unknown) => (error as { statusCode?: number }).statusCode === 404,
    );
    // it may not run any more, or the kill may be refused: only whether it ends counts
    this.#container.kill().catch(() => undefined);
    if (!(await ended)) unconfine();
    try {
      await this.#container.remove({ force: true, v: true });
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 404 || (statusCode === 409 && (await this.#vanishes()))) return;
      throw new HarnessError(
        'restore-failed',
        `The container ${this.id.slice(0, 12)} could not be removed: ${failureText(error)}.`,
        { cause: error },
      );
    }
  }

  /** A removal was already in progress: true once it is done. */
  async #vanishes(): Promise<boolean> {
    for (let tries = 0; tries < POLLS.removal; tries += 1) {
      try {
        await this.#container.inspect();
      } catch {
        return true;
      }
      await sleep(POLLS.pauseMs);
    }
    return false;
  }
}

/** @throws Error when there is more than that */
async function readAll(stream: NodeJS.ReadableStream, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(Buffer.from(part));
    length += part.length;
    if (length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  }
  return Buffer.concat(parts);
}

/**
 * The engine multiplexes output without a terminal: each part after 8 bytes, 1 for the stream, 3 zero, 4 for the length
 * (Docker API, "Attach to a container").
 */
function demultiplexed(raw: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= raw.length) {
    const length = raw.readUInt32BE(at + 4);
    const begin = at + 8;
    parts.push(raw.subarray(begin, begin + length));
    at = begin + length;
  }
  return Buffer.concat(parts).toString();
}
