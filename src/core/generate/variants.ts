/** The mutants of a rule as variants of the policy, which decide candidates. Pure. */
import { changeText, mutatedText, type Mutant } from '../mutation/mutant.ts';
import { mutantsOf } from '../mutation/rule-mutants.ts';
import { surroundingsOf } from '../profile/semantics/policy.ts';
import { isRead, readProfileText } from '../profile/syntax/read-profile-text.ts';
import type { FindInclude, ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { Variant } from './predict.ts';

export interface Change {
  readonly what: string;
  readonly mutant: Mutant;
  readonly variant: Variant;
  /** It may decide accesses that the rule did not. */
  readonly moves: boolean;
}

/** @returns by the id of the rule that is changed. */
export function changesOf(
  text: ProfileText,
  block: ProfileBlock,
  find: FindInclude,
  mutants: readonly Mutant[] = mutantsOf(text),
): Map<string, Change[]> {
  const changes = new Map<string, Change[]>();
  const surroundings = surroundingsOf(text, block);
  for (const mutant of mutants) {
    const rule = block.rules.find(({ id }) => id === mutant.rule);
    if (rule === undefined) continue;
    const read = readProfileText(text.file, mutatedText(text, mutant), find);
    if (!isRead(read)) continue; // the parser would reject this mutant
    const changed = changedRules(block, rule, read);
    if (changed === undefined) continue;
    changes.set(rule.id, [
      ...(changes.get(rule.id) ?? []),
      {
        what: changeText(mutant),
        mutant,
        variant: new Variant(rule, changed, block, surroundings),
        moves: mutant.kind === 'expression' || mutant.kind === 'qualifier',
      },
    ]);
  }
  return changes;
}

/** What replaces the rule: nothing, another form of it, or several rules. */
function changedRules(block: ProfileBlock, rule: Rule, read: ProfileText): readonly Rule[] | undefined {
  const other = read.profiles.find(({ name }) => name === block.name);
  if (other === undefined) return undefined;
  const at = block.rules.indexOf(rule);
  return other.rules.slice(at, at + 1 + other.rules.length - block.rules.length);
}
