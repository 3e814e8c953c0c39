/** Changes of rules that no probe can notice in any container, each with the reason, as a spec declares them. Pure. */
import type { FileLookup } from '../model/file-lookup.ts';
import { permissionWords } from '../mutation/mutate-permissions.ts';
import type { Mutant } from '../mutation/mutant.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import type { Change } from './variants.ts';

export interface Untestable {
  readonly rule: string;
  readonly becomes: string;
  readonly because: string;
}

/** Letters that the kernel never checks for a file of /proc. */
const NEVER_CHECKED: Readonly<Record<string, string>> = {
  l: 'The kernel refuses to link over an existing file before it asks AppArmor.',
  x: '/proc is mounted noexec in every container, so the kernel refuses before it asks AppArmor.',
};

/** @returns the changes that drop a letter which the kernel never checks, of rules for files that exist in /proc. */
export function untestableChanges(rule: Rule, changes: readonly Change[], look: FileLookup): Untestable[] {
  if (rule.kind !== 'file' || rule.path === undefined) return [];
  const exists = rule.path.expanded.every(
    (path) => /^\/proc\/[^*?[\]{}\\^]+$/.test(path) && look(path, false)?.missing === false,
  );
  if (!exists) return [];
  return changes.flatMap(({ mutant }) => {
    const because = mutant.kind === 'permission' ? NEVER_CHECKED[droppedLetter(mutant)] : undefined;
    return because === undefined ? [] : [{ rule: mutant.before, becomes: mutant.after, because }];
  });
}

/** The letter that is left out. */
function droppedLetter({ before, after }: Mutant): string {
  const left = lettersOf(after);
  return lettersOf(before)
    .filter((word) => !left.includes(word))
    .join('');
}

function lettersOf(rule: string): readonly string[] {
  return permissionWords(rule.replace(/^.*\s/, ''));
}
