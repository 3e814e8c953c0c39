/** `apparmor-probe cleanup`: undoes what killed runs left on this host. */
import { Engine } from '#adapters/container/engine.ts';
import { print } from '#adapters/host/console.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { cleanUpDeadRuns, liveRuns } from '#adapters/kernel/changes/host-changes.ts';
import { EXIT } from '#core/model/errors.ts';

/** @returns 0. @throws HarnessError `no-rights`, `no-docker` */
export async function runCleanup(): Promise<number> {
  if (!isRoot()) return rerunAsRoot();

  const engine = await Engine.connect();
  const done = await cleanUpDeadRuns((run) => engine.removeRun(run));

  // containers of runs without an entry in the journal, for example after a reboot
  const live = new Set(liveRuns());
  for (const run of await engine.runsWithContainers()) {
    if (live.has(run)) continue;
    done.push(`removed ${await engine.removeRun(run)} container(s) of run ${run}`);
  }

  print(done.length > 0 ? done : ['nothing to clean up']);
  return EXIT.ok;
}
