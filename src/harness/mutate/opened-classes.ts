/** Mutants that only open what a spec leaves open: they break no promise of it, and are counted apart. Pure. */
import type { Mutant } from '#core/mutation/mutant.ts';
import type { PolicyChange } from './noticing-probes.ts';

/** Classes of specs that compiled policy keeps together, by the operators that change one of them. */
const CLASSES_OF_FILES: Partial<Record<Mutant['kind'], string>> = {
  'add-exec': 'exec',
  'add-change-profile': 'change_profile',
};

/**
 * @param open the classes that the spec says are open
 * @returns those that the mutant opens; undefined where it does anything else, or where that is not known.
 */
export function openedClasses(
  { kind }: Pick<Mutant, 'kind'>,
  change: PolicyChange | undefined,
  open: readonly string[],
): readonly string[] | undefined {
  if (change?.isOpening !== true) return undefined;
  const classes = [...change.areas].map((area) => (area === 'file' ? (CLASSES_OF_FILES[kind] ?? area) : area));
  return classes.every((name) => open.includes(name)) ? classes.sort() : undefined;
}
