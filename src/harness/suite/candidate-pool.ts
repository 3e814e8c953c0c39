/** What can be tried in a container, with what a profile says to each. */
import { candidatesIn } from '#core/generate/candidates.ts';
import { namedPaths } from '#core/generate/named-paths.ts';
import { labelAfterExec } from '#core/generate/label-after-exec.ts';
import { Pool, predict } from '#core/generate/predict.ts';
import { placeholderPaths } from '#core/generate/placeholder-paths.ts';
import { inventory } from '#adapters/container/rootfs/inventory.ts';
import { lookUp } from '#adapters/container/rootfs/lookup.ts';
import type { FileLookup, Place } from '#core/model/file-lookup.ts';
import { defined } from '#core/model/optional.ts';
import { policyOf, surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';

export interface PoolOptions {
  /** A process of the container, on the host. */
  readonly pid: number;
  readonly text: ProfileText;
  readonly block: ProfileBlock;
  /** Names that would show rules or changes of them: tried where they are, and made where only the name is missing. */
  readonly names: readonly string[];
  /** Files that are there for the spec only. */
  readonly placeholders?: readonly string[];
  /** Also what somebody may try who does not own the files; else only where the profile tells them apart. */
  readonly withStranger?: boolean;
  readonly progress: (line: string) => void;
}

/** Lists what is in the container, and predicts what the profile does to each access. */
export function candidatePool(options: PoolOptions): Pool {
  const { pid, text, block, names, placeholders = [], withStranger = false, progress } = options;
  const extraPaths = [...namedPaths(block), ...placeholderPaths(placeholders)];
  const files = inventory(pid, extraPaths);
  const look = remembering((path, follow) => lookUp(pid, path, follow));
  const candidates = candidatesIn(files, look, block.name, {
    names,
    withStranger:
      withStranger || block.rules.some(({ qualifiers, via }) => qualifiers.owner !== undefined && via.length === 0),
  });
  progress(`${block.name}: ${files.length} names in the image, ${candidates.length} candidates`);

  const policy = policyOf(block, surroundingsOf(text, block));
  const known = new Set(text.profiles.map(({ name }) => name));
  const predictions = candidates.map((candidate) => {
    const predicted = predict(candidate, policy);
    const label = labelAfterExec(candidate, predicted.transition, block.name, known);
    return { ...predicted, ...defined({ label }) };
  });
  return new Pool(predictions);
}

/** Some ten operations ask about each path, and nothing is tried in the container meanwhile. */
function remembering(look: FileLookup): FileLookup {
  const places = new Map<string, Place | undefined>();
  return (path, follow) => {
    const key = `${follow ? 'to' : 'at'} ${path}`;
    const known = places.get(key);
    if (known !== undefined || places.has(key)) return known;

    const place = look(path, follow);
    places.set(key, place);
    return place;
  };
}
