/** The story of a comparison: read both profiles, compare them, ask the kernel, try the probes under both. */
import { defined } from '#core/model/optional.ts';
import { compareAddedChild, formerParent } from '#core/profile/compare/added-child.ts';
import { ruleChanges } from '#core/profile/compare/rule-changes.ts';
import { applyWaivers } from '#core/profile/compare/waivers.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';
import type { DiffReport, ProfileDiff } from '#core/report/diff-report.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { RunEvents } from '../run/run-options.ts';
import { THIS_HOST } from '../session/host.ts';
import { compareVerdicts } from './compare-verdicts.ts';
import { confirmExamples, unconfirmedExamples } from './confirm-examples.ts';
import type { DiffOptions } from './diff-options.ts';

interface ComparedTexts {
  readonly base: ProfileText;
  readonly head: ProfileText;
}

/** @throws HarnessError when a profile cannot be read or loaded. */
export async function compareProfiles(options: DiffOptions, events: RunEvents, host = THIS_HOST): Promise<DiffReport> {
  const { base, head, kernel, spec } = options;
  const texts = { base: profileText(base.file, base.includes), head: profileText(head.file, head.includes) };
  const notes = abiNotes(texts);
  const profiles: ProfileDiff[] = [];
  for (const name of profileNames(texts)) {
    const compared = await compareProfile(name, texts, options);
    profiles.push(compared.profile);
    notes.push(...compared.notes);
  }
  if (!kernel) notes.push('Not confirmed: no kernel with AppArmor was asked.');

  const verdicts = spec === undefined ? undefined : await compareVerdicts({ ...options, spec }, events, host);
  notes.push(...(verdicts?.notes ?? []));
  return defined({ base: base.label, head: head.label, profiles, notes, probes: verdicts?.probes });
}

function abiNotes({ base, head }: ComparedTexts): string[] {
  if (base.abi === head.abi) return [];
  const before = base.abi ?? 'not given';
  const after = head.abi ?? 'not given';
  return [`The abi was ${before} and is ${after}: which classes are mediated at all may differ.`];
}

/** Of both sides, those of the base first. */
function profileNames({ base, head }: ComparedTexts): ReadonlySet<string> {
  return new Set([...base.profiles, ...head.profiles].map(({ name }) => name));
}

async function compareProfile(
  name: string,
  texts: ComparedTexts,
  options: DiffOptions,
): Promise<{ readonly profile: ProfileDiff; readonly notes: readonly string[] }> {
  const base = findBlock(texts.base, name);
  const head = findBlock(texts.head, name);
  if (base === undefined) return addedProfile(name, texts, options);
  if (head === undefined) return { profile: profileOnOneSide(name, 'removed'), notes: [] };

  const { differences, notes } = applyWaivers(base, head, options, {
    base: surroundingsOf(texts.base, base),
    head: surroundingsOf(texts.head, head),
  });
  const baseProfile = { ...options.base, block: base };
  const headProfile = { ...options.head, block: head };
  const confirmed = options.kernel
    ? await confirmExamples(baseProfile, headProfile, differences)
    : unconfirmedExamples(differences);

  const withExamples = differences.map((difference, i) => ({ ...difference, examples: confirmed.examples[i] ?? [] }));
  return {
    profile: { name, status: 'both', rules: ruleChanges(base, head), differences: withExamples },
    notes: [...notes, ...confirmed.notes],
  };
}

/** A child or hat is compared with the profile that can enter it. */
function addedProfile(
  name: string,
  { base, head }: ComparedTexts,
  options: DiffOptions,
): { readonly profile: ProfileDiff; readonly notes: readonly string[] } {
  const profile = profileOnOneSide(name, 'added');
  const parent = formerParent(base, name);
  const child = findBlock(head, name);
  if (parent === undefined || child === undefined) return { profile, notes: [] };

  const { differences, notes } = compareAddedChild(
    { text: base, block: parent },
    { text: head, block: child },
    options,
  );
  const { examples } = unconfirmedExamples(differences);
  const withExamples = differences.map((difference, i) => ({ ...difference, examples: examples[i] ?? [] }));
  return { profile: { ...profile, parent: parent.name, differences: withExamples }, notes };
}

function findBlock({ profiles }: ProfileText, name: string): ProfileBlock | undefined {
  return profiles.find((profile) => profile.name === name);
}

function profileOnOneSide(name: string, status: 'added' | 'removed'): ProfileDiff {
  return { name, status, rules: { added: [], removed: [], changed: [] }, differences: [] };
}
