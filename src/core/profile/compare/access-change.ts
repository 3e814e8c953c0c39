/** What can differ between two profiles, in the form that reports have it. Plain data. */
import type { Access } from '../semantics/access.ts';
import type { Rule } from '../syntax/ast.ts';

/**
 * `allowed`, `denied`: the compiled policy answers an access in another way, as the kernel can be asked. `loosened`,
 * `tightened`: more or less is possible, but no answer to a single access shows it. `transition`: allowed by both, but
 * what is executed runs under another profile. `logging`: only the audit record differs.
 */
export type Change = 'allowed' | 'denied' | 'loosened' | 'tightened' | 'transition' | 'logging';

/** Whether more is possible than before. */
export function loosens(change: Change): boolean {
  return change === 'allowed' || change === 'loosened' || change === 'transition';
}

/** Accesses that changed in the same way because of the same rules. */
export interface Difference {
  readonly change: Change;
  /** As rules begin: `file`, `network`, `mount`; `flags`, `rlimit` and `attachment` for what is no access. */
  readonly class: string;
  /** Permission letters of files; of other classes the accesses, types or names. */
  readonly permissions: readonly string[];
  readonly examples: readonly Access[];
  /** The responsible rules of each profile: those that decide there and are not in the other. */
  readonly base: readonly Rule[];
  readonly head: readonly Rule[];
  /** What no access can show: flags, limits, the condition of an access, how a program is executed. */
  readonly detail?: string;
}
