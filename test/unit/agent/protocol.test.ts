import { expect } from 'chai';
import fc from 'fast-check';
import { constants } from 'node:os';
import { errnoName, signalName } from '#core/model/linux.ts';
import {
  encodeHello,
  encodeOp,
  encodeRun,
  FrameDecoder,
  MAX_REQUEST,
  parseTtyTrailer,
  ProtocolError,
} from '#adapters/probe/agent-protocol.ts';
import { AGENT, run, talk, TOKEN } from './helper.ts';

const OTHER = 'f'.repeat(32);

function frame(type: string, fields: readonly string[], token = TOKEN): Buffer {
  const body = Buffer.from(`${token}${type}${fields.map((field) => `${field}\0`).join('')}`);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

function payload(bytes: Buffer | string, length?: number): Buffer {
  const body = Buffer.from(bytes);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length ?? body.length);
  return Buffer.concat([head, body]);
}

const decode = (...chunks: Buffer[]): unknown[] => {
  const decoder = new FrameDecoder(TOKEN);
  return chunks.flatMap((chunk) => decoder.push(chunk));
};
const RESULT = ['p1', 'done', '13', '-1', '0', '5', '6', '77', '0', '1', '27', '9', 'fsopen', 'text'];

describe('agent protocol: the decoder', () => {
  it('reads every type', () => {
    expect(decode(frame('h', ['4']))).to.deep.equal([{ type: 'hello', version: '4' }]);
    expect(decode(frame('r', RESULT))).to.deep.equal([
      {
        type: 'result',
        tag: 'p1',
        stage: 'done',
        errno: 13,
        exit: undefined,
        signal: 0,
        stdoutBytes: 5,
        stderrBytes: 6,
        durationUs: 77,
        killErrno: 0,
        undoErrno: 1,
        askedOnlyErrno: 27,
        pausedPid: 9,
        stoppedAt: 'fsopen',
        remark: 'text',
      },
    ]);
    expect(decode(frame('o', ['p1', 'text']))).to.deep.equal([
      { type: 'output', stream: 'stdout', tag: 'p1', data: Buffer.from('text\0') },
    ]);
    expect(decode(frame('e', ['p1', 'text']))).to.deep.equal([
      { type: 'output', stream: 'stderr', tag: 'p1', data: Buffer.from('text\0') },
    ]);
    expect(decode(frame('f', ['why']))).to.deep.equal([{ type: 'fatal', message: 'why' }]);
    expect(decode(frame('f', ['why'], '0'.repeat(32)))).to.deep.equal([{ type: 'fatal', message: 'why' }]);
  });

  it('does not care how the stream is cut', () => {
    const stream = Buffer.concat([frame('h', ['4']), frame('o', ['p1', 'x'.repeat(300)]), frame('r', RESULT)]);
    const whole = decode(stream);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
        expect(decode(...chunks)).to.deep.equal(whole);
      }),
      { numRuns: 200 },
    );
  });

  const refused: [string, Buffer, RegExp][] = [
    ['a forged token', frame('r', RESULT, OTHER), /without the token/],
    ['a result before hello', frame('r', RESULT, '0'.repeat(32)), /without the token/],
    ['a hostile length', payload('', 0xffffffff), /4294967295 bytes/],
    ['a length just too long', payload('', 1024 * 1024 + 1), /bytes/],
    ['a length that has no room for a token', payload('short'), /only 5 bytes/],
    ['an unknown type', frame('z', []), /unknown type "z"/],
    ['too few fields', frame('r', RESULT.slice(1)), /13 fields/],
    ['too many fields', frame('r', [...RESULT, '']), /15 fields/],
    ['a field without an end', payload(`${TOKEN}fwhy`), /fields/],
    ['no number', frame('r', RESULT.with(2, 'x')), /number/],
    ['a negative errno', frame('r', RESULT.with(2, '-1')), /number/],
    ['a number with a zero before it', frame('r', RESULT.with(2, '013')), /number/],
    ['an exit status out of range', frame('r', RESULT.with(3, '256')), /number/],
    ['a number beyond integers', frame('r', RESULT.with(5, '99999999999999999999')), /number/],
    ['an errno of the undo out of range', frame('r', RESULT.with(9, '4096')), /number/],
    ['a negative process', frame('r', RESULT.with(11, '-1')), /number/],
    ['an unknown stage', frame('r', RESULT.with(1, 'lost')), /stage/],
    ['another version', frame('h', ['2']), /version "2"/],
    ['output without a tag', payload(`${TOKEN}o`), /tag/],
    ['output with a long tag', frame('o', ['a-tag-of-16-bytes', '']), /tag/],
  ];
  for (const [name, bytes, why] of refused)
    it(`refuses ${name}`, () => {
      expect(() => decode(bytes)).to.throw(ProtocolError, why);
    });

  it('never throws anything else, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, prefixed) => {
        try {
          decode(prefixed ? payload(Buffer.concat([Buffer.from(TOKEN), bytes])) : Buffer.from(bytes));
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('agent protocol: requests', () => {
  it('are refused when the agent could not read them', () => {
    expect(() => encodeHello('short')).to.throw(ProtocolError, /32/);
    expect(() => encodeOp({ tag: '', name: 'open', args: [] })).to.throw(ProtocolError, /tag/);
    expect(() => encodeOp({ tag: 'a-tag-of-16-bytes', name: 'open', args: [] })).to.throw(ProtocolError, /tag/);
    expect(() => encodeOp({ tag: 'p1', name: 'open', args: ['read', '/a\0b'] })).to.throw(ProtocolError, /NUL/);
    expect(() => encodeRun({ tag: 'p1', timeoutMs: 1, capBytes: 1, argv: [] })).to.throw(ProtocolError, /program/);
    expect(() => encodeRun({ tag: 'p1', timeoutMs: 1.5, capBytes: 1, argv: ['x'] })).to.throw(ProtocolError, /count/);
    expect(() => encodeRun({ tag: 'p1', timeoutMs: 1, capBytes: 1, argv: ['x'.repeat(MAX_REQUEST)] })).to.throw(
      ProtocolError,
      /bytes/,
    );
  });

  it('carry arguments as they are', async () => {
    const args = ['', 'a b', '*', 'ünïcode', '\'"', '\n', '-n'];
    expect((await run(['printf', '[%s]', ...args])).out).to.equal(args.map((arg) => `[${arg}]`).join(''));
  });

  it('may be as large as the agent says', async () => {
    const size = MAX_REQUEST - 200;
    const word = 'x'.repeat(100_000);
    const result = await run(
      ['sh', '-c', 'echo $((${#1} + ${#2}))', 'sh', word, 'y'.repeat(size - 100_000)].map((arg) =>
        arg.slice(0, 131_000),
      ),
      {},
    );
    expect(result.out).to.equal('231000\n');
  });
});

describe('agent protocol: the agent against bad requests', () => {
  // prettier-ignore
  const cases: [string, Buffer[], RegExp][] = [
    ['no hello', [encodeOp({ tag: 'p1', name: 'open', args: ['read', '/'] })], /first request must be hello/],
    ['a hello with a bad token', [payload('hello\0xyz\0')], /first request must be hello/],
    ['a request too long', [encodeHello(TOKEN), payload('', MAX_REQUEST + 1)], /too long/],
    ['a hostile length', [payload('', 0xffffffff)], /too long/],
    ['an empty request', [encodeHello(TOKEN), payload('')], /empty/],
    ['a request without its end', [encodeHello(TOKEN), payload('op\0p1\0open')], /NUL/],
    ['a request cut short', [encodeHello(TOKEN), encodeOp({ tag: 'p1', name: 'open', args: ['read', '/'] }).subarray(0, 10)], /cut short/],
    ['a head cut short', [encodeHello(TOKEN), Buffer.from([1, 0])], /cut short/],
    ['only NULs', [encodeHello(TOKEN), payload(Buffer.alloc(100))], /unknown request/],
    ['too many fields', [encodeHello(TOKEN), payload(Buffer.alloc(MAX_REQUEST))], /too many fields/],
    ['an unknown request', [encodeHello(TOKEN), payload('nonsense\0')], /unknown request/],
    ['a second hello', [encodeHello(TOKEN), encodeHello(TOKEN)], /unknown request/],
    ['an unknown operation', [encodeHello(TOKEN), payload('op\0p1\0nonsense\0/\0')], /unknown operation/],
    ['arguments without sense', [encodeHello(TOKEN), payload('op\0p1\0open\0nonsense\0/\0')], /bad arguments/],
    ['a missing argument', [encodeHello(TOKEN), payload('op\0p1\0open\0read\0')], /number of arguments/],
    ['an argument too many', [encodeHello(TOKEN), payload('op\0p1\0mkdir\0/a\0/b\0')], /number of arguments/],
    ['a long tag', [encodeHello(TOKEN), payload('op\0a-tag-of-16-bytes\0mkdir\0/\0')], /bad request/],
    ['a run without a program', [encodeHello(TOKEN), payload('run\0p1\x001\x001\x000\0')], /run: bad request/],
    ['a run with a wrong count', [encodeHello(TOKEN), payload('run\0p1\x001\x001\x003\0a\0')], /run: bad request/],
    ['a run with a bad number', [encodeHello(TOKEN), payload('run\0p1\0-1\x001\x001\0a\0')], /run: bad request/],
    ['a run with an endless number', [encodeHello(TOKEN), payload('run\0p1\x0018446744073709551617\x001\x001\0a\0')], /run: bad request/],
  ];
  for (const [name, requests, why] of cases) {
    it(`ends at ${name}`, async () => {
      const session = await talk(requests, { raw: true });
      expect(session).to.include({ exit: 70, signal: null });
      expect(session.frames.at(-1)).to.have.property('type', 'fatal');
      expect(session.frames.at(-1)).to.have.property('message').that.matches(why);
    });
  }

  it('never crashes on garbage', async function () {
    this.timeout(20_000);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), async (bytes, framed) => {
        // No garbage may be a valid request with an effect: the first field is never one.
        const body = Buffer.concat([Buffer.from('?'), bytes]);
        const session = await talk([encodeHello(TOKEN), framed ? payload(body) : body], { raw: true });
        expect(session).to.include({ exit: 70, signal: null });
      }),
      { numRuns: 100 },
    );
  });

  it('ends well at the end of its input', async () => {
    expect(await talk([], { raw: true })).to.deep.equal({ frames: [], exit: 0, signal: null });
    const session = await talk([]);
    expect(session.exit).to.equal(0);
    expect(session.frames).to.have.length(1);
  });

  it('ends with usage for any other mode', async () => {
    for (const args of [
      [],
      ['nonsense'],
      ['serve', 'more'],
      ['keep-alive', 'more'],
      ['tty'],
      ['tty', TOKEN, 'p1', '100', 'true'],
      ['tty', 'short', 'p1', '100', '--', 'true'],
      ['tty', TOKEN, 'p1', 'x', '--', 'true'],
      ['tty', TOKEN, 'p1', '100', '--'],
    ]) {
      expect((await talk([], { raw: true, argv: [AGENT, ...args] })).exit, args.join(' ')).to.equal(64);
    }
  });
});

