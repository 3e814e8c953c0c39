"use strict";

// src/adapters/lab/wire/frames.ts
var FRAME = {
  hello: 1,
  exec: 2,
  stdin: 3,
  stdinEnd: 4,
  kill: 5,
  exit: 6,
  stdout: 7,
  stderr: 8,
  credit: 9
};
var HEADER = 9;
var CHUNK = 32 * 1024 - HEADER;
var WINDOW = 512 * 1024;
var LIMIT = 4 * 1024 * 1024;
function encodeFrame(kind, id, payload = "") {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt8(kind, 0);
  frame.writeUInt32BE(id, 1);
  frame.writeUInt32BE(body.length, 5);
  body.copy(frame, HEADER);
  return frame;
}
function encodeCredit(stream, bytes) {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt8(stream, 0);
  payload.writeUInt32BE(bytes, 1);
  return payload;
}
function decodeCredit(payload) {
  return { stream: payload.readUInt8(0), bytes: payload.readUInt32BE(1) };
}
var WireDecoder = class {
  #parts = [];
  #have = 0;
  #need = HEADER;
  /** @throws Error when the bytes cannot be frames */
  push(chunk) {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return [];
    let rest = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const frames = [];
    this.#need = HEADER;
    while (rest.length >= HEADER) {
      const length = rest.readUInt32BE(5);
      if (length > LIMIT) throw new Error(`a frame of ${length} bytes: the stream is damaged`);
      this.#need = HEADER + length;
      if (rest.length < this.#need) break;
      frames.push({ kind: rest.readUInt8(0), id: rest.readUInt32BE(1), payload: rest.subarray(HEADER, this.#need) });
      rest = rest.subarray(this.#need);
      this.#need = HEADER;
    }
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
    return frames;
  }
};

// src/adapters/host/exec.ts
var import_node_child_process = require("node:child_process");
function start(argv, options = {}) {
  const [program = "", ...args] = argv;
  return (0, import_node_child_process.spawn)(program, args, options);
}

// src/adapters/lab/wire/flow-control.ts
var FlowControl = class {
  #left = WINDOW;
  #open = true;
  #waiting = [];
  /** Waits until so many bytes may be sent. @returns false when the stream ended first. */
  async spend(bytes) {
    while (this.#open && this.#left < bytes)
      await new Promise((resolve) => {
        this.#waiting.push(resolve);
      });
    this.#left -= bytes;
    return this.#open;
  }
  give(bytes) {
    this.#left += bytes;
    this.#wake();
  }
  /** Nobody reads any more: wakes whoever waits. */
  close() {
    this.#open = false;
    this.#wake();
  }
  #wake() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
};

// src/adapters/lab/inside-guest/guest-command.ts
var DRAIN_MS = 1e3;
var GuestCommand = class {
  #id;
  #send;
  #child;
  #credits = { [FRAME.stdout]: new FlowControl(), [FRAME.stderr]: new FlowControl() };
  #killed = false;
  #exited = false;
  constructor(id, request, send, onEnd) {
    this.#id = id;
    this.#send = send;
    const child = start(request.argv, {
      cwd: request.cwd,
      env: request.env,
      stdio: "pipe",
      detached: true,
      ...request.uid === 0 ? {} : { uid: request.uid, gid: request.uid }
    });
    this.#child = child;
    child.stdin?.on("error", () => void 0);
    const output = Promise.all([this.#pump(child.stdout, FRAME.stdout), this.#pump(child.stderr, FRAME.stderr)]);
    const exited = new Promise((resolve) => {
      child.on("error", (error) => {
        if (child.pid === void 0) resolve({ error: error.code ?? error.message });
      });
      child.on("exit", (exit, signal) => {
        this.#exited = true;
        if (this.#killed) this.#drain();
        resolve(signal === null ? { exit: exit ?? 0 } : { signal });
      });
    });
    void Promise.all([exited, output]).then(async ([end]) => {
      await send(encodeFrame(FRAME.exit, id, JSON.stringify(end)));
      onEnd();
    });
  }
  async #pump(stream, kind) {
    if (stream === null) return;
    try {
      for await (const data of stream) {
        for (let from = 0; from < data.length; from += CHUNK) {
          const chunk = data.subarray(from, from + CHUNK);
          if (!await this.#credits[kind].spend(chunk.length)) return;
          await this.#send(encodeFrame(kind, this.#id, chunk));
        }
      }
    } catch {
    }
  }
  /** Input from the host. Credit goes back once the command has taken it, or will never take it. */
  stdin(data) {
    const back = () => {
      void this.#send(encodeFrame(FRAME.credit, this.#id, encodeCredit(FRAME.stdin, data.length)));
    };
    const stdin = this.#child.stdin;
    if (stdin === null || stdin.destroyed || stdin.writableEnded) back();
    else stdin.write(data, back);
  }
  stdinEnd() {
    this.#child.stdin?.end();
  }
  credit(stream, bytes) {
    if (stream === FRAME.stdout || stream === FRAME.stderr) this.#credits[stream].give(bytes);
  }
  #drain() {
    setTimeout(() => {
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, DRAIN_MS);
  }
  kill(signal) {
    this.#killed = true;
    if (this.#exited) this.#drain();
    const pid = this.#child.pid;
    if (pid === void 0) return;
    try {
      process.kill(-pid, signal);
    } catch {
    }
  }
  /** The host is another one now: end it, tell nobody. */
  abandon() {
    for (const credit of Object.values(this.#credits)) credit.close();
    this.kill("SIGKILL");
  }
};

// src/adapters/lab/inside-guest/guest-port.ts
var import_node_fs = require("node:fs");
var PUMP = `
syscall(157, 1, 9);
while (1) {
  my $n = sysread(STDIN, my $b, 65536);
  if ($n) { syswrite(STDOUT, $b) or exit }
  else { select(undef, undef, undef, 0.02) }
}`;
function device(name) {
  for (const port2 of (0, import_node_fs.readdirSync)("/sys/class/virtio-ports")) {
    if ((0, import_node_fs.readFileSync)(`/sys/class/virtio-ports/${port2}/name`, "utf8").trim() === name) return `/dev/${port2}`;
  }
  throw new Error(`no virtio port ${name}`);
}
var GuestPort = class {
  #fd;
  #tail = Promise.resolve();
  constructor(name) {
    this.#fd = (0, import_node_fs.openSync)(device(name), "r+");
  }
  /**
   * Hands on what arrives, for ever. The port gives at most 4 KiB a read, which would keep Node's threads busier than
   * its program; a loop in Perl, which every Debian has, gathers them in a pipe.
   */
  listen(onData) {
    const pump = start(["perl", "-e", PUMP], { stdio: [this.#fd, "pipe", "inherit"] });
    pump.stdout?.on("data", onData);
    pump.on("exit", () => process.exit(1));
  }
  /** Writes all of it, after whatever was asked for before. Resolves when the host's side has taken it. */
  write(data) {
    this.#tail = this.#tail.then(async () => {
      let done = 0;
      while (done < data.length) done += await this.#some(data, done);
    });
    return this.#tail;
  }
  #some(data, from) {
    return new Promise((resolve) => {
      (0, import_node_fs.write)(this.#fd, data, from, data.length - from, null, (error, count) => {
        if (error === null) resolve(count);
        else
          setTimeout(() => {
            resolve(0);
          }, 20);
      });
    });
  }
};

// src/adapters/lab/image/init-script.ts
var GUEST = {
  init: "/opt/lab/init",
  agent: "/opt/lab/agent.cjs",
  node: "/opt/node/bin/node",
  port: "apparmor-probe"
};
var DAEMON_SETTINGS = { "storage-driver": "overlay2", "exec-opts": ["native.cgroupdriver=cgroupfs"] };
var DAEMON_JSON = `${JSON.stringify(DAEMON_SETTINGS)}
`;

// src/adapters/lab/inside-guest/guest-agent.ts
var port = new GuestPort(GUEST.port);
var commands = /* @__PURE__ */ new Map();
var decoder = new WireDecoder();
function run({ id, payload }) {
  const own = commands;
  const send = (data) => own === commands ? port.write(data) : Promise.resolve();
  try {
    own.set(
      id,
      new GuestCommand(id, JSON.parse(payload.toString()), send, () => {
        own.delete(id);
      })
    );
  } catch (error) {
    const { code, message } = error;
    void send(encodeFrame(FRAME.exit, id, JSON.stringify({ error: code ?? message })));
  }
}
function handle(frame) {
  const command = commands.get(frame.id);
  switch (frame.kind) {
    case FRAME.hello:
      for (const old of commands.values()) old.abandon();
      commands = /* @__PURE__ */ new Map();
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
      command?.kill(frame.payload.toString());
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
    console.error(error);
    decoder = new WireDecoder();
  }
});
