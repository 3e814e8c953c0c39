/** Differences of the compiled policies that the comparison of the rules does not account for. Pure. */
import type { CompiledChange } from '../binary/compiled-changes.ts';
import { loosens, type Difference } from './access-change.ts';

/** Classes whose rules are compiled into another class, or beside it. */
const AREAS: Readonly<Record<string, string>> = {
  change_profile: 'file',
  link: 'file',
  unix: 'network',
  umount: 'mount',
  pivot_root: 'mount',
};

/** Of a difference that no rule explains. */
export const UNEXPLAINED = 'unexplained';

/**
 * The compiled policy is what the kernel decides by. Where it allows more, the rules must show something that is newly
 * allowed in that class; where it differs in another way, any difference of that class. What they do not show is a
 * hole in the comparison, and counts as newly allowed.
 */
export function unexplainedDifferences(
  changes: readonly CompiledChange[],
  differences: readonly Difference[],
): Difference[] {
  return changes.filter((change) => !isExplained(change, differences)).map(unexplained);
}

function isExplained({ area, kind }: CompiledChange, differences: readonly Difference[]): boolean {
  const inArea = differences.filter(({ class: name }) => (AREAS[name] ?? name) === area);
  const needsMore = kind === 'more' && area !== 'attachment'; // which no longer names a program where more may be done
  return inArea.some(({ change }) => !needsMore || loosens(change));
}

function unexplained({ area, what }: CompiledChange): Difference {
  return {
    change: 'loosened',
    class: UNEXPLAINED,
    permissions: [area],
    examples: [],
    base: [],
    head: [],
    detail: `the compiled policy differs in the class ${area}, and this comparison cannot say how (first at ${what})`,
  };
}
