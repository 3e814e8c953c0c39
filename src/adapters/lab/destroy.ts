/** Removing lab images, and the guests that run off them. */
import { readFile, rm } from 'node:fs/promises';
import { labCache } from './image/paths.ts';
import { imageFolders } from './image/image-files.ts';
import { withImageLock } from './image/image-lock.ts';
import { listRuns } from './guest/machine.ts';
import { exec } from '../host/exec.ts';
import { rootArgv } from '../host/run-step.ts';
import type { LabSuite } from './image/recipe.ts';

/** Ends a supervisor with its QEMU, after making sure that the number still means them. */
async function stopRun(group: number, image: string): Promise<void> {
  const command = await readFile(`/proc/${group}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(`${image}/`)) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    /* it ended meanwhile */
  }
}

/**
 * Removes cached images: one suite's, or all of them together with the unpacked tools.
 * Guests that run off them are ended first.
 */
export async function destroyLab(options: { readonly suite?: LabSuite } = {}): Promise<void> {
  const folders = await imageFolders(options.suite);
  for (const { folder, owner } of await listRuns()) {
    if (owner === undefined || !folders.includes(owner.image)) continue;
    await stopRun(owner.group, owner.image);
    await rm(folder, { recursive: true, force: true });
  }
  for (const folder of folders)
    await withImageLock(folder.replace(/-[0-9a-f]{12}$/, ''), () => rm(folder, { recursive: true, force: true }));
  if (options.suite === undefined) {
    // A build that was killed may have left files that belong to root.
    await rm(labCache(), { recursive: true, force: true }).catch(() =>
      exec(rootArgv(['rm', '-rf', '--one-file-system', labCache()])),
    );
  }
}
