/** Mutants, as if they came from a profile. */
import type { Mutant } from '#core/mutation/mutant.ts';

/** A mutant that drops the rule `deny /x w` at line 1, unless the test says otherwise. */
export function mutant(id: string, changes: Partial<Mutant> = {}): Mutant {
  return {
    id,
    kind: 'drop',
    rule: 'rule',
    profile: 'p',
    file: '/profile',
    line: 1,
    before: 'deny /x w',
    after: '',
    edits: [],
    via: [],
    widens: false,
    ...changes,
  };
}
