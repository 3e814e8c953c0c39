/** Which rules a probe covered: from what the kernel recorded, and from what the probe was granted. Pure. */
import type { FileLookup } from '../model/file-lookup.ts';
import { sameLabel } from '../model/labels.ts';
import type { AuditRecord, Entry, Observation, Probe, ProcessProof } from '../model/model.ts';
import { questionOf, type Access } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Grant } from '../profile/semantics/grant-types.ts';
import { grantsFor, policyOf, surroundingsOf } from '../profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { silentDenials } from '../verdict/facts.ts';
import { probeOutcome } from '../verdict/outcome.ts';
import { answeredAccesses, isOwn, operationAccesses } from './operation-accesses.ts';
import { enteredProfiles, executedProgram } from './executed-program.ts';
import { recordAccesses } from './record-accesses.ts';

/** The profile file under test, and how its names read while it is loaded. */
export interface NamedProfile {
  readonly text: ProfileText;
  /** Name of the profile that confines the container. */
  readonly profile: string;
  /** A label of the kernel as the profile's author wrote it. */
  readonly original: (label: string) => string;
}

/** The same for coverage. */
export interface Subject extends NamedProfile {
  /** Rules that never decide: the profile means the same without them, so they are left out. */
  readonly shadowed: ReadonlySet<Rule>;
}

/** @returns the rules that one probe covered. What counts is what happened, not what the spec expected. */
export function coveredRules(
  { probe, observation, witnesses, evidence }: Entry,
  subject: Subject,
  look: FileLookup,
): ReadonlySet<Rule> {
  const records = [...witnesses, ...silentDenials(evidence?.witnesses)];
  const recorded = records.flatMap(({ record }) => rulesInRecord(record, subject));
  const succeeded = observation?.stage === 'done' && probeOutcome(probe, observation).kind === 'succeeded';
  if (!succeeded) return new Set(recorded);

  const used = grantedAccesses(probe, observation, subject, look).flatMap(([block, access]) =>
    needed(subject, block, access),
  );
  return new Set([...recorded, ...used, ...usedByProgram(probe, subject, look)]);
}

/** The rules that let a command be executed into another profile of the file, and run there. */
function usedByProgram(probe: Probe, subject: Subject, look: FileLookup): readonly Rule[] {
  const program = executedProgram(probe, look);
  if (program?.executed.class !== 'file') return [];
  const { executed, read } = program;
  const { path } = executed;
  return subject.profile.split('//&').flatMap((part) => {
    const block = blockOf(subject, part);
    if (block === undefined) return [];
    const { transition } = answer(grants(subject, block, executed));
    const entered = enteredProfiles(block.name, transition, path).flatMap((name) => blockOf(subject, name) ?? []);
    if (entered.length === 0) return [];
    return [...needed(subject, block, executed), ...entered.flatMap((child) => needed(subject, child, read))];
  });
}

/** The rules that one record shows at work. */
function rulesInRecord(record: AuditRecord, subject: Subject): readonly Rule[] {
  const block = blockOf(subject, record.fields['profile'] ?? '');
  if (block === undefined) return [];

  const accesses = recordAccesses(record).map((access) => renamed(access, subject.original));
  switch (record.type) {
    case 'DENIED':
    case 'KILLED':
      return [...accesses.flatMap((access) => denying(grants(subject, block, access))), ...limitRules(record, block)];
    case 'AUDIT':
      return accesses.flatMap((access) => [
        ...needed(subject, block, access),
        ...auditing(grants(subject, block, access)),
      ]);
    default:
      return [];
  }
}

function limitRules({ fields }: AuditRecord, { rules }: ProfileBlock): readonly Rule[] {
  if (fields['operation'] !== 'setrlimit') return [];
  return rules.filter((rule) => rule.kind === 'rlimit' && rule.limit === fields['rlimit']);
}

/**
 * What the kernel checks when an operation succeeds: against the profile of who tried it, and that of the other end.
 * @returns none where a process had not the label that it must have.
 */
export function grantedAccesses(
  { action, from }: Probe,
  { process, other }: Observation,
  subject: NamedProfile,
  look: FileLookup,
): (readonly [ProfileBlock, Access])[] {
  const isProved = (proof: ProcessProof | undefined): boolean =>
    proof === undefined || sameLabel(proof.label, proof.expected);
  if (!isProved(process) || !isProved(other)) return [];

  const nameOf = (proof: ProcessProof | undefined): string | undefined =>
    proof === undefined ? undefined : subject.original(proof.label.replace(/ \([a-z]+\)$/, ''));
  const self = nameOf(process) ?? subject.profile;
  const ends = { self, other: nameOf(other) ?? (isOwn(action) ? self : undefined) };
  const active = from === undefined || other !== undefined ? operationAccesses(action, look, ends) : [];
  const all = [
    ...active.map((access) => [self, access] as const),
    ...answeredAccesses(action, ends).map((access) => [ends.other ?? '', access] as const),
  ];
  // every profile of a stack decides
  return all.flatMap(([label, access]) =>
    label.split('//&').flatMap((part) => {
      const block = blockOf(subject, part);
      return block === undefined ? [] : [[block, access] as const];
    }),
  );
}

function blockOf({ text, original }: NamedProfile, label: string): ProfileBlock | undefined {
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
 * Who owns the file matters only to `owner` rules: where the owner is unknown, a rule must be needed either way.
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
