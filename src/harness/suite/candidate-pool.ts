/** What could be tried in a container, with what a profile says to each. */
import { candidatesIn } from '#core/generate/candidates.ts';
import { namedPaths } from '#core/generate/named-paths.ts';
import { Pool, predict } from '#core/generate/predict.ts';
import { placeholderPaths, placeholdersAmong } from '#core/generate/placeholder-paths.ts';
import { inventory } from '#adapters/container/rootfs/inventory.ts';
import { lookUp } from '#adapters/container/rootfs/lookup.ts';
import { policyOf, surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';

/**
 * @param pid a process of the container, on the host.
 * @param names that would show rules or changes of them: tried where they are, and made where only the name is missing.
 */
export function candidatePool(
  pid: number,
  text: ProfileText,
  block: ProfileBlock,
  progress: (line: string) => void,
  names: readonly string[] = [],
): Pool {
  const found = inventory(pid, [...namedPaths(block), ...placeholderPaths(placeholdersAmong(names))]);
  const candidates = candidatesIn(found, (path, follow) => lookUp(pid, path, follow), block.name, names);
  progress(`${block.name}: ${found.length} names in the image, ${candidates.length} things that can be tried`);
  const policy = policyOf(block, surroundingsOf(text, block));
  return new Pool(candidates.map((candidate) => predict(candidate, policy)));
}
