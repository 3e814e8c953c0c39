/** What must be true on this host before anything is changed. Each failure is one error with its remedy. */
import { Engine } from '#adapters/container/engine.ts';
import { agentFile } from '#adapters/host/package-files.ts';
import { checkAgentFile } from '#adapters/probe/agent-file.ts';
import { HarnessError } from '#core/model/errors.ts';
import { parserVersion } from '#adapters/kernel/parser/apparmor-parser.ts';
import { policyPresent } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { moduleParameter } from '#adapters/kernel/changes/kernel-parameters.ts';

/** Whether this kernel runs AppArmor at all; needs no rights. */
export function apparmorEnabled(): boolean {
  return moduleParameter('enabled') === 'Y' && policyPresent();
}

/**
 * Checks that probes can run on this host.
 * @returns the engine, connected.
 * @throws HarnessError `no-rights`, `no-apparmor`, `not-enforcing`, `no-parser`, `agent-not-executable`, `no-docker`
 */
export async function preflight(): Promise<Engine> {
  if (!apparmorEnabled()) throw new HarnessError('no-apparmor', 'AppArmor is not enabled in this kernel.');
  if (process.geteuid?.() !== 0) throw new HarnessError('no-rights', 'This user is not root.');
  const mode = moduleParameter('mode');
  if (mode !== 'enforce')
    throw new HarnessError(
      'not-enforcing',
      `AppArmor's global mode is ${mode ?? 'unknown'}: profiles that are listed as enforced are not.`,
    );
  if ((await parserVersion()) === undefined) throw new HarnessError('no-parser', 'apparmor_parser cannot be started.');
  await checkAgentFile(agentFile());
  return Engine.connect();
}
