/** Rule coverage of a suite: what its probes did with each rule of the profile under test. Pure. */
import type { CoverageState, Entry, KnownCoverage, RuleCoverage } from '../model/model.ts';
import type { ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { surroundingsOf } from '../profile/semantics/policy.ts';
import { shadowedRules } from '../profile/semantics/shadowed-rules.ts';
import { coveredRules, type Subject } from './credit.ts';
import { untestableReason, type ContainerView } from './untestable-rules.ts';

/** How many of the rules that shadow one are reported: those that decide most. */
const MAX_SHADOWS = 3;

/** What the state of a rule depends on. */
interface Measurement {
  readonly subject: Subject;
  readonly container: ContainerView;
  /** The rules that decide in place of a shadowed one. */
  readonly shadows: ReadonlyMap<Rule, readonly Rule[]>;
  /** Ids of the probes that covered a rule. */
  readonly probes: ReadonlyMap<Rule, readonly string[]>;
}

/** Covers the profile that was tested, its children, and every other profile of the file that a probe got into. */
export function measureRules(
  { text, profile, original }: Omit<Subject, 'shadowed'>,
  entries: readonly Entry[],
  container: ContainerView,
): KnownCoverage {
  const shadows = shadowsIn(text);
  const subject: Subject = { text, profile, original, shadowed: new Set(shadows.keys()) };
  const probes = probesByRule(entries, subject, container);
  const measurement: Measurement = { subject, container, shadows, probes };

  const tested = profile.split('//&'); // the profiles of a stack
  const blocks = text.profiles.filter(
    ({ name, rules }) =>
      tested.some((part) => name === part || name.startsWith(`${part}//`)) || rules.some((rule) => probes.has(rule)),
  );
  const rules = blocks.flatMap((block) => block.rules.map((rule) => ruleCoverage(rule, block, measurement)));
  return { file: text.file, source: text.files.get(text.file) ?? '', rules };
}

function shadowsIn(text: ProfileText): ReadonlyMap<Rule, readonly Rule[]> {
  return new Map(
    text.profiles.flatMap((block) =>
      shadowedRules(block, surroundingsOf(text, block)).map(({ rule, by }) => [rule, by] as const),
    ),
  );
}

function probesByRule(
  entries: readonly Entry[],
  subject: Subject,
  { look }: ContainerView,
): ReadonlyMap<Rule, readonly string[]> {
  const probes = new Map<Rule, string[]>();
  for (const entry of entries) {
    for (const rule of coveredRules(entry, subject, look)) {
      probes.set(rule, [...(probes.get(rule) ?? []), entry.probe.id]);
    }
  }
  return probes;
}

function ruleCoverage(rule: Rule, block: ProfileBlock, measurement: Measurement): RuleCoverage {
  return {
    id: rule.id,
    profile: rule.profile,
    file: rule.span.file,
    line: rule.span.line,
    text: rule.text,
    included: rule.via.length > 0,
    ...stateOf(rule, block, measurement),
  };
}

function stateOf(
  rule: Rule,
  block: ProfileBlock,
  { subject, container, shadows, probes: byRule }: Measurement,
): Pick<RuleCoverage, 'probes' | 'shadowedBy' | 'reason'> & { readonly state: CoverageState } {
  const probes = byRule.get(rule) ?? [];
  if (probes.length > 0) return { state: 'hit', probes };

  const by = shadows.get(rule);
  if (by !== undefined) {
    const shadowedBy = by.slice(0, MAX_SHADOWS).map(({ span, text }) => `${span.file}:${span.line} ${text}`);
    return { state: 'shadowed', probes, shadowedBy };
  }
  const reason = untestableReason(rule, block, subject, container);
  return reason === undefined ? { state: 'unhit', probes } : { state: 'untestable', probes, reason };
}
