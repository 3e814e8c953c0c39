/** The agent's file on this host, before any container has it. */
import { exec } from '../host/exec.ts';
import { HarnessError } from '#core/model/errors.ts';

/** Exit status of the agent without arguments (`EXIT_USAGE` in src/agent/protocol.h): it then does nothing else. */
const EXIT_USAGE = 64;
const START_MS = 10_000;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it has no x bit, or its file system is mounted with noexec',
  ENOENT: 'it is not there',
};

/**
 * Executes the agent once, on this host: what keeps it from being executed here does so in every container.
 * @throws HarnessError `agent-not-executable`
 */
export async function checkAgentFile(file: string): Promise<void> {
  const { exit, startError, signal } = await exec([file], { timeoutMs: START_MS });
  if (exit === EXIT_USAGE) return;
  const how = signal === undefined ? `exit status ${exit ?? 'unknown'}` : `signal ${signal}`;
  const why = startError === undefined ? `it ended with ${how}` : (REASONS[startError] ?? startError);
  throw new HarnessError('agent-not-executable', `The agent ${file} cannot be executed: ${why}.`);
}
