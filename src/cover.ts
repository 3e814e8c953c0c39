/** Rule coverage of a suite while its container is still there: the profile read, the place looked at, the rules counted. */
import { coverageOf } from './coverage/coverage.ts';
import type { Here } from './coverage/untestable.ts';
import { notCompiled, notMediated } from './kernel/features.ts';
import { policyAbi } from './kernel/abi.ts';
import { foldersOf, includeFinder } from './kernel/includes.ts';
import type { LoadedPolicy } from './kernel/load.ts';
import { loadedProfiles } from './kernel/policy.ts';
import { asWritten } from './labels.ts';
import type { Coverage, Entry, ProfileSource } from './model.ts';
import { limitsInside, listInside, lookInside } from './probe/inside.ts';
import { isRead, readProfileText } from './profile/read.ts';
import type { FindInclude, ProfileText } from './profile/rules.ts';

/**
 * @param pid the confined container's first process.
 * @returns why the coverage is not known, where it is not: a run does not fail for that.
 */
export function cover(source: ProfileSource, policy: LoadedPolicy, entries: readonly Entry[], pid: number): Coverage {
  if (source.from === 'engine' || policy.source === undefined) return { unknown: 'The engine\'s own profile is not there as text: `source:` beside `engine:` names a file that has it.' };
  const find = includeFinder(foldersOf(source.file, {}));
  try {
    const text = readProfileText(source.file, policy.source, find);
    if (!isRead(text)) return { unknown: `The profile cannot be read: ${text.file}:${String(text.line)}:${String(text.column)}: ${text.message}.` };
    return coverageOf({ text, profile: policy.name, original: (label) => asWritten(label, policy.written) }, entries, hereOf(pid, policy, text, find));
  } catch (thrown) {
    return { unknown: `It could not be found out: ${thrown instanceof Error ? thrown.message : String(thrown)}.` };
  }
}

function hereOf(pid: number, policy: LoadedPolicy, text: ProfileText, find: FindInclude): Here {
  const abi = policyAbi(text, find);
  const known = new Map<string, string | undefined>();
  const reason = (name: string): string | undefined => notMediated(name) ?? (abi === undefined ? undefined : notCompiled(name, abi));
  return {
    ...limitsInside(pid), labels: ['unconfined', ...[...loadedProfiles().keys()].filter((name) => !policy.written.has(name))], look: (path, follow) => lookInside(pid, path, follow), list: (folder) => listInside(pid, folder),
    unmediated: (name) => {
      if (!known.has(name)) known.set(name, reason(name));
      return known.get(name);
    },
  };
}
