/** A sample of mutants that is the same for the same seed. Pure. */
import type { Mutant } from './mutant.ts';

/**
 * @param most how many of each operator are kept
 * @returns them in their order
 */
export function sampleOf(mutants: readonly Mutant[], most: number, seed: number): Mutant[] {
  const byOperator = Map.groupBy(mutants, ({ kind }) => kind);
  const kept = new Set(
    [...byOperator.values()].flatMap((all) =>
      [...all].sort((a, b) => rank(a.id, seed) - rank(b.id, seed)).slice(0, most),
    ),
  );
  return mutants.filter((mutant) => kept.has(mutant));
}

/** FNV-1a of the seed and the id. */
function rank(id: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed} ${id}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
