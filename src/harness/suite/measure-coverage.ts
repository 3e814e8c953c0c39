/** Rule coverage of a suite while its container is still there: the profile read, the place looked at, the rules counted. */
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

/**
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
  if (file === undefined)
    return {
      unknown: "The engine's own profile is not there as text: `source:` beside `engine:` names a file that has it.",
    };
  try {
    const text = profileText(file, {}, policy.source);
    if (!policy.name.split('//&').every((name) => text.profiles.some((block) => block.name === name)))
      return { unknown: `${file} has no profile ${policy.name}.` };
    return measureRules(
      { text, profile: policy.name, original: (label) => asWritten(label, policy.written) },
      entries,
      await hereOf(pid, policy, text),
    );
  } catch (thrown) {
    const { message, details } = asHarnessError(thrown);
    return { unknown: [message, ...details].join(' ') };
  }
}

async function hereOf(pid: number, policy: LoadedPolicy, text: ProfileText): Promise<ContainerView> {
  const abi = policyAbi(text);
  const classes = new Set(
    text.profiles
      .flatMap(({ rules }) => rules)
      .filter(({ kind }) => kind !== 'all')
      .map(classOf),
  );
  const notRuled = await unmediatedClasses(classes);
  const reasons = new Map(
    [...classes].map((name) => [
      name,
      notRuled.get(name) ?? (abi === undefined ? undefined : uncompiledReason(name, abi)),
    ]),
  );
  return {
    ...readLimits(pid),
    labels: ['unconfined', ...[...loadedProfiles().keys()].filter((name) => !policy.written.has(name))],
    look: (path, follow) => lookUp(pid, path, follow),
    list: (folder) => listFolder(pid, folder),
    unmediated: (name) => reasons.get(name),
  };
}
