/** A running lab guest. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { HarnessError } from '#core/model/errors.ts';
import { GuestChannel } from './guest-channel.ts';
import type { GuestExit } from '../wire/guest-exit.ts';
import { imageFiles, type GuestFacts, type LabImage } from '../image/image-files.ts';
import { startMachine, type Machine } from './machine.ts';
import { step, type Progress } from '#adapters/host/run-step.ts';
import type { LabSuite } from '../image/recipe.ts';
import type { CommandOptions } from './remote-command.ts';
import { packFiles, type FileToPut } from '../wire/tar-pack.ts';
import { unpackHostile } from '../wire/tar-unpack.ts';
import { connectSoon } from '../wire/unix-socket.ts';

/** A guest to run commands in. It dies with this process, whatever ends it. */
export interface Guest {
  readonly suite: LabSuite;
  readonly facts: GuestFacts;
  /** Runs a command. A non-zero exit is data; rejects when it cannot be started or the guest is lost. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<GuestExit>;
  /** Copies files and whole folders in; they belong to root there. */
  putFiles(entries: readonly FileToPut[]): Promise<void>;
  /** Copies the plain files below a folder of the guest into a folder here. What the guest sends is not trusted. */
  getFiles(guestDir: string, hostDir: string): Promise<void>;
  /** Ends it at once; what it had written is gone. */
  stop(): Promise<void>;
}

const ANSWER_MS = 30_000;

/** Connects to the agent of a machine. */
export async function openChannel(machine: Machine, timeoutMs: number): Promise<GuestChannel> {
  try {
    return await GuestChannel.open(
      await connectSoon(machine.channel, timeoutMs, machine.alive),
      timeoutMs,
      machine.lastOutput,
    );
  } catch (error) {
    throw new HarnessError('lab-guest', error instanceof Error ? error.message : String(error), {
      cause: error,
      details: await machine.lastOutput(),
    });
  }
}

/** Runs a command that has to succeed; gives what it printed. */
export async function runInGuest(
  channel: GuestChannel,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const end = await channel.exec(argv, {
    onStdout: (chunk) => {
      out.push(chunk);
    },
    onStderr: (chunk) => {
      err.push(chunk);
    },
    ...options,
  });
  if (end.exit === 0) return Buffer.concat(out).toString();
  const how = end.timedOut ? 'timed out' : (end.signal ?? `exit ${String(end.exit)}`);
  const details = Buffer.concat([...out, ...err])
    .toString()
    .trim()
    .split('\n')
    .slice(-15);
  throw new HarnessError('lab-guest', `In the lab guest, ${argv.slice(0, 3).join(' ').slice(0, 80)} failed: ${how}.`, {
    details,
  });
}

/**
 * Sets the clock (clock_settime of CLOCK_REALTIME, then its two numbers), stirs randomness from standard input into the
 * kernel's, and has the kernel take a new key from it at once (RNDRESEEDCRNG). Perl: every Debian has it, and it starts
 * quickly.
 */
const WAKE = `syscall(227, 0, pack("q2", $ARGV[0], $ARGV[1])) == 0 or die "clock: $!";
open(my $random, "+<", "/dev/urandom") or die "urandom: $!";
syswrite($random, join("", <STDIN>)); ioctl($random, 0x5207, 0) or die "reseed: $!";`;

/**
 * A resumed guest has the clock of its snapshot: sets that, and gives it randomness that no
 * other resume has. The machine's generation number does the latter too, but bookworm's kernel has no driver for it.
 */
async function wake(channel: GuestChannel): Promise<void> {
  const now = Date.now();
  const time = [String(Math.floor(now / 1000)), String((now % 1000) * 1_000_000)];
  await runInGuest(channel, ['perl', '-e', WAKE, ...time], { stdin: randomBytes(256), timeoutMs: ANSWER_MS });
}

async function getFiles(channel: GuestChannel, guestDir: string, hostDir: string): Promise<void> {
  await mkdir(hostDir, { recursive: true });
  const tar = new PassThrough();
  const unpacked = unpackHostile(tar, hostDir);
  let goOn: () => void = () => undefined;
  unpacked.catch(() => {
    tar.destroy();
  });
  tar
    .on('drain', () => {
      goOn();
    })
    .on('close', () => {
      goOn();
    });
  const sink = (chunk: Buffer): Promise<void> | void =>
    tar.destroyed || tar.write(chunk)
      ? undefined
      : new Promise((resolve) => {
          goOn = resolve;
        });
  const packed = runInGuest(channel, ['tar', '--create', '--file=-', '--directory', guestDir, '.'], { onStdout: sink });
  packed.then(
    () => tar.end(),
    () => tar.destroy(),
  );
  const [read, sent] = await Promise.allSettled([unpacked, packed]);
  // if packing failed, the archive has no end and unpacking failed too: report the first cause
  for (const result of [sent, read]) if (result.status === 'rejected') throw result.reason;
}

/** Resumes an image; the guest answers within seconds. */
export function startGuest(image: LabImage, options: { readonly progress?: Progress } = {}): Promise<Guest> {
  const { progress = () => undefined } = options;
  return step(progress, `resuming the guest (${image.suite}, kernel ${image.facts.kernel})`, async () => {
    const { kernel, initrd, disk, ram, state } = imageFiles(image.folder);
    const machine = await startMachine(image.tree, image.folder, {
      accel: image.facts.accel,
      kernel,
      initrd,
      disk,
      ram,
      resume: true,
      keep: false,
    });
    try {
      await machine.qmp.restoreSnapshot(state);
      const channel = await openChannel(machine, ANSWER_MS);
      await wake(channel);
      return {
        suite: image.suite,
        facts: image.facts,
        exec: (argv, execOptions) => channel.exec(argv, execOptions),
        putFiles: async (entries) => {
          await runInGuest(channel, ['tar', '--extract', '--file=-', '--directory=/', '--no-same-owner'], {
            stdin: packFiles(entries) satisfies Readable,
          });
        },
        getFiles: (guestDir, hostDir) => getFiles(channel, guestDir, hostDir),
        stop: async () => {
          channel.fail(new HarnessError('lab-guest', 'The lab guest was stopped.'));
          await machine.kill();
        },
      };
    } catch (error) {
      await machine.kill();
      throw error;
    }
  });
}
