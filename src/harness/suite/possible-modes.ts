/** In which modes the processes of a suite may run: under its profiles, their children, and what they may change to. */
import { asLoaded } from '#core/model/labels.ts';
import type { Plan, ProfileMode } from '#core/model/model.ts';
import type { Rule } from '#core/profile/syntax/ast.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';

/** Profiles of the engine's own that lead to no other. */
const CLOSED: ReadonlySet<string> = new Set(['docker-default', 'containers-default']);

/**
 * @param loaded every profile of the kernel, children as `parent//child`, with its mode.
 * @returns the mode of each label that a process of the suite may get.
 */
export function modesOf(
  { baseline, peers }: Pick<Plan, 'baseline' | 'peers'>,
  policy: Pick<LoadedPolicy, 'loadedAs' | 'names' | 'written' | 'mode' | 'text'>,
  loaded: ReadonlyMap<string, ProfileMode>,
): ReadonlySet<ProfileMode> {
  const others = [...(baseline === undefined ? [] : [baseline]), ...peers.map(({ profile }) => profile)];
  const tops = new Set([...policy.names, ...others.flatMap((name) => asLoaded(name, policy.written).split('//&'))]);
  const mayLeave = leavesFile(policy);
  const modes = [...loaded]
    .filter(([name]) => mayLeave || tops.has(name.replace(/\/\/.*$/, '')))
    .map(([, mode]) => mode);
  return new Set([policy.mode, ...modes]);
}

/** Whether a rule may lead to a profile that is not of the same file. */
function leavesFile({ text, loadedAs }: Pick<LoadedPolicy, 'text' | 'loadedAs'>): boolean {
  if (text === undefined) return !CLOSED.has(loadedAs);
  return text.profiles.some(({ rules }) => rules.some(mayLeadElsewhere));
}

function mayLeadElsewhere(rule: Rule): boolean {
  if (rule.qualifiers.access === 'deny') return false;
  if (rule.kind === 'change_profile' || rule.kind === 'all') return true;
  if (rule.kind === 'pivot_root') return rule.target !== undefined;
  return rule.kind === 'file' && rule.exec !== undefined && /p/i.test(rule.exec.mode);
}
