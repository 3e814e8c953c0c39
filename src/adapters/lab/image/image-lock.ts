/** A lock between processes that the kernel itself releases when its holder dies. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

function take(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.destroy();
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

/**
 * Runs work while holding the lock named by a path. The lock is an abstract unix socket rather than a file:
 * a process that was killed cannot leave it locked.
 * @param onWait called once when another process holds it
 */
export async function withImageLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  const name = `\0apparmor-probe-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  let server = await take(name);
  if (server === undefined) onWait();
  while (server === undefined) {
    await sleep(300);
    server = await take(name);
  }
  const held = server;
  try {
    return await work();
  } finally {
    await new Promise((resolve) => {
      held.close(resolve);
    });
  }
}
