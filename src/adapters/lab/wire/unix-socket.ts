/** Connecting to a unix socket that another process is about to open. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';

function attempt(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}

/**
 * Connects as soon as somebody listens.
 * @param alive false once nobody ever will
 */
export async function connectSoon(path: string, timeoutMs: number, alive: () => boolean): Promise<Socket> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const socket = await attempt(path);
    if (socket !== undefined) return socket;
    if (!alive() || performance.now() > end) throw new HarnessError('lab-guest', 'QEMU did not open its socket.');
    await sleep(10);
  }
}
