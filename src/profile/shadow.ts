/** Rules without which every access would be answered the same: other rules always decide for them. Pure. */
import { answer, rulesOf } from './decide.ts';
import { DOMAINS, type Grant, type Surroundings } from './grants.ts';
import { covers, policyOf } from './policy.ts';
import type { ProfileBlock, Rule } from './rules.ts';
import { SHAPES, wordsOf } from './universe.ts';

export interface Shadow {
  readonly rule: Rule;
  /** The rules that decide where this one would; empty where no possible name matches it, or the parser allows it by itself. */
  readonly by: readonly Rule[];
}

/**
 * Of rules that could stand for each other the first is kept. A rule whose only effect is a record counts as deciding.
 * @returns the shadowed rules in their order; none of a class that is too large to look through.
 */
export function shadowedRules(block: ProfileBlock, surroundings?: Surroundings): Shadow[] {
  const policy = policyOf(block, surroundings);
  /** What is said to each question that a rule has a say in. */
  const heard = new Map<Rule, (readonly Grant[])[]>();
  const needed = new Set<Rule>(block.rules.filter(({ kind }) => kind === 'rlimit'));
  for (const domain of DOMAINS) {
    const { automaton, byTag, grants } = policy.domains[domain];
    if (grants.length === 0) continue;
    const { sets, complete } = automaton.tagSets(SHAPES[domain], { examples: 1 });
    if (!complete) for (const rule of rulesOf(grants)) needed.add(rule);
    const combinations = wordsOf(domain, grants);
    for (const { tags } of sets) {
      const speaking = tags.flatMap((tag) => byTag[tag] ?? []);
      for (const words of combinations) {
        const said = speaking.filter((grant) => covers(grant, words));
        for (const rule of rulesOf(said)) {
          if (needed.has(rule)) continue;
          if (same(said, without(said, new Set([rule])))) heard.set(rule, [...(heard.get(rule) ?? []), said]);
          else needed.add(rule);
        }
      }
    }
  }
  const gone = new Set<Rule>();
  for (const rule of block.rules.toReversed()) {
    if (needed.has(rule)) continue;
    const left = (heard.get(rule) ?? []).map((said) => without(said, gone));
    if (left.every((said) => same(said, without(said, new Set([rule]))))) gone.add(rule);
  }
  return block.rules.filter((rule) => gone.has(rule)).map((rule) => ({ rule, by: deciders((heard.get(rule) ?? []).map((said) => without(said, gone))) }));
}

function without(said: readonly Grant[], rules: ReadonlySet<Rule>): readonly Grant[] {
  return said.filter(({ rule }) => rule === undefined || !rules.has(rule));
}

function same(one: readonly Grant[], other: readonly Grant[]): boolean {
  const [a, b] = [answer(one), answer(other)];
  return a.allowed === b.allowed && a.transition === b.transition && a.logged === b.logged;
}

/** Those that decide most questions first. */
function deciders(questions: readonly (readonly Grant[])[]): Rule[] {
  const counts = new Map<Rule, number>();
  for (const said of questions) for (const rule of rulesOf(answer(said).deciding)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([rule]) => rule);
}
