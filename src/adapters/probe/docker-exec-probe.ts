/**
 * A command straight through `docker exec`, as people try it by hand: the engine starts the program while it is not yet
 * confined, so that the profile's exec rules do not apply to the program itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CappedOutput } from '../container/capped-output.ts';
import type { Container, Exec } from '../container/container.ts';
import { labelTextOf } from '../kernel/process-label.ts';
import { sameLabel } from '#core/model/labels.ts';
import type { Observation, Probe, ProcessProof } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { captured, lost } from './captured-output.ts';
import { OUTPUT_CAP } from './limits.ts';

/** The engine reports the process id only a moment after the program was started: how often it is asked. */
const PID_POLL_MS = 20;
/** How often, and how many times, a label that is not the expected one is read again. */
const LABEL_POLL_MS = 10;
const LABEL_READS = 50;

/** How runc reports a program that it could not start, on standard output. */
const REFUSAL = /OCI runtime exec failed: [^\n]*?(permission denied|no such file or directory|not found)/i;
/** Exit statuses of `docker exec` for it; which one varies with the engine's version. */
const NOT_STARTED: readonly (number | undefined)[] = [126, 127];

/**
 * Runs a command that the engine starts by itself.
 * @param argv the command, with homes put in.
 * @param expected the label that the engine must give it. A short command may end before its label can be read:
 * then there is none in the evidence.
 */
export async function runThroughDockerExec(
  container: Container,
  argv: readonly string[],
  probe: Probe,
  expected: string,
): Promise<Observation> {
  const started = performance.now();
  const exec = await container.exec(argv, { user: probe.user });
  exec.stdin.end();
  const stdout = new Stream(exec.stdout);
  const stderr = new Stream(exec.stderr);
  let isOver = false;
  const proof = readProof(exec, expected, () => isOver);
  const hasEnded = await within(probe.timeoutMs, Promise.all([stdout.ended, stderr.ended]), () => {
    isOver = true;
  });
  const process = await proof;
  const seen = defined({
    stdout: stdout.captured(),
    stderr: stderr.captured(),
    durationMs: performance.now() - started,
    process,
  });
  if (!hasEnded) {
    await kill(exec);
    return { stage: 'timeout', ...seen };
  }
  const end = await endOf(exec, seen.stdout.text);
  return end === undefined ? lost('docker exec gave no exit status') : { ...end, ...seen };
}

/** How the command ended; undefined when the engine does not report it. */
async function endOf(exec: Exec, stdout: string): Promise<Pick<Observation, 'stage' | 'errno' | 'exit'> | undefined> {
  const exit = await exec.exit();
  const pid = await exec.pid();
  // a program that was started can print the runtime's words, too: the engine knows its process
  const refusal = pid === 0 ? REFUSAL.exec(stdout)?.[1]?.toLowerCase() : undefined;
  if (refusal !== undefined || (pid === 0 && NOT_STARTED.includes(exit)))
    return { stage: 'exec', errno: refusal === 'permission denied' ? 'EACCES' : 'ENOENT' };
  return exit === undefined ? undefined : { stage: 'done', exit };
}

/** @param onOver called as soon as the work has ended or the time is up. @returns whether the work ended in time. */
async function within(timeoutMs: number, work: Promise<unknown>, onOver: () => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const hasEnded = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  onOver();
  return hasEnded;
}

/**
 * Reads the label of the command. For a moment the process still is the engine's runtime, under its label: a wrong one
 * counts only when it stays.
 * @returns undefined when the command ended before.
 */
async function readProof(exec: Exec, expected: string, isOver: () => boolean): Promise<ProcessProof | undefined> {
  const pid = await pidOnceKnown(exec, isOver);
  if (pid === 0) return undefined;
  let label = labelTextOf(pid);
  for (let reads = 0; reads < LABEL_READS && label !== 'none' && !sameLabel(label, expected); reads += 1) {
    await sleep(LABEL_POLL_MS);
    label = labelTextOf(pid);
  }
  return label === 'none' ? undefined : { pid, label, expected };
}

async function pidOnceKnown(exec: Exec, isOver: () => boolean): Promise<number> {
  for (;;) {
    const pid = await exec.pid().catch(() => 0);
    if (pid !== 0 || isOver()) return pid;
    await sleep(PID_POLL_MS);
  }
}

/** One output stream of the command. */
class Stream {
  readonly #output = new CappedOutput(OUTPUT_CAP);
  /** Settles at the end of the stream, however it ends. */
  readonly ended: Promise<void>;

  constructor(stream: NodeJS.ReadableStream) {
    stream.on('data', (chunk: Buffer) => {
      this.#output.add(chunk);
    });
    this.ended = new Promise((resolve) => {
      for (const event of ['end', 'close', 'error'])
        stream.on(event, () => {
          resolve();
        });
    });
  }

  captured(): Observation['stdout'] {
    return captured(this.#output.kept, this.#output.bytes);
  }
}

async function kill(exec: Exec): Promise<void> {
  try {
    const pid = await exec.pid();
    if (pid > 0) process.kill(pid, 'SIGKILL'); // 0, for one that has none yet, would be this program itself
  } catch {
    // it has gone, or its profile forbids it: the container is removed anyway
  }
  exec.close();
}
