/** Rules that change no answer: other rules decide wherever they match. Pure. */
import { answer, rulesOf } from './decide-access.ts';
import { DOMAINS, type Domain, type Grant, type Surroundings } from './grant-types.ts';
import { covers, policyOf, type CompiledDomain } from './policy.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';
import { NAME_SHAPES, wordsOf } from './question-space.ts';

interface ShadowedRule {
  readonly rule: Rule;
  /**
   * The rules that decide in place of this one, those that decide most questions first. Empty where no possible name
   * matches it, or the parser itself allows what it allows.
   */
  readonly by: readonly Rule[];
}

/** All questions that the same grants cover. */
interface QuestionGroup {
  readonly grants: readonly Grant[];
  /** How many there are. */
  count: number;
}

/** The groups of questions that each rule covers. */
type GroupsByRule = Map<Rule, QuestionGroup[]>;

/**
 * Of rules that could stand for each other the first is kept. A rule whose only effect is an audit record is not
 * shadowed, nor is one of a class with too many rules to try all questions.
 * @returns the shadowed rules in their order.
 */
export function shadowedRules(block: ProfileBlock, surroundings?: Surroundings): ShadowedRule[] {
  const policy = policyOf(block, surroundings);
  const groupsOf: GroupsByRule = new Map();
  const needed = new Set<Rule>(block.rules.filter(({ kind }) => kind === 'rlimit'));
  for (const domain of DOMAINS) collectGroups(domain, policy.domains[domain], groupsOf, needed);

  // from the last rule on, each goes that is not needed beside those that stay
  const gone = new Set<Rule>();
  for (const rule of block.rules.toReversed()) {
    if (needed.has(rule)) continue;
    const isShadowed = (groupsOf.get(rule) ?? []).every(({ grants }) => {
      const left = without(grants, gone);
      return isSameAnswer(left, without(left, new Set([rule])));
    });
    if (isShadowed) gone.add(rule);
  }

  const shadowed = block.rules.filter((rule) => gone.has(rule));
  return shadowed.map((rule) => ({ rule, by: decidingRules(groupsOf.get(rule) ?? [], gone) }));
}

/** Adds the questions of one domain to the rules that cover them, or a rule that changes some answer to `needed`. */
function collectGroups(domain: Domain, compiled: CompiledDomain, groupsOf: GroupsByRule, needed: Set<Rule>): void {
  const { automaton, byTag, grants } = compiled;
  if (grants.length === 0) return;
  const { sets, complete } = automaton.tagSets(NAME_SHAPES[domain], { examples: 1 });
  if (!complete) for (const rule of rulesOf(grants)) needed.add(rule);

  const grantsByKey = sets.map(({ tags }) => tags.flatMap((tag) => byTag[tag] ?? []));
  for (const group of questionGroups(grantsByKey, wordsOf(domain, grants), grants)) {
    for (const rule of rulesOf(group.grants)) {
      if (needed.has(rule)) continue;
      if (isSameAnswer(group.grants, without(group.grants, new Set([rule])))) addTo(groupsOf, rule, group);
      else needed.add(rule);
    }
  }
}

function addTo(groupsOf: GroupsByRule, rule: Rule, group: QuestionGroup): void {
  const groups = groupsOf.get(rule);
  if (groups === undefined) groupsOf.set(rule, [group]);
  else groups.push(group);
}

/**
 * Most questions are covered by the same grants as many others, so each such group is looked at once.
 * @param grantsByKey per key, the grants whose expression matches it.
 * @returns them in the order in which they are first met.
 */
function questionGroups(
  grantsByKey: readonly (readonly Grant[])[],
  combinations: readonly (readonly string[])[],
  grants: readonly Grant[],
): Iterable<QuestionGroup> {
  const numbers = new Map(grants.map((grant, number) => [grant, number]));
  const groups = new Map<string, QuestionGroup>();
  for (const matching of grantsByKey) {
    for (const words of combinations) {
      const covering = matching.filter((grant) => covers(grant, words));
      const id = covering.map((grant) => numbers.get(grant)).join();
      const group = groups.get(id);
      if (group === undefined) groups.set(id, { grants: covering, count: 1 });
      else group.count += 1;
    }
  }
  return groups.values();
}

function without(grants: readonly Grant[], rules: ReadonlySet<Rule>): readonly Grant[] {
  return grants.filter(({ rule }) => rule === undefined || !rules.has(rule));
}

function isSameAnswer(grants: readonly Grant[], others: readonly Grant[]): boolean {
  const a = answer(grants);
  const b = answer(others);
  const isAlike = a.allowed === b.allowed && a.prompts === b.prompts && a.transition === b.transition;
  return isAlike && a.condition === b.condition && a.logged === b.logged;
}

/** The rules that decide these questions once `gone` are left out, those that decide most of them first. */
function decidingRules(groups: readonly QuestionGroup[], gone: ReadonlySet<Rule>): Rule[] {
  const counts = new Map<Rule, number>();
  for (const { grants, count } of groups) {
    const { deciding } = answer(without(grants, gone));
    for (const rule of rulesOf(deciding)) counts.set(rule, (counts.get(rule) ?? 0) + count);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([rule]) => rule);
}
