/** The executables of a container, with what the profile's text says of the label of each. */
import { executables } from '#adapters/container/rootfs/executables.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Plan, ProfileSource } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { questionOf } from '#core/profile/semantics/access.ts';
import { answer } from '#core/profile/semantics/decide-access.ts';
import { grantsFor, policyOf, surroundingsOf, type Policy } from '#core/profile/semantics/policy.ts';
import { withExecutables, type Executable } from '#core/spec/closed/exec-members.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { AGENT_PATH } from '#adapters/container/container-config.ts';

/** @param pid a process of the confined container. @returns the plan with the attempts of the closed class `exec` */
export function withContainerExecutables(plan: Plan, policy: LoadedPolicy, pid: number): Plan {
  const { name: profile } = policy;
  return withExecutables(plan, () => programsOf(plan.profile, policy, pid), { profile, newId: newProbeId });
}

function programsOf(source: ProfileSource, loaded: LoadedPolicy, pid: number): readonly Executable[] {
  const policy = readPolicy(source, loaded);
  return executables(pid)
    .filter((path) => path !== AGENT_PATH)
    .map((path) => defined({ path, transition: policy && transitionOf(policy, path) }));
}

/** Where the text cannot be read, what is tried is only spread. */
function readPolicy(source: ProfileSource, { text, source: written, name }: LoadedPolicy): Policy | undefined {
  const file = profileFileOf(source);
  try {
    const read = text ?? (file === undefined ? undefined : profileText(file, source.includes, written));
    const block = read?.profiles.find((one) => one.name === name);
    return read === undefined || block === undefined ? undefined : policyOf(block, surroundingsOf(read, block));
  } catch {
    return undefined;
  }
}

function transitionOf(policy: Policy, path: string): string | undefined {
  return answer(grantsFor(policy, questionOf({ class: 'file', path, permission: 'x' }))).transition;
}
