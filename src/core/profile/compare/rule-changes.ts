/** Which rules were added, removed or changed between two readings of a profile. Pure. */
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

export interface RuleChanges {
  readonly added: readonly Rule[];
  readonly removed: readonly Rule[];
  readonly changed: readonly { readonly base: Rule; readonly head: Rule }[];
}

/** The place of a rule does not count, nor does how a variable is called. */
export function ruleChanges(base: ProfileBlock, head: ProfileBlock): RuleChanges {
  const removed = without(base.rules, head.rules);
  const added = without(head.rules, base.rules);
  const changed: { base: Rule; head: Rule }[] = [];
  for (const old of removed) {
    const match = added
      .filter((rule) => rule.kind === old.kind && !changed.some(({ head: taken }) => taken === rule))
      .find((rule) => alike(old, rule));
    if (match !== undefined) changed.push({ base: old, head: match });
  }
  return {
    added: added.filter((rule) => !changed.some(({ head: one }) => one === rule)),
    removed: removed.filter((rule) => !changed.some(({ base: one }) => one === rule)),
    changed,
  };
}

/** Those of `rules` that are not among `others`, counting equal ones. */
function without(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const left = new Map<string, number>();
  for (const rule of others) left.set(sense(rule), (left.get(sense(rule)) ?? 0) + 1);
  return rules.filter((rule) => {
    const count = left.get(sense(rule)) ?? 0;
    left.set(sense(rule), count - 1);
    return count <= 0;
  });
}

/** What a rule consists of, with variables replaced, and without its place. */
function sense(rule: Rule): string {
  const { id: _id, profile: _profile, span: _span, text: _text, comment: _comment, via: _via, ...rest } = rule;
  return JSON.stringify(rest, (key, value: unknown) =>
    key === 'permissionsSpan' || key === 'text' ? undefined : value,
  );
}

/** One rule made of another: the same path with other permissions, or most of its words kept. */
function alike(one: Rule, other: Rule): boolean {
  const [a, b] = [one, other].map((rule) => rule.text.split(/[\s,]+/));
  if (a === undefined || b === undefined) return false;
  const common = a.filter((word) => b.includes(word)).length;
  return common * 2 >= Math.max(a.length, b.length);
}
