/** Which rules were added, removed or changed between two readings of a profile. Pure. */
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

/** `changed`: a removed and an added rule that look like one rule that was edited. */
export interface RuleChanges {
  readonly added: readonly Rule[];
  readonly removed: readonly Rule[];
  readonly changed: readonly { readonly base: Rule; readonly head: Rule }[];
}

/** Rules are the same wherever they stand, and whatever their variables are called. */
export function ruleChanges(base: ProfileBlock, head: ProfileBlock): RuleChanges {
  const removed = new Set(without(base.rules, head.rules));
  const added = new Set(without(head.rules, base.rules));
  const changed: { base: Rule; head: Rule }[] = [];
  for (const old of removed) {
    const match = [...added].find((rule) => rule.kind === old.kind && isAlike(old, rule));
    if (match === undefined) continue;
    changed.push({ base: old, head: match });
    removed.delete(old);
    added.delete(match);
  }
  return { added: [...added], removed: [...removed], changed };
}

/** Those of `rules` that are not among `others`; of two equal rules one can have no counterpart. */
function without(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const left = new Map<string, number>();
  for (const rule of others) left.set(ruleMeaning(rule), (left.get(ruleMeaning(rule)) ?? 0) + 1);
  return rules.filter((rule) => {
    const count = left.get(ruleMeaning(rule)) ?? 0;
    left.set(ruleMeaning(rule), count - 1);
    return count <= 0;
  });
}

/** What a rule says once its variables are replaced, without its place and how it is written. */
export function ruleMeaning(rule: Rule): string {
  const { id: _id, profile: _profile, span: _span, text: _text, comment: _comment, via: _via, ...rest } = rule;
  return JSON.stringify(rest, (key, value: unknown) =>
    key === 'permissionsSpan' || key === 'text' ? undefined : value,
  );
}

/** Whether one rule can have been made of the other: at least half of their words are the same. */
function isAlike(one: Rule, other: Rule): boolean {
  const words = one.text.split(/[\s,]+/);
  const others = other.text.split(/[\s,]+/);
  const common = words.filter((word) => others.includes(word)).length;
  return common * 2 >= Math.max(words.length, others.length);
}
