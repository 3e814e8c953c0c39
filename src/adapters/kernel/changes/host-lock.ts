/** A lock between runs on one host, held by flock(1): the kernel frees it when the holder dies, however it dies. */
import { start } from '#adapters/host/exec.ts';

const WAIT_S = 60;

/** Runs `work` while no other run holds the lock of this file. */
export async function withHostLock<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  // cat ends when our end of the pipe closes, also by our death
  const holder = start(
    ['flock', '--exclusive', '--wait', String(WAIT_S), file, 'sh', '-c', 'echo locked; exec cat >/dev/null'],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) =>
    holder.once('close', () => {
      resolve();
    }),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      holder.once('error', reject);
      holder.stdout?.once('data', () => {
        resolve();
      });
      void ended.then(() => {
        reject(new Error(`another run held ${file} for ${WAIT_S} s`));
      });
    });
    return await work();
  } finally {
    holder.stdin?.end();
    await ended;
  }
}
