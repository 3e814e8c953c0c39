/** Differences of the compiled policies that the comparison of the rules does not account for. Pure. */
import type { CompiledChange } from '../binary/compiled-changes.ts';
import { loosens, type Difference } from './access-change.ts';
import type { ProfileBlock } from '../syntax/ast.ts';

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
 * @param block the profile as it was: its mode takes part.
 */
export function unexplainedDifferences(
  changes: readonly CompiledChange[],
  differences: readonly Difference[],
  { flags }: Pick<ProfileBlock, 'flags'>,
): Difference[] {
  // there a class without a rule is allowed whole, though nothing of it is compiled
  const allowsByDefault = flags.includes('default_allow');
  return changes.filter((change) => !isExplained(change, differences, allowsByDefault)).map(unexplained);
}

function isExplained(
  { area, kind }: CompiledChange,
  differences: readonly Difference[],
  allowsByDefault: boolean,
): boolean {
  const inArea = differences.filter(({ class: name }) => (AREAS[name] ?? name) === area);
  // an attachment that no longer names a program allows it more
  const needsMore = kind === 'more' && area !== 'attachment' && !allowsByDefault;
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
