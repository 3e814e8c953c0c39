import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { httpGet } from '#adapters/container/http-get.ts';

/** What is made of an answer, sent as it is; then `then` is done to the connection. */
async function answer(text: string, then: (socket: Socket) => void, ms = 5000): Promise<string> {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        socket.write(text, () => {
          then(socket);
        });
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { status, error, body, bytes } = await httpGet(
      `http://container:${(server.address() as AddressInfo).port}/`,
      '127.0.0.1',
      ms,
      10,
    );
    return `${String(status)} ${error ?? 'whole'} ${body.toString()} ${bytes}`;
  } finally {
    server.close();
  }
}

describe('httpGet', () => {
  const head = (length: string): string => `HTTP/1.1 200 OK\r\n${length}\r\n\r\n`;

  it('returns a whole answer, cut to its cap', async () => {
    expect(await answer(`${head('Content-Length: 12')}hello, world`, () => undefined)).to.equal(
      '200 whole hello, wor 12',
    );
    expect(
      await answer(`${head('Connection: close')}to the end`, (socket) => {
        socket.end();
      }),
    ).to.equal('200 whole to the end 10');
  });

  it('reports an answer that breaks off as an error', async () => {
    expect(
      await answer(`${head('Content-Length: 100')}begin`, (socket) => {
        socket.destroy();
      }),
    ).to.equal('200 ECONNRESET begin 5');
    expect(
      await answer(`${head('Transfer-Encoding: chunked')}5\r\nbegin\r\n`, (socket) => {
        socket.end();
      }),
    ).to.equal('200 ECONNRESET begin 5');
  });

  it('reports ETIMEDOUT for an answer that does not end', async () => {
    expect(await answer(`${head('Content-Length: 100')}begin`, () => undefined, 200)).to.match(/ETIMEDOUT/);
    expect(await answer('', () => undefined, 200)).to.match(/^undefined ETIMEDOUT/);
  });
});
