/**
 * GET from the host to a container's address, and a TCP connection. The answer is hostile: it is capped, and nothing in
 * it is followed.
 */
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { defined } from '#core/model/optional.ts';
import { CappedOutput } from './capped-output.ts';

/** After this many times the cap, a body counts as endless and the connection is closed. */
const ENDLESS = 64;

interface HttpAnswer {
  readonly status?: number;
  /** The body's beginning, up to the cap. */
  readonly body: Buffer;
  /** Full length of the body, as far as it was read. */
  readonly bytes: number;
  /** Why there is no whole answer: a code such as ECONNREFUSED. */
  readonly error?: string;
}

/**
 * @param url with the host name `container`, which is replaced by the address.
 * @param ms time limit for the whole answer, in milliseconds.
 * @param capBytes how much of the body is kept.
 * @returns the answer, or why there is none; never rejects.
 */
export function httpGet(url: string, address: string, ms: number, capBytes: number): Promise<HttpAnswer> {
  const { port, pathname, search } = new URL(url);
  const target = {
    host: address,
    port: port === '' ? 80 : Number(port),
    path: pathname + search,
    headers: { host: 'container' },
    agent: false,
  };

  return new Promise((resolve) => {
    const body = new CappedOutput(capBytes);
    const isEndless = (): boolean => body.bytes > ENDLESS * capBytes;
    let timedOut = false;

    const request = get(target, (response) => {
      response.on('data', (chunk: Buffer) => {
        body.add(chunk);
        if (isEndless()) request.destroy();
      });
      // An answer that breaks off is an error here; `complete` tells below.
      response.on('error', () => undefined);
      response.on('close', () => {
        clearTimeout(timer);
        const isWhole = response.complete || isEndless();
        resolve(answerOf(response, body, isWhole ? undefined : brokenOff(timedOut)));
      });
    });

    const timer = setTimeout(() => {
      timedOut = true;
      request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
    }, ms);

    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ body: Buffer.alloc(0), bytes: 0, error: error.code ?? error.message });
    });
  });
}

function brokenOff(timedOut: boolean): string {
  return timedOut ? 'ETIMEDOUT' : 'ECONNRESET';
}

function answerOf({ statusCode }: IncomingMessage, body: CappedOutput, error: string | undefined): HttpAnswer {
  return { ...defined({ status: statusCode, error }), body: body.kept, bytes: body.bytes };
}

/** @param ms time limit in milliseconds. @returns whether a port accepts a connection. */
export function tcpAccepts(port: number, address: string, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ms });
    const answer = (accepts: boolean) => () => {
      socket.destroy();
      resolve(accepts);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}
