/** Rules without which every access would be answered the same: other rules always decide for them. Pure. */
import { answer, rulesOf } from './decide-access.ts';
import { DOMAINS, type Grant, type Surroundings } from './grant-types.ts';
import { covers, policyOf } from './policy.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';
import { NAME_SHAPES, wordsOf } from './question-space.ts';

interface Shadow {
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
  /** What is said to the questions that a rule has a say in. */
  const heard = new Map<Rule, Heard[]>();
  const needed = new Set<Rule>(block.rules.filter(({ kind }) => kind === 'rlimit'));
  for (const domain of DOMAINS) {
    const { automaton, byTag, grants } = policy.domains[domain];
    if (grants.length === 0) continue;
    const { sets, complete } = automaton.tagSets(NAME_SHAPES[domain], { examples: 1 });
    if (!complete) for (const rule of rulesOf(grants)) needed.add(rule);
    for (const one of questions(
      sets.map(({ tags }) => tags.flatMap((tag) => byTag[tag] ?? [])),
      wordsOf(domain, grants),
      grants,
    )) {
      for (const rule of rulesOf(one.said)) {
        if (needed.has(rule)) continue;
        if (!same(one.said, without(one.said, new Set([rule])))) {
          needed.add(rule);
          continue;
        }
        const list = heard.get(rule);
        if (list === undefined) heard.set(rule, [one]);
        else list.push(one);
      }
    }
  }
  const gone = new Set<Rule>();
  for (const rule of block.rules.toReversed()) {
    if (needed.has(rule)) continue;
    const left = (heard.get(rule) ?? []).map(({ said }) => without(said, gone));
    if (left.every((said) => same(said, without(said, new Set([rule]))))) gone.add(rule);
  }
  return block.rules
    .filter((rule) => gone.has(rule))
    .map((rule) => ({
      rule,
      by: deciders((heard.get(rule) ?? []).map(({ said, times }) => ({ said: without(said, gone), times }))),
    }));
}

/** What is said to some question, and to how many. */
interface Heard {
  readonly said: readonly Grant[];
  times: number;
}

/**
 * Most questions get the very same said to them, so each such answer is looked at once.
 * @param speaking per key, the grants whose expression matches it.
 * @returns them in the order in which they are first met.
 */
function questions(
  speaking: readonly (readonly Grant[])[],
  combinations: readonly (readonly string[])[],
  grants: readonly Grant[],
): Iterable<Heard> {
  const numbers = new Map(grants.map((grant, number) => [grant, number]));
  const found = new Map<string, Heard>();
  for (const all of speaking) {
    for (const words of combinations) {
      const said = all.filter((grant) => covers(grant, words));
      const key = said.map((grant) => numbers.get(grant)).join();
      const known = found.get(key);
      if (known === undefined) found.set(key, { said, times: 1 });
      else known.times += 1;
    }
  }
  return found.values();
}

function without(said: readonly Grant[], rules: ReadonlySet<Rule>): readonly Grant[] {
  return said.filter(({ rule }) => rule === undefined || !rules.has(rule));
}

function same(one: readonly Grant[], other: readonly Grant[]): boolean {
  const a = answer(one);
  const b = answer(other);
  return a.allowed === b.allowed && a.transition === b.transition && a.logged === b.logged;
}

/** Those that decide most questions first. */
function deciders(heard: readonly Heard[]): Rule[] {
  const counts = new Map<Rule, number>();
  for (const { said, times } of heard)
    for (const rule of rulesOf(answer(said).deciding)) counts.set(rule, (counts.get(rule) ?? 0) + times);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([rule]) => rule);
}
