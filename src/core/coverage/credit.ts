/** Which rules a probe hit: from what the kernel recorded, and from what the probe was granted. Pure. */
import { sameLabel } from '../model/labels.ts';
import type { Entry, Observation, Probe, ProcessProof } from '../model/model.ts';
import { questionOf, type Access } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Grant } from '../profile/semantics/grant-types.ts';
import { grantsFor, policyOf, surroundingsOf } from '../profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { probeOutcome } from '../verdict/outcome.ts';
import { answeredAccesses, isOwn, operationAccesses, type FileLookup } from './operation-accesses.ts';
import { recordAccesses } from './record-accesses.ts';

/** The profile file under test, and how its names read while it is loaded. */
export interface Subject {
  readonly text: ProfileText;
  /** Name of the profile that confines the container. */
  readonly profile: string;
  /** A label of the kernel as the profile's author wrote it. */
  readonly original: (label: string) => string;
  /** Rules that never decide: without them the profile says the same, so what they say is not heard. */
  readonly shadowed: ReadonlySet<Rule>;
}

/** @returns the rules that one probe hit. What it was expected to do does not matter here, only what was done. */
export function coveredRules(
  { probe, observation, witnesses }: Entry,
  subject: Subject,
  look: FileLookup,
): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  const take = (rules: readonly Rule[]): void => {
    for (const rule of rules) found.add(rule);
  };
  for (const { record } of witnesses) {
    const block = blockOf(subject, record.fields['profile'] ?? '');
    if (block === undefined) continue;
    const accesses = recordAccesses(record).map((access) => renamed(access, subject.original));
    if (record.type === 'DENIED' || record.type === 'KILLED') {
      for (const access of accesses) take(denying(grants(subject, block, access)));
      if (record.fields['operation'] === 'setrlimit')
        take(block.rules.filter((rule) => rule.kind === 'rlimit' && rule.limit === record.fields['rlimit']));
    } else if (record.type === 'AUDIT') {
      for (const access of accesses)
        take([...needed(subject, block, access), ...auditing(grants(subject, block, access))]);
    }
  }
  if (observation?.stage === 'done' && probeOutcome(probe, observation).kind === 'succeeded')
    for (const [block, access] of granted(probe, observation, subject, look)) take(needed(subject, block, access));
  return found;
}

/** What profiles of the file were asked when a probe succeeded: that of who tried it, and that of the other end. */
function granted(
  { action, from }: Probe,
  { process, other }: Observation,
  subject: Subject,
  look: FileLookup,
): (readonly [ProfileBlock, Access])[] {
  if (![process, other].every((one) => one === undefined || sameLabel(one.label, one.expected))) return [];
  const named = (one: ProcessProof | undefined): string | undefined =>
    one === undefined ? undefined : subject.original(one.label.replace(/ \([a-z]+\)$/, ''));
  const self = named(process) ?? subject.profile;
  const ends = { self, other: named(other) ?? (isOwn(action) ? self : undefined) };
  const active = from === undefined || other !== undefined ? operationAccesses(action, look, ends) : [];
  const all = [
    ...active.map((access) => [self, access] as const),
    ...answeredAccesses(action, ends).map((access) => [ends.other ?? '', access] as const),
  ];
  // every profile of a stack is asked
  return all.flatMap(([label, access]) =>
    label.split('//&').flatMap((part) => {
      const block = blockOf(subject, part);
      return block === undefined ? [] : [[block, access] as const];
    }),
  );
}

function blockOf({ text, original }: Subject, label: string): ProfileBlock | undefined {
  return text.profiles.find(({ name }) => name === original(label));
}

/** Labels of other processes in the words of the profile. */
function renamed(access: Access, original: (label: string) => string): Access {
  if (access.class === 'signal' || access.class === 'ptrace') return { ...access, peer: original(access.peer) };
  if (access.class === 'change_profile') return { ...access, target: original(access.target) };
  return access.class === 'unix' && access.peerLabel !== undefined
    ? { ...access, peerLabel: original(access.peerLabel) }
    : access;
}

function grants({ text, shadowed }: Subject, block: ProfileBlock, access: Access): readonly Grant[] {
  return grantsFor(policyOf(block, surroundingsOf(text, block)), questionOf(access)).filter(
    ({ rule }) => rule === undefined || !shadowed.has(rule),
  );
}

/** The one deny rule that an access failed by; none where two would have denied it. */
function denying(all: readonly Grant[]): readonly Rule[] {
  const { allowed, deciding } = answer(all);
  const rules = rulesOf(deciding);
  return allowed || rules.length !== 1 ? [] : rules;
}

/** The one rule that had a granted access logged. */
function auditing(all: readonly Grant[]): readonly Rule[] {
  const rules = rulesOf(all).filter(({ qualifiers }) => qualifiers.audit && qualifiers.access === 'allow');
  return rules.length === 1 ? rules : [];
}

/**
 * The rules without which a granted access would have been denied, or a program executed under another transition.
 * Whose the file is decides only where a rule asks: where it is not known, a rule must be needed either way.
 */
function needed(subject: Subject, block: ProfileBlock, access: Access): readonly Rule[] {
  if (access.class === 'file' && access.owner === undefined) {
    const others = new Set(needed(subject, block, { ...access, owner: false }));
    return needed(subject, block, { ...access, owner: true }).filter((rule) => others.has(rule));
  }
  const all = grants(subject, block, access);
  const whole = answer(all);
  if (!whole.allowed) return [];
  return rulesOf(all).filter((rule) => {
    if (rule.qualifiers.access !== 'allow') return false;
    const without = answer(all.filter((grant) => grant.rule !== rule));
    return !without.allowed || without.transition !== whole.transition;
  });
}

/** Whether an access would show that a rule is at work: it alone denies it, or it is needed for it. */
export function isCovered(subject: Subject, block: ProfileBlock, access: Access, rule: Rule): boolean {
  return rule.qualifiers.access === 'deny'
    ? denying(grants(subject, block, access)).includes(rule)
    : needed(subject, block, access).includes(rule);
}
