/** GET from the host to a container's address, and a TCP connection. The answer is hostile: it is capped, and nothing in it is followed. */
import { get } from 'node:http';
import { connect } from 'node:net';

interface HttpAnswer {
  readonly status?: number;
  readonly body: Buffer;
  readonly bytes: number;
  /** Why there is no answer: a code such as ECONNREFUSED. */
  readonly error?: string;
}

/** @param url with the host name `container`, which stands for the address. */
export function httpGet(url: string, address: string, ms: number, capBytes: number): Promise<HttpAnswer> {
  const { port, pathname, search } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let kept = 0;
    let late = false;
    const request = get(
      {
        host: address,
        port: port === '' ? 80 : Number(port),
        path: pathname + search,
        headers: { host: 'container' },
        agent: false,
      },
      (response) => {
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          const part = chunk.subarray(0, Math.max(0, capBytes - kept));
          kept += part.length;
          chunks.push(part);
          if (bytes > 64 * capBytes) request.destroy(); // an endless body
        });
        response.on('error', () => undefined); // cut off: `complete` tells
        response.on('close', () => {
          clearTimeout(timer);
          resolve({
            ...(response.complete || bytes > 64 * capBytes ? {} : { error: late ? 'ETIMEDOUT' : 'ECONNRESET' }),
            ...(response.statusCode === undefined ? {} : { status: response.statusCode }),
            body: Buffer.concat(chunks),
            bytes,
          });
        });
      },
    );
    const timer = setTimeout(() => {
      late = true;
      request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
    }, ms);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ body: Buffer.alloc(0), bytes: 0, error: error.code ?? error.message });
    });
  });
}

/** Whether a port accepts a connection. */
export function tcpAccepts(port: number, address: string, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ms });
    const done = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
  });
}
