/** A lock between runs on one host, held by flock(1): the kernel frees it when the holder dies, however it dies. */
import { start } from '#adapters/host/exec.ts';

const WAIT_S = 60;

export interface LockOptions {
  /** `shared`: with others that share it. `exclusive` when absent. */
  readonly mode?: 'shared' | 'exclusive';
  /** How long to wait for it, in seconds. */
  readonly waitS?: number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
}

/** Gives a lock back. */
export type Release = () => Promise<void>;

/** Runs `work` while no other run holds the lock of this file. */
export async function withHostLock<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  const release = await takeHostLock(file);
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Takes the lock of this file, which the caller gives back.
 * @throws Error when others held it for too long, or the signal came.
 */
export async function takeHostLock(
  file: string,
  { mode = 'exclusive', waitS = WAIT_S, signal }: LockOptions = {},
): Promise<Release> {
  // cat ends when our end of the pipe closes, also by our death
  const holder = start(
    ['flock', `--${mode}`, '--wait', String(waitS), file, 'sh', '-c', 'echo locked; exec cat >/dev/null'],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) =>
    holder.once('close', () => {
      resolve();
    }),
  );
  const release = async (): Promise<void> => {
    holder.stdin?.end();
    await ended;
  };
  const giveUp = (): void => {
    holder.kill();
  };
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await untilLocked(holder, ended, `another run held ${file} for ${waitS} s`);
    return release;
  } catch (thrown) {
    await release();
    throw thrown;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

function untilLocked(holder: ReturnType<typeof start>, ended: Promise<void>, failure: string): Promise<void> {
  return new Promise((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout?.once('data', () => {
      resolve();
    });
    void ended.then(() => {
      reject(new Error(failure));
    });
  });
}
