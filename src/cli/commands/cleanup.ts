/** `apparmor-probe cleanup`: what a killed run left is put back. */
import { Engine } from '#adapters/container/engine.ts';
import { EXIT } from '#core/model/errors.ts';
import { rerunAsRoot, isRoot } from '#adapters/host/sudo.ts';
import { liveRuns, cleanUpDeadRuns } from '#adapters/kernel/changes/host-changes.ts';
import { print } from '#adapters/host/console.ts';

export async function runCleanup(): Promise<number> {
  if (!isRoot()) return rerunAsRoot();
  const engine = await Engine.connect();
  const done = await cleanUpDeadRuns((run) => engine.removeRun(run));
  // containers of a run whose book entry is gone, for example after a reboot
  const live = new Set(liveRuns());
  for (const run of await engine.runsWithContainers()) {
    if (live.has(run)) continue;
    done.push(`removed ${await engine.removeRun(run)} container(s) of run ${run}`);
  }
  print(done.length > 0 ? done : ['nothing to clean up']);
  return EXIT.ok;
}
