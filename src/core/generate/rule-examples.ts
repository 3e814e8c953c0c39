/** Names that would show what a rule, or a change of it, decides, whether the image has them or not. Pure. */
import { compileGrants, policyOf } from '../profile/semantics/policy.ts';
import type { Grant, Surroundings } from '../profile/semantics/grant-types.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import { NAME_SHAPES } from '../profile/semantics/question-space.ts';
import type { Change } from './variants.ts';

/** Names for each set of expressions: a name may be impossible in its folder. */
const EXAMPLES_PER_SET = 3;
const MAX_EXAMPLES = 40;

/** Readable last parts for names where the expression leaves them open. */
const READABLE_NAMES = ['file', 'thing'];

/** For every rule of the block that is changed. @param changes by the id of the rule. */
export function examplesIn(
  block: ProfileBlock,
  changes: ReadonlyMap<string, readonly Change[]>,
  surroundings: Surroundings,
): string[] {
  return [...new Set(block.rules.flatMap((rule) => examplesOf(rule, block, changes.get(rule.id) ?? [], surroundings)))];
}

/**
 * One name or more for each set of expressions, of this rule, of its changes and of the profile's other rules, that
 * match the same: whatever a change makes of the rule, there is a name for which it makes a difference. Folders have a
 * slash at their end.
 * @param changes of this rule.
 */
function examplesOf(rule: Rule, block: ProfileBlock, changes: readonly Change[], surroundings: Surroundings): string[] {
  if (rule.kind !== 'file' || rule.path === undefined || changes.length === 0) return [];
  const ofBlock = policyOf(block, surroundings).domains.file.grants.filter(isOwn);
  const ofRule = ofBlock.filter((grant) => grant.rule === rule);
  const ofChanges = changes.flatMap(({ variant }) => variant.changed.domains.file.grants.filter(isOwn));
  const { automaton, regexes } = compileGrants([...ofBlock, ...ofChanges]);
  const focus = new Set([...ofRule, ...ofChanges].map(({ regex }) => regexes.indexOf(regex)));
  const { sets } = automaton.tagSets(NAME_SHAPES.file, { focus, examples: EXAMPLES_PER_SET });
  const names = sets
    .filter(({ tags }) => tags.some((tag) => focus.has(tag)))
    .flatMap(({ tags, examples }) =>
      examples.map((bytes) =>
        readable(Buffer.from(bytes).toString('latin1'), (name) => automaton.match(name) === tags),
      ),
    );
  return [...new Set(names)]
    .filter((name) => /^[\x21-\x7e]{2,}$/.test(name))
    .sort((a, b) => a.length - b.length)
    .slice(0, MAX_EXAMPLES);
}

/** Rules of included files are tested elsewhere. */
function isOwn({ rule }: Grant): boolean {
  return rule === undefined || rule.via.length === 0;
}

/** With a last part that tells a reader what it is, if the same expressions match that. */
function readable(name: string, same: (name: string) => boolean): string {
  return READABLE_NAMES.map((last) => name.replace(/[^/]+$/, last)).find(same) ?? name;
}
