/** A QEMU process that cannot outlive the harness. */
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { start } from '#adapters/host/exec.ts';
import { labCache, runRoot } from '../image/paths.ts';
import { Qmp } from './qmp.ts';
import { machineArgs, type MachinePlan } from '../image/recipe.ts';
import { qemuArgv } from '../image/tools.ts';
import { connectSoon } from '../wire/unix-socket.ts';

/**
 * Kills QEMU when standard input ends, which the kernel sees to even if the harness is killed with SIGKILL.
 * QEMU itself must not inherit that input.
 */
const SUPERVISOR = `exec 3<&0
"$@" </dev/null 3<&- & qemu=$!
( read -r _ <&3; kill -KILL $qemu ) 2>/dev/null & watch=$!
wait $qemu; status=$?
kill $watch 2>/dev/null
exit $status`;

/** A running QEMU with its sockets. */
export interface Machine {
  readonly qmp: Qmp;
  /** Path of the channel's unix socket. */
  readonly channel: string;
  readonly alive: () => boolean;
  /** Last lines of the guest's console and of QEMU's own complaints. */
  readonly lastOutput: () => Promise<readonly string[]>;
  /** Ends it at once and removes its folder. */
  readonly kill: () => Promise<void>;
}

/** Written into each run folder: who runs there, and off what. */
interface RunOwner {
  readonly image: string;
  /** Process group of the supervisor; QEMU is in it. */
  readonly group: number;
  /** The harness. */
  readonly harness: number;
}

/** Whether a process exists. */
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** All run folders with their owners. */
export async function listRuns(): Promise<
  readonly { readonly folder: string; readonly owner: RunOwner | undefined }[]
> {
  const names = await readdir(runRoot()).catch(() => []);
  return Promise.all(
    names.map(async (name) => {
      const folder = join(runRoot(), name);
      const text = await readFile(join(folder, 'owner.json'), 'utf8').catch(() => undefined);
      return { folder, owner: text === undefined ? undefined : (JSON.parse(text) as RunOwner) };
    }),
  );
}

/** Makes the folder of the runs. Its name is known to everybody: one that another user made first is not used. */
async function claimRunRoot(): Promise<void> {
  await mkdir(runRoot(), { recursive: true, mode: 0o700 });
  const info = await lstat(runRoot());
  if (!info.isDirectory() || info.uid !== process.getuid?.())
    throw new HarnessError('lab-guest', `${runRoot()} belongs to another user.`);
}

/** Removes folders of runs whose harness has ended, and QEMU with it. Their names begin with its process id. */
async function removeDeadRuns(): Promise<void> {
  for (const name of await readdir(runRoot()).catch(() => [])) {
    if (!processExists(Number.parseInt(name, 10))) await rm(join(runRoot(), name), { recursive: true, force: true });
  }
}

/**
 * Starts QEMU.
 * @param tree where QEMU was unpacked
 * @param image folder that the machine's files lie in
 */
export async function startMachine(
  tree: string,
  image: string,
  plan: Omit<MachinePlan, 'channel' | 'console' | 'qmp'>,
): Promise<Machine> {
  await claimRunRoot();
  await removeDeadRuns();
  const folder = await mkdtemp(join(runRoot(), `${process.pid}-`));
  const sockets = { channel: join(folder, 'channel'), qmp: join(folder, 'qmp'), console: join(folder, 'console.log') };
  const argv = qemuArgv(tree, machineArgs({ ...plan, ...sockets }));
  // QEMU keeps what a guest writes in an unlinked file under TMPDIR; the system's /tmp may be small, or memory.
  const child = start(['/bin/sh', '-c', SUPERVISOR, 'lab', ...argv], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: labCache() },
  });
  let complaints = '';
  let alive = true;
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4096);
  });
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'exit')
    .then(
      () => undefined,
      () => undefined,
    )
    .then(() => {
      alive = false;
    });
  await writeFile(
    join(folder, 'owner.json'),
    JSON.stringify({ image, group: child.pid ?? 0, harness: process.pid } satisfies RunOwner),
  );

  const lastOutput = async (): Promise<readonly string[]> => {
    const log = await readFile(sockets.console, 'latin1').catch(() => '');
    // The console is the guest's word: only plain text reaches the terminal.
    const lines = `${log.slice(-16_384)}\n${complaints}`
      .replace(/[^\x20-\x7e\n]/g, '')
      .split('\n')
      .filter((line) => line.trim() !== '');
    // the reason of a panic is printed far above the end of its register dump
    return [
      ...lines
        .slice(0, -10)
        .filter((line) => /panic|BUG:|Oops|Out of memory/.test(line))
        .slice(0, 5),
      ...lines.slice(-10),
    ];
  };
  const kill = async (): Promise<void> => {
    child.stdin?.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const qmp = await Qmp.open(await connectSoon(sockets.qmp, 20_000, () => alive));
    return { qmp, channel: sockets.channel, alive: () => alive, lastOutput: lastOutput, kill };
  } catch (error) {
    const details = await lastOutput();
    await kill();
    throw new HarnessError('lab-guest', 'QEMU did not start.', { cause: error, details });
  }
}
