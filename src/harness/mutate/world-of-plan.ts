/** What mutants can name: the files of the running container, and the profiles of the spec's peers. */
import type { Plan } from '#core/model/model.ts';
import type { MutationWorld } from '#core/mutation/mutation-world.ts';
import { isStandIn } from '#core/spec/closed/expand.ts';
import { AGENT_PATH } from '#adapters/container/container-config.ts';
import { inventory } from '#adapters/container/rootfs/inventory.ts';

/** @param pid a process of the container, on the host */
export function worldOf({ peers }: Plan, pid: number): MutationWorld {
  const items = inventory(pid).filter(({ path }) => path !== AGENT_PATH);
  const programs = items.filter(({ kind, mode }) => kind === 'file' && (mode & 0o111) !== 0);
  const ofSpec = peers.filter((peer) => !isStandIn(peer));
  const labels = ofSpec.map(({ profile }) => profile).filter((label) => label !== 'unconfined');
  return {
    files: items.map(({ path, kind }) => (kind === 'folder' && path !== '/' ? `${path}/` : path)).sort(),
    programs: programs.map(({ path }) => path).sort(),
    labels: [...new Set(labels)].sort(),
  };
}
