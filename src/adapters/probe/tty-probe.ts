/** A command on a terminal that the engine makes, as `docker exec -t` does: inside, making one could be denied. */
import { randomBytes } from 'node:crypto';
import { AGENT_PATH } from '../container/container-config.ts';
import type { Container } from '../container/container.ts';
import type { Observation, Probe, ProcessProof } from '#core/model/model.ts';
import type { AgentSession } from './agent-session.ts';
import { OUTPUT_CAP } from './limits.ts';
import { captured, lost, NOTHING, observed } from './captured-output.ts';
import { parseTtyWaiting, parseTtyTrailer } from './agent-protocol.ts';

/** On top of the probe's own limit, which the agent keeps. */
const GRACE_MS = 30_000;
/** More than this is not read: the trailer would be lost with it, which the verdict says. */
const READ_CAP = 16 * 1024 * 1024;

/** A terminal has one output: it is given as stdout. */
export async function runOnTerminal(container: Container, agent: AgentSession, probe: Probe): Promise<Observation> {
  const token = randomBytes(16).toString('hex');
  const exec = await container.exec(
    [AGENT_PATH, 'tty', token, probe.id, String(probe.timeoutMs), '--', ...agent.argvOf(probe)],
    { user: probe.user, terminal: true },
  );
  const chunks: Buffer[] = [];
  let bytes = 0;
  let process: ProcessProof | undefined;
  /** Once the process is there: reads its label, and lets it go on by a line, or not. */
  const confirm = async (inner: number): Promise<void> => {
    const { right, ...proof } = agent.confirm(inner, await exec.pid());
    process = proof;
    if (right) exec.stdin.write('\n');
    else exec.close();
  };
  let started = false;
  const ended = new Promise<void>((resolve) => {
    exec.stdout.on('data', (chunk: Buffer) => {
      if ((bytes += chunk.length) <= READ_CAP) chunks.push(chunk);
      const held = started ? undefined : parseTtyWaiting(Buffer.concat(chunks), token);
      if (held === undefined) return;
      started = true;
      chunks.splice(0, chunks.length, held.rest);
      confirm(held.pid).catch(() => {
        exec.close();
      });
    });
    exec.stdout.on('end', resolve);
    exec.stdout.on('close', resolve);
    setTimeout(resolve, probe.timeoutMs + GRACE_MS).unref();
  });
  await ended;
  exec.close();
  const parsed = parseTtyTrailer(Buffer.concat(chunks), token);
  const proof = process === undefined ? {} : { process };
  if (parsed === undefined) return { ...lost('the agent on the terminal did not get to its end'), ...proof };
  return {
    ...observed(parsed.outcome),
    ...proof,
    stdout: captured(parsed.output.subarray(0, OUTPUT_CAP), parsed.output.length),
    stderr: NOTHING,
  };
}
