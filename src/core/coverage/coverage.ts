/** Rule coverage of a suite: what its probes did with each rule of the profile under test. Pure. */
import type { CoverageState, Entry, KnownCoverage, RuleCoverage } from '../model/model.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';
import { surroundingsOf } from '../profile/semantics/policy.ts';
import { shadowedRules } from '../profile/semantics/shadowed-rules.ts';
import { coveredRules, type Subject } from './credit.ts';
import { untestableReason, type ContainerView } from './untestable-rules.ts';

/** Of the rules that shadow one, those that decide most. */
const MOST_SHADOWS = 3;

/** The profile that was tested, its children, and whatever else in the file a probe got into. */
export function measureRules(
  { text, profile, original }: Omit<Subject, 'shadowed'>,
  entries: readonly Entry[],
  here: ContainerView,
): KnownCoverage {
  const shadows = new Map(
    text.profiles.flatMap((block) =>
      shadowedRules(block, surroundingsOf(text, block)).map(({ rule, by }) => [rule, by] as const),
    ),
  );
  const subject: Subject = { text, profile, original, shadowed: new Set(shadows.keys()) };
  const probes = new Map<Rule, string[]>();
  for (const entry of entries)
    for (const rule of coveredRules(entry, subject, here.look))
      probes.set(rule, [...(probes.get(rule) ?? []), entry.probe.id]);
  const tested = profile.split('//&'); // a stack
  const blocks = text.profiles.filter(
    ({ name, rules }) =>
      tested.some((one) => name === one || name.startsWith(`${one}//`)) || rules.some((rule) => probes.has(rule)),
  );
  const rules = blocks.flatMap((block) =>
    block.rules.map((rule): RuleCoverage => ({
      id: rule.id,
      profile: rule.profile,
      file: rule.span.file,
      line: rule.span.line,
      text: rule.text,
      included: rule.via.length > 0,
      ...stateOf(rule, block, probes.get(rule) ?? [], subject, here, shadows.get(rule)),
    })),
  );
  return { file: text.file, source: text.files.get(text.file) ?? '', rules };
}

function stateOf(
  rule: Rule,
  block: ProfileBlock,
  probes: readonly string[],
  subject: Subject,
  here: ContainerView,
  by: readonly Rule[] | undefined,
): Pick<RuleCoverage, 'probes' | 'shadowedBy' | 'reason'> & { readonly state: CoverageState } {
  if (probes.length > 0) return { state: 'hit', probes };
  if (by !== undefined)
    return {
      state: 'shadowed',
      probes,
      shadowedBy: by.slice(0, MOST_SHADOWS).map(({ span, text }) => `${span.file}:${span.line} ${text}`),
    };
  const reason = untestableReason(rule, block, subject, here);
  return reason === undefined ? { state: 'unhit', probes } : { state: 'untestable', probes, reason };
}
