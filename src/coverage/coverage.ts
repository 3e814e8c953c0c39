/** Rule coverage of a suite: what its probes did with each rule of the profile under test. Pure. */
import type { CoverageState, Entry, KnownCoverage, RuleCoverage } from '../model.ts';
import type { ProfileBlock, Rule } from '../profile/rules.ts';
import { rulesHit, type Subject } from './credit.ts';
import { untestable, type Here } from './untestable.ts';

/** The rules that decide wherever a rule could; undefined for one that decides somewhere. */
export type FindShadow = (rule: Rule, block: ProfileBlock) => readonly Rule[] | undefined;

/** The profile that was tested, its children, and whatever else in the file a probe got into. */
export function coverageOf(subject: Subject, entries: readonly Entry[], here: Here, shadow: FindShadow): KnownCoverage {
  const { text, profile } = subject;
  const probes = new Map<Rule, string[]>();
  for (const entry of entries) for (const rule of rulesHit(entry, subject, here.look)) probes.set(rule, [...probes.get(rule) ?? [], entry.probe.id]);
  const blocks = text.profiles.filter(({ name, rules }) => name === profile || name.startsWith(`${profile}//`) || rules.some((rule) => probes.has(rule)));
  const rules = blocks.flatMap((block) => block.rules.map((rule): RuleCoverage => ({
    id: rule.id, profile: rule.profile, file: rule.span.file, line: rule.span.line, text: rule.text, included: rule.via.length > 0,
    ...stateOf(rule, block, probes.get(rule) ?? [], subject, here, shadow),
  })));
  return { file: text.file, source: text.files.get(text.file) ?? '', rules };
}

/** What a probe did goes before what can be said without one. */
function stateOf(rule: Rule, block: ProfileBlock, probes: readonly string[], subject: Subject, here: Here, shadow: FindShadow): Pick<RuleCoverage, 'probes' | 'shadowedBy' | 'reason'> & { readonly state: CoverageState } {
  if (probes.length > 0) return { state: 'hit', probes };
  const by = shadow(rule, block);
  if (by !== undefined) return { state: 'shadowed', probes, shadowedBy: by.map(({ span, text }) => `${span.file}:${String(span.line)} ${text}`) };
  const reason = untestable(rule, block, subject, here);
  return reason === undefined ? { state: 'unhit', probes } : { state: 'untestable', probes, reason };
}
