/** The executables of a container, with what the profile's text and the compiled policy say of the label of each. */
import { existsSync } from 'node:fs';
import { executables } from '#adapters/container/rootfs/executables.ts';
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import { rawPolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Plan, Probe, ProfileSource } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { compiledProfiles, type CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import { compiledStart, departures } from '#core/profile/binary/compiled-start.ts';
import { questionOf } from '#core/profile/semantics/access.ts';
import { answer } from '#core/profile/semantics/decide-access.ts';
import { grantsFor, policyOf, surroundingsOf, type Policy } from '#core/profile/semantics/policy.ts';
import { pathAttempts, withExecutables, type Executable, type Programs } from '#core/spec/closed/exec-members.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { newProbeId } from '#adapters/host/probe-ids.ts';
import { AGENT_PATH } from '#adapters/container/container-config.ts';

/** Folders that containers often let somebody write to, the likeliest first. */
const FOLDERS = [
  ...['/var/tmp', '/tmp', '/dev/shm', '/run', '/root', '/home', '/opt', '/srv', '/mnt', '/media'],
  ...['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/usr/lib', '/etc', '/var/lib', '/'],
];

/** Paths without a program for which the policy has a rule of its own. */
const MOST_DEPARTURES = 12;

/** @param pid a process of the confined container. @returns the plan with the attempts of the closed class `exec` */
export function withContainerExecutables(plan: Plan, policy: LoadedPolicy, pid: number): Plan {
  const { name: profile } = policy;
  return withExecutables(plan, () => programsOf(plan.profile, policy, pid), { profile, newId: newProbeId });
}

/** @returns the programs of a container, without the agent: absolute paths, no links. */
export function containerExecutables(pid: number): readonly string[] {
  return executables(pid).filter((path) => path !== AGENT_PATH);
}

/**
 * @param profile the profile under test, as its author wrote it
 * @returns attempts of the closed class `exec` for these programs, as far as it does not try them already.
 */
export function attemptsForPrograms(
  classes: Plan['closed'],
  programs: readonly string[],
  profile: string,
): readonly Probe[] {
  const closed = classes.find(({ class: name }) => name === 'exec');
  if (closed === undefined) return [];
  const tried = new Set(closed.attempts.map((attempt) => attempt.closed?.member));
  const others = programs.filter((path) => !tried.has(path)).map((path) => ({ path }));
  return pathAttempts(closed, others, { profile, newId: newProbeId });
}

function programsOf(source: ProfileSource, loaded: LoadedPolicy, pid: number): Programs {
  const policy = readPolicy(source, loaded);
  const compiled = readCompiled(loaded);
  const programs = containerExecutables(pid).map((path): Executable => {
    const start = compiled && compiledStart(compiled, path);
    const transition = policy && transitionOf(policy, path);
    return defined({ path, transition, policy: start?.start, group: start?.group });
  });
  const leaving = programs.filter((one) => one.policy === 'leaves').map(({ path }) => path);
  return {
    executables: programs,
    folders: FOLDERS.filter((folder) => existsSync(`/proc/${pid}/root${folder}`)),
    departures: compiled === undefined ? [] : departures(compiled, leaving, MOST_DEPARTURES),
  };
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

/**
 * What the kernel was given for the profile. In other modes than these what is refused starts under a label of its own,
 * and of a stack each profile decides.
 */
function readCompiled({ policy, loadedAs, mode }: LoadedPolicy): CompiledProfile | undefined {
  if (mode !== 'enforce' && mode !== 'kill') return undefined;
  const bytes = policy ?? rawPolicy(loadedAs);
  return bytes && compiledProfiles(bytes)?.get(loadedAs);
}

function transitionOf(policy: Policy, path: string): string | undefined {
  return answer(grantsFor(policy, questionOf({ class: 'file', path, permission: 'x' }))).transition;
}