describe('agent protocol: names of numbers', () => {
  it('agree with the system where that is Linux', function () {
    if (process.platform !== 'linux') this.skip();
    const aliases = new Set(['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP', 'SIGIOT', 'SIGPOLL', 'SIGUNUSED']);
    for (const [name, value] of Object.entries(constants.errno))
      if (!aliases.has(name)) expect(errnoName(value)).to.equal(name);
    for (const [name, value] of Object.entries(constants.signals))
      if (!aliases.has(name)) expect(signalName(value)).to.equal(name);
  });

  it('cover what has no name', () => {
    expect(errnoName(0)).to.equal(undefined);
    expect(errnoName(41)).to.equal('errno 41');
    expect(errnoName(133)).to.equal('EHWPOISON');
    expect(errnoName(134)).to.equal('errno 134');
    expect(errnoName(125)).to.equal('ECANCELED');
    expect(signalName(0)).to.equal(undefined);
    expect(signalName(9)).to.equal('SIGKILL');
    expect(signalName(34)).to.equal('SIGRTMIN+2');
  });
});

describe('agent protocol: the terminal trailer', () => {
  const trailer = (token: string, fields: string): Buffer => Buffer.from(`output\r\n\x1e${token};${fields}\x1e`);

  it('splits output and outcome', () => {
    expect(parseTtyTrailer(trailer(TOKEN, 'done;0;3;0;1234;0'), TOKEN)).to.deep.equal({
      output: Buffer.from('output\r\n'),
      outcome: { stage: 'done', errno: 0, exit: 3, signal: 0, durationUs: 1234, killErrno: 0 },
    });
  });

  it('is not taken from another, or half', () => {
    expect(parseTtyTrailer(trailer(OTHER, 'done;0;3;0;1234;0'), TOKEN)).to.equal(undefined);
    expect(parseTtyTrailer(trailer(TOKEN, 'done;0;3').subarray(0, -1), TOKEN)).to.equal(undefined);
    expect(parseTtyTrailer(Buffer.alloc(0), TOKEN)).to.equal(undefined);
  });

  it('is an error with the wrong contents', () => {
    expect(() => parseTtyTrailer(trailer(TOKEN, 'done;0'), TOKEN)).to.throw(ProtocolError);
    expect(() => parseTtyTrailer(trailer(TOKEN, 'done;0;x;0;1;0'), TOKEN)).to.throw(ProtocolError);
  });
});
