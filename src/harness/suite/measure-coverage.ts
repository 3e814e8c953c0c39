/** Rule coverage of a suite, measured while its container is still there. */
import { measureRules } from '#core/coverage/coverage.ts';
import { classOf, type ContainerView } from '#core/coverage/untestable-rules.ts';
import { asHarnessError } from '#core/model/errors.ts';
import { uncompiledReason } from '#adapters/kernel/securityfs/features.ts';
import { policyAbi } from '#adapters/kernel/parser/policy-abi.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import { unmediatedClasses } from '#adapters/kernel/mediation.ts';
import { loadedProfiles } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { asWritten } from '#core/model/labels.ts';
import type { Coverage, Entry, ProfileSource } from '#core/model/model.ts';
import { readLimits, listFolder, lookUp } from '#adapters/container/rootfs/lookup.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';
import { profileFileOf } from '#core/spec/resolve.ts';

const NO_TEXT = "The text of the engine's profile is not available. Name its file with `source:` next to `engine:`.";

/**
 * Counts which rules of the profile the probes exercised.
 * @param pid the confined container's first process.
 * @returns why the coverage is not known, where it is not: a run does not fail for that.
 */
export async function measureCoverage(
  source: ProfileSource,
  policy: LoadedPolicy,
  entries: readonly Entry[],
  pid: number,
): Promise<Coverage> {
  const file = profileFileOf(source);
  if (file === undefined) return { unknown: NO_TEXT };
  try {
    const text = profileText(file, source.includes, policy.source);
    if (!definesProfile(text, policy.name)) return { unknown: `${file} has no profile ${policy.name}.` };
    const original = (label: string): string => asWritten(label, policy.written);
    return measureRules({ text, profile: policy.name, original }, entries, await viewOf(pid, policy, text));
  } catch (thrown) {
    const { message, details } = asHarnessError(thrown);
    return { unknown: [message, ...details].join(' ') };
  }
}

/** @param name a profile, or a stack of several. */
function definesProfile({ profiles }: ProfileText, name: string): boolean {
  const defined = new Set(profiles.map((block) => block.name));
  return name.split('//&').every((part) => defined.has(part));
}

/** What rules can be tried in the container. */
async function viewOf(pid: number, { written }: LoadedPolicy, text: ProfileText): Promise<ContainerView> {
  const reasons = await reasonsWithoutEffect(text);
  const otherProfiles = [...loadedProfiles().keys()].filter((name) => !written.has(name));
  return {
    ...readLimits(pid),
    labels: ['unconfined', ...otherProfiles],
    look: (path, follow) => lookUp(pid, path, follow),
    list: (folder) => listFolder(pid, folder),
    unmediated: (ruleClass) => reasons.get(ruleClass),
  };
}

/** Why a class of rules has no effect on this host, for each class of the profile that has none. */
async function reasonsWithoutEffect(text: ProfileText): Promise<ReadonlyMap<string, string>> {
  const rules = text.profiles.flatMap((block) => block.rules).filter(({ kind }) => kind !== 'all');
  const classes = new Set(rules.map(classOf));
  const reasons = new Map(await unmediatedClasses(classes));
  const abi = policyAbi(text);
  if (abi === undefined) return reasons;
  for (const ruleClass of classes) {
    const reason = reasons.get(ruleClass) ?? uncompiledReason(ruleClass, abi);
    if (reason !== undefined) reasons.set(ruleClass, reason);
  }
  return reasons;
}
