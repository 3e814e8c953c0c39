/** The story of a comparison: read both profiles, compare them, ask the kernel, try the probes under both. */
import { defined } from '#core/model/optional.ts';
import { compareAddedChild, formerParent } from '#core/profile/compare/added-child.ts';
import { isDecidedByRules, mediationDifferences, type Mediation } from '#core/profile/compare/mediation-difference.ts';
import { addedDifference, removedDifference } from '#core/profile/compare/one-sided.ts';
import { pairProfiles } from '#core/profile/compare/profile-pairs.ts';
import { ruleChanges } from '#core/profile/compare/rule-changes.ts';
import { applyWaivers, waiveByName, type WaivedDifference } from '#core/profile/compare/waivers.ts';
import { surroundingsOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';
import type { DiffReport, ProfileDiff } from '#core/report/diff-report.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { RunEvents } from '../run/run-options.ts';
import { THIS_HOST } from '../session/host.ts';
import { compiledSides, type CompiledSides } from './compiled-policies.ts';
import { compareVerdicts } from './compare-verdicts.ts';
import { confirmExamples, unconfirmedExamples } from './confirm-examples.ts';
import type { DiffOptions } from './diff-options.ts';
import { withNewName } from './renamed-profile.ts';
import { mediationOf, type SideMediation } from './side-mediation.ts';

interface ComparedTexts {
  readonly base: ProfileText;
  readonly head: ProfileText;
}

/** A profile of the report, and what else is to be said. */
interface Compared {
  readonly profile: ProfileDiff;
  readonly notes?: readonly string[];
  /** What could not be compared. */
  readonly gaps?: readonly string[];
}

/** @throws HarnessError when a profile cannot be read, compiled or loaded. */
export async function compareProfiles(options: DiffOptions, events: RunEvents, host = THIS_HOST): Promise<DiffReport> {
  const { base, head, kernel, spec } = options;
  const texts = { base: profileText(base.file, base.includes), head: profileText(head.file, head.includes) };
  const mediation = await mediationOf({ side: base, text: texts.base }, { side: head, text: texts.head }, kernel);
  const compiled = await compiledSides(options);
  const compared: Compared[] = [];
  for (const pair of pairProfiles(texts.base.profiles, texts.head.profiles)) {
    if (pair.base === undefined) compared.push(addedProfile(pair.head, texts, options));
    else if (pair.head === undefined) compared.push(removedProfile(pair.base, texts, options));
    else
      compared.push(
        await compareProfile({ base: pair.base, head: pair.head }, texts, { options, mediation, compiled }),
      );
  }
  const formerNames = new Map(
    compared.flatMap(({ profile: { name, formerName } }) =>
      formerName === undefined ? [] : [[name, formerName] as const],
    ),
  );
  const verdicts =
    spec === undefined ? undefined : await compareVerdicts({ ...options, spec, formerNames }, events, host);

  const notes = [...new Set(compared.flatMap((each) => each.notes ?? []))];
  if (!kernel) notes.push('Not confirmed: no kernel with AppArmor was asked.');
  const gaps = [...mediation.gaps, ...compared.flatMap((each) => each.gaps ?? [])];
  if (compared.length === 0) gaps.push('Neither version defines a profile.');
  const profiles = compared.map(({ profile }) => profile);
  return defined({ base: base.label, head: head.label, profiles, notes, gaps, probes: verdicts });
}

/** What all profiles of a comparison share. */
interface Comparing {
  readonly options: DiffOptions;
  readonly mediation: SideMediation;
  readonly compiled: CompiledSides;
}

/** Both versions of a profile; their names differ where it was renamed. */
async function compareProfile(
  { base, head }: { readonly base: ProfileBlock; readonly head: ProfileBlock },
  texts: ComparedTexts,
  { options, mediation, compiled }: Comparing,
): Promise<Compared> {
  const isRenamed = base.name !== head.name;
  const before = isRenamed ? withNewName(texts.base, base, { to: head.name, includes: options.base.includes }) : base;
  const { differences, notes, gaps } = applyWaivers(before, head, options, {
    base: surroundingsOf(texts.base, base),
    head: surroundingsOf(texts.head, head),
  });
  const unexplained = compiled.unexplained(base, head, differences);
  const mediated = mediation.of(base, head);
  const decided = mediated === undefined ? differences : differences.filter((each) => isDecidedByRules(each, mediated));
  const { examples, notes: kernelNotes } = options.kernel
    ? await confirmExamples({ ...options.base, block: base }, { ...options.head, block: head }, decided)
    : unconfirmedExamples(decided);

  const withExamples = decided.map((difference, i) => ({ ...difference, examples: examples[i] ?? [] }));
  return {
    profile: {
      name: head.name,
      status: isRenamed ? 'renamed' : 'both',
      ...defined({ formerName: isRenamed ? base.name : undefined }),
      rules: ruleChanges(before, head),
      differences: [
        ...withoutExamples([...unexplained.differences, ...classChanges(mediated, options)]),
        ...withExamples,
      ],
    },
    notes: [...notes, ...kernelNotes],
    gaps: [...gaps, ...unexplained.gaps],
  };
}

function classChanges(mediated: Mediation | undefined, options: DiffOptions): WaivedDifference[] {
  return mediated === undefined ? [] : waiveByName(mediationDifferences(mediated), options);
}

/** A child or hat is compared with the profile that can enter it. */
function addedProfile(added: ProfileBlock, texts: ComparedTexts, options: DiffOptions): Compared {
  const profile = profileOnOneSide(added.name, 'added');
  const parent = formerParent(texts.base, added.name);
  if (parent === undefined) {
    const difference = addedDifference(added, texts.base.profiles, texts.head.profiles);
    return { profile: { ...profile, differences: withoutExamples(waiveByName([difference], options)) } };
  }
  const { differences, notes, gaps } = compareAddedChild(
    { text: texts.base, block: parent },
    { text: texts.head, block: added },
    options,
  );
  return { profile: { ...profile, parent: parent.name, differences: withoutExamples(differences) }, notes, gaps };
}

function removedProfile(removed: ProfileBlock, texts: ComparedTexts, options: DiffOptions): Compared {
  const parentName = removed.name.slice(0, Math.max(0, removed.name.lastIndexOf('//')));
  const parent = pairProfiles(texts.base.profiles, texts.head.profiles).find(({ base }) => base?.name === parentName);
  const [difference] = waiveByName([removedDifference(removed, parent?.head)], options);
  const differences = difference === undefined ? [] : withoutExamples([difference]);
  return { profile: { ...profileOnOneSide(removed.name, 'removed'), differences } };
}

/** The kernel is not asked about these. */
function withoutExamples(differences: readonly WaivedDifference[]): ProfileDiff['differences'] {
  const { examples } = unconfirmedExamples(differences);
  return differences.map((difference, i) => ({ ...difference, examples: examples[i] ?? [] }));
}

function profileOnOneSide(name: string, status: 'added' | 'removed'): ProfileDiff {
  return { name, status, rules: { added: [], removed: [], changed: [] }, differences: [] };
}
