/**
 * Runs in the guest for as long as it lives: takes commands from the host over the line and runs them.
 * Bundled into one file; it may import nothing but Node's own modules and its neighbours here.
 */
import { decodeCredit, encodeFrame, FRAME, WireDecoder, type WireFrame } from '../wire/frames.ts';
import { GuestCommand, type CommandRequest } from './guest-command.ts';
import { GuestPort } from './guest-port.ts';
import { GUEST } from '../image/init-script.ts';

const port = new GuestPort(GUEST.port);
let commands = new Map<number, GuestCommand>();
let decoder = new WireDecoder();

function run({ id, payload }: WireFrame): void {
  const own = commands;
  const send = (data: Buffer): Promise<unknown> => (own === commands ? port.write(data) : Promise.resolve());
  try {
    own.set(
      id,
      new GuestCommand(id, JSON.parse(payload.toString()) as CommandRequest, send, () => {
        own.delete(id);
      }),
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    void send(encodeFrame(FRAME.exit, id, JSON.stringify({ error: code ?? message })));
  }
}

function handle(frame: WireFrame): void {
  const command = commands.get(frame.id);
  switch (frame.kind) {
    case FRAME.hello:
      // A new host knows nothing of the last one's commands.
      for (const old of commands.values()) old.abandon();
      commands = new Map();
      void port.write(encodeFrame(FRAME.hello, 0, frame.payload));
      break;
    case FRAME.exec:
      run(frame);
      break;
    case FRAME.stdin:
      command?.stdin(frame.payload);
      break;
    case FRAME.stdinEnd:
      command?.stdinEnd();
      break;
    case FRAME.kill:
      command?.kill(frame.payload.toString() as NodeJS.Signals);
      break;
    case FRAME.credit: {
      const { stream, bytes } = decodeCredit(frame.payload);
      command?.credit(stream, bytes);
      break;
    }
    default:
      break;
  }
}

port.listen((chunk) => {
  try {
    for (const frame of decoder.push(chunk)) handle(frame);
  } catch (error) {
    // eslint-disable-next-line no-console -- the guest's own log; the host sees its guest fail
    console.error(error);
    decoder = new WireDecoder();
  }
});
