/** Changes of rules that no probe can show in any container, each with its reason, as a spec declares them. Pure. */
import type { FileLookup } from '../coverage/operation-accesses.ts';
import { permissionWords } from '../mutation/mutate-permissions.ts';
import type { Mutant } from '../mutation/rule-mutants.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import type { Change } from './variants.ts';

export interface Untestable {
  readonly rule: string;
  readonly becomes: string;
  readonly because: string;
}

/** Letters that are never asked for a file of /proc. */
const NEVER: Readonly<Record<string, string>> = {
  l: 'The kernel makes no link over a file that exists, and says so before it asks AppArmor.',
  x: '/proc is mounted noexec in every container, and that answers before AppArmor.',
};

/** @returns those of the rule's changes that take away a letter which the kernel never asks for: of files that are there in /proc. */
export function untestableChanges(rule: Rule, changes: readonly Change[], look: FileLookup): Untestable[] {
  if (rule.kind !== 'file' || rule.path === undefined) return [];
  const there = rule.path.expanded.every(
    (path) => /^\/proc\/[^*?[\]{}\\^]+$/.test(path) && look(path, false)?.missing === false,
  );
  if (!there) return [];
  return changes.flatMap(({ mutant }) => {
    const because = mutant.kind === 'permission' ? NEVER[lost(mutant)] : undefined;
    return because === undefined ? [] : [{ rule: mutant.before, becomes: mutant.after, because }];
  });
}

/** The letter that is left out. */
function lost({ before, after }: Mutant): string {
  const [had, has] = [before, after].map((text) => permissionWords(text.replace(/^.*\s/, '')));
  return (had ?? []).filter((word) => has?.includes(word) !== true).join('');
}
