/** Rule coverage of a suite while its container is still there: the profile read, the place looked at, the rules counted. */
import { coverageOf } from './coverage/coverage.ts';
import { classOf, type Here } from './coverage/untestable.ts';
import { asHarnessError } from './errors.ts';
import { notCompiled } from './kernel/features.ts';
import { policyAbi } from './kernel/abi.ts';
import type { LoadedPolicy } from './kernel/load.ts';
import { unruled } from './kernel/mediation.ts';
import { loadedProfiles } from './kernel/policy.ts';
import { profileText } from './kernel/profile-text.ts';
import { asWritten } from './labels.ts';
import type { Coverage, Entry, ProfileSource } from './model.ts';
import { limitsInside, listInside, lookInside } from './probe/inside.ts';
import type { ProfileText } from './profile/rules.ts';

/**
 * @param pid the confined container's first process.
 * @returns why the coverage is not known, where it is not: a run does not fail for that.
 */
export async function cover(
  source: ProfileSource,
  policy: LoadedPolicy,
  entries: readonly Entry[],
  pid: number,
): Promise<Coverage> {
  const file =
    source.from === 'file'
      ? source.file
      : 'source' in source && typeof source.source === 'string'
        ? source.source
        : undefined;
  if (file === undefined)
    return {
      unknown: "The engine's own profile is not there as text: `source:` beside `engine:` names a file that has it.",
    };
  try {
    const text = profileText(file, {}, policy.source);
    if (!policy.name.split('//&').every((name) => text.profiles.some((block) => block.name === name)))
      return { unknown: `${file} has no profile ${policy.name}.` };
    return coverageOf(
      { text, profile: policy.name, original: (label) => asWritten(label, policy.written) },
      entries,
      await hereOf(pid, policy, text),
    );
  } catch (thrown) {
    const { message, details } = asHarnessError(thrown);
    return { unknown: [message, ...details].join(' ') };
  }
}

async function hereOf(pid: number, policy: LoadedPolicy, text: ProfileText): Promise<Here> {
  const abi = policyAbi(text);
  const classes = new Set(
    text.profiles
      .flatMap(({ rules }) => rules)
      .filter(({ kind }) => kind !== 'all')
      .map(classOf),
  );
  const notRuled = await unruled(classes);
  const reasons = new Map(
    [...classes].map((name) => [name, notRuled.get(name) ?? (abi === undefined ? undefined : notCompiled(name, abi))]),
  );
  return {
    ...limitsInside(pid),
    labels: ['unconfined', ...[...loadedProfiles().keys()].filter((name) => !policy.written.has(name))],
    look: (path, follow) => lookInside(pid, path, follow),
    list: (folder) => listInside(pid, folder),
    unmediated: (name) => reasons.get(name),
  };
}
