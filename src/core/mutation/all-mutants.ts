/** Every mutant that a run tries, or those of some operators. Pure. */
import { additionsTo } from './additions.ts';
import { carvingsOf } from './carvings.ts';
import { editKey, numbered, type Mutant } from './mutant.ts';
import type { MutationWorld } from './mutation-world.ts';
import { OPERATORS, type Operator } from './operators.ts';
import { mutantsOf } from './rule-mutants.ts';
import type { ProfileText } from '../profile/syntax/ast.ts';

export interface MutantOptions {
  /** Also change rules of included files. */
  readonly included: boolean;
  readonly world: MutationWorld;
  /** Absent: all. */
  readonly operators?: readonly Operator[];
}

/** @returns what loosens rules, then what carves, then what adds; each change once. */
export function allMutantsOf(text: ProfileText, { included, world, operators = OPERATORS }: MutantOptions): Mutant[] {
  const loosened = mutantsOf(text, { included });
  const known = new Set(loosened.map(editKey));
  const others = numbered([...carvingsOf(text, { included, world }), ...additionsTo(text, world)]);
  return [...loosened, ...others.filter((mutant) => !known.has(editKey(mutant)))].filter(({ kind }) =>
    operators.includes(kind),
  );
}
