import { expect } from 'chai';
import fc from 'fast-check';
import { FlowControl } from '#adapters/lab/wire/flow-control.ts';
import {
  CHUNK,
  decodeCredit,
  encodeCredit,
  encodeFrame,
  FRAME,
  WireDecoder,
  HEADER,
  WINDOW,
  type WireFrame,
} from '#adapters/lab/wire/frames.ts';

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const frame = fc.record({
      kind: fc.constantFrom(...Object.values(FRAME)),
      id: fc.nat(),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.integer({ min: 1, max: 700 }), (sent, size) => {
        const bytes = Buffer.concat(sent.map(({ kind, id, payload }) => encodeFrame(kind, id, payload)));
        const decoder = new WireDecoder();
        const got: WireFrame[] = [];
        for (let from = 0; from < bytes.length; from += size)
          got.push(...decoder.push(bytes.subarray(from, from + size)));
        expect(got).to.deep.equal(sent);
      }),
    );
  });

  it('refuse a length that nobody sends, so that a damaged stream cannot fill the memory', () => {
    const header = Buffer.alloc(HEADER, 0xff);
    expect(() => new WireDecoder().push(header)).to.throw('damaged');
  });

  it('carry credit', () => {
    expect(decodeCredit(encodeCredit(FRAME.stderr, 123_456))).to.deep.equal({ stream: FRAME.stderr, bytes: 123_456 });
  });
});

describe('FlowControl', () => {
  const settled = async (promise: Promise<unknown>): Promise<boolean> =>
    Promise.race([
      promise.then(() => true),
      new Promise<boolean>((resolve) => {
        setImmediate(resolve, false);
      }),
    ]);

  it('stops the sender at the window and lets it go on when the receiver has consumed', async () => {
    const flow = new FlowControl();
    for (let sent = 0; sent + CHUNK <= WINDOW; sent += CHUNK) expect(await flow.spend(CHUNK)).to.equal(true);
    const next = flow.spend(CHUNK);
    expect(await settled(next)).to.equal(false);
    flow.give(CHUNK);
    expect(await next).to.equal(true);
  });

  it('wakes a waiting sender when the stream is over', async () => {
    const flow = new FlowControl();
    await flow.spend(WINDOW);
    const next = flow.spend(1);
    flow.close();
    expect(await next).to.equal(false);
  });
});
