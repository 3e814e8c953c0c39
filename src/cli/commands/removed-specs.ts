/** Specs that are gone since a commit, while the profile that they tested is still there and nothing else tests it. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fetchCommit, pathInRepository, readCheckout, removedFiles } from '#adapters/host/git-revision.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import type { Plan } from '#core/model/model.ts';

interface RemovedSpec {
  /** In the repository, as the commit has it. */
  readonly spec: string;
  /** In the repository. */
  readonly profile: string;
}

/**
 * Looks in the folders of the specs that are there.
 * @throws HarnessError `revision-unreadable`
 */
export async function removedSpecs(plans: readonly Plan[], since: string): Promise<readonly RemovedSpec[]> {
  const tested = new Set(plans.flatMap(({ profile }) => (profile.from === 'file' ? [resolve(profile.file)] : [])));
  const folders = [...new Set(plans.map(({ file }) => dirname(resolve(file))))];
  const removed: RemovedSpec[] = [];
  for (const folder of folders) {
    const inside = await pathInRepository(join(folder, '.'));
    if (inside === undefined) continue;
    await fetchCommit(since, folder);
    const top = resolve(folder, relative(inside, ''));
    for (const spec of await removedFiles(since, folder)) {
      const profile = await profileAt(since, spec, folder);
      const isLeft = profile !== undefined && existsSync(join(top, profile)) && !tested.has(join(top, profile));
      if (isLeft) removed.push({ spec, profile });
    }
  }
  return removed;
}

/** @returns the path of the profile's file in the repository; undefined for what is no spec of such a file. */
async function profileAt(since: string, spec: string, cwd: string): Promise<string | undefined> {
  if (!/\.ya?ml$/.test(spec)) return undefined;
  const checkout = await readCheckout(since, spec, { cwd });
  try {
    const [profile] = loadPlans([checkout.file]).map((plan) => plan.profile);
    const isThere = profile?.from === 'file' && profile.file.startsWith(checkout.folder) && existsSync(profile.file);
    return isThere ? relative(checkout.folder, profile.file) : undefined;
  } catch {
    return undefined; // what the spec was is no concern of this version's user
  } finally {
    checkout.remove();
  }
}
