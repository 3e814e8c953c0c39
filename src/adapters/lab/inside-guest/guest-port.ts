/** The guest's end of the line: a virtio serial port. */
import { openSync, readdirSync, readFileSync, write } from 'node:fs';
import { start } from '#adapters/host/exec.ts';

/**
 * While no host is connected a read ends at once with nothing. The first call (prctl PR_SET_PDEATHSIG, SIGKILL) makes
 * the pump die with the agent: only one may have the port open.
 */
const PUMP = `
syscall(157, 1, 9);
while (1) {
  my $n = sysread(STDIN, my $b, 65536);
  if ($n) { syswrite(STDOUT, $b) or exit }
  else { select(undef, undef, undef, 0.02) }
}`;

/** Device file of the port with this name, found through sysfs because no udev makes the usual link. */
function device(name: string): string {
  for (const port of readdirSync('/sys/class/virtio-ports')) {
    if (readFileSync(`/sys/class/virtio-ports/${port}/name`, 'utf8').trim() === name) return `/dev/${port}`;
  }
  throw new Error(`no virtio port ${name}`);
}

/** The port, open for reading and writing. */
export class GuestPort {
  readonly #fd: number;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.#fd = openSync(device(name), 'r+');
  }

  /**
   * Hands on what arrives, for ever. The port gives at most 4 KiB a read, which would keep Node's threads busier than
   * its program; a loop in Perl, which every Debian has, gathers them in a pipe.
   */
  listen(onData: (chunk: Buffer) => void): void {
    const pump = start(['perl', '-e', PUMP], { stdio: [this.#fd, 'pipe', 'inherit'] });
    pump.stdout?.on('data', onData);
    pump.on('exit', () => process.exit(1)); // init starts a new agent with a new pump
  }

  /** Writes all of it, after whatever was asked for before. Resolves when the host's side has taken it. */
  write(data: Buffer): Promise<unknown> {
    this.#tail = this.#tail.then(async () => {
      let done = 0;
      while (done < data.length) done += await this.#some(data, done);
    });
    return this.#tail;
  }

  #some(data: Buffer, from: number): Promise<number> {
    return new Promise((resolve) => {
      write(this.#fd, data, from, data.length - from, null, (error, count) => {
        if (error === null) resolve(count);
        else
          setTimeout(() => {
            resolve(0);
          }, 20); // no host at the other end: keep it until there is one
      });
    });
  }
}
