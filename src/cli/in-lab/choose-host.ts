/** Where a command runs: on this host or in a lab guest. */
import { Engine } from '#adapters/container/engine.ts';
import { progress } from '#adapters/host/console.ts';
import { apparmorEnabled } from '#harness/session/preflight.ts';
import type { LabSuite } from '#adapters/lab/index.ts';
import type { HostChoice } from '../command-arguments.ts';

/** What is looked up on this host. */
export interface HostChecks {
  apparmorEnabled(): boolean;
  /** @returns why containers cannot be started here, or undefined. */
  dockerProblem(): Promise<string | undefined>;
}

interface Wanted {
  readonly host: HostChoice;
  readonly labSuite: LabSuite;
}

/** Resolves `auto`: this host when it has AppArmor and Docker, else the lab guest. Prints why the lab was chosen. */
export async function chooseHost(
  { host, labSuite }: Wanted,
  checks: HostChecks = { apparmorEnabled, dockerProblem },
): Promise<'local' | 'lab'> {
  if (host !== 'auto') return host;

  const problem = checks.apparmorEnabled() ? await checks.dockerProblem() : 'this kernel has no AppArmor';
  if (problem === undefined) return 'local';

  progress(`${problem}: running in the lab guest (${labSuite})`);
  return 'lab';
}

/** An engine that only root may connect to is no problem: the command is started again as root. */
async function dockerProblem(): Promise<string | undefined> {
  try {
    await Engine.connect();
    return undefined;
  } catch (error) {
    return /EACCES/.test(String(error)) ? undefined : 'no Docker engine responds on this host';
  }
}
