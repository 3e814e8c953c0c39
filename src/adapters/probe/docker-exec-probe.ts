/** A command straight through `docker exec`, as people try it by hand: the profile's exec rules are not asked for the program itself. */
import type { Container, Exec } from '../container/container.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { labelTextOf } from '../kernel/process-label.ts';
import { sameLabel } from '#core/model/labels.ts';
import type { Observation, Probe, ProcessProof } from '#core/model/model.ts';
import { captured, lost } from './captured-output.ts';
import { OUTPUT_CAP } from './limits.ts';

/**
 * @param argv the command, homes put in.
 * @param expected the label that the engine was told to give it. The engine starts it at once, so that a short command
 * may end before its label can be read: then there is none in the evidence.
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
  const out = collect(exec.stdout);
  const err = collect(exec.stderr);
  let over = false;
  const ended = Promise.all([out.ended, err.ended]).then(() => {
    over = true;
    return 'ended' as const;
  });
  const looked = look(exec, expected, () => over);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => {
      resolve('late');
    }, probe.timeoutMs);
  });
  const how = await Promise.race([ended, late]);
  over = true;
  clearTimeout(timer);
  const process = await looked;
  const seen = {
    stdout: out.captured(),
    stderr: err.captured(),
    durationMs: performance.now() - started,
    ...(process === undefined ? {} : { process }),
  };
  if (how === 'late') {
    await kill(exec);
    return { stage: 'timeout', ...seen };
  }
  const exit = await exec.exit();
  const pid = await exec.pid();
  // the engine tells on standard output why a program did not start, and its own status for it varies with its version
  const refusal = /OCI runtime exec failed: [^\n]*?(permission denied|no such file or directory|not found)/i
    .exec(seen.stdout.text)?.[1]
    ?.toLowerCase();
  if (refusal !== undefined || (pid === 0 && (exit === 126 || exit === 127)))
    return { stage: 'exec', errno: refusal === 'permission denied' ? 'EACCES' : 'ENOENT', ...seen };
  return exit === undefined ? lost('docker exec gave no exit status') : { stage: 'done', exit, ...seen };
}

/** For a moment the process still is the engine's runtime, under its label: a wrong one counts when it stays. */
async function look(exec: Exec, expected: string, over: () => boolean): Promise<ProcessProof | undefined> {
  let pid = await exec.pid().catch(() => 0);
  while (pid === 0 && !over()) {
    // the engine tells it only a moment after the program was started
    await sleep(20);
    pid = await exec.pid().catch(() => 0);
  }
  if (pid === 0) return undefined;
  let label = labelTextOf(pid);
  for (let tries = 0; tries < 50 && label !== 'none' && !sameLabel(label, expected); tries += 1) {
    await sleep(10);
    label = labelTextOf(pid);
  }
  return label === 'none' ? undefined : { pid, label, expected };
}

function collect(stream: NodeJS.ReadableStream): { ended: Promise<void>; captured: () => Observation['stdout'] } {
  const chunks: Buffer[] = [];
  let kept = 0;
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    const part = chunk.subarray(0, Math.max(0, OUTPUT_CAP - kept));
    kept += part.length;
    chunks.push(part);
  });
  const ended = new Promise<void>((resolve) => {
    stream
      .on('end', resolve)
      .on('close', resolve)
      .on('error', () => {
        resolve();
      });
  });
  return { ended, captured: () => captured(Buffer.concat(chunks), bytes) };
}

async function kill(exec: Exec): Promise<void> {
  try {
    process.kill(await exec.pid(), 'SIGKILL');
  } catch {
    /* it has gone, or its profile forbids it: the container is removed anyway */
  }
  exec.close();
}
