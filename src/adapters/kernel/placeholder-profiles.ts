/**
 * Peers may need the label of a program that this host has no profile for. A placeholder profile of that name, which
 * allows everything, makes it possible to test rules about the label.
 */
import type { HostChanges } from './changes/host-changes.ts';
import { compile } from './parser/apparmor-parser.ts';
import { replacePolicy } from './securityfs/loaded-profiles.ts';
import type { LoadedPolicy } from './load-profile.ts';
import type { Plan } from '#core/model/model.ts';

const ALLOWED = ['file', 'capability', 'network', 'signal', 'ptrace'];

/**
 * Loads a placeholder for each peer's profile that is not loaded on this host; the run's clean-up removes it.
 * @returns one line for the report for each.
 */
export async function loadPlaceholderProfiles(
  plan: Plan,
  policy: LoadedPolicy,
  changes: HostChanges,
): Promise<string[]> {
  const lines: string[] = [];
  for (const name of placeholderNames(plan, policy)) {
    const { policy: placeholder } = await compile('/placeholder', placeholderText(name));
    const isOurs = await changes.share(name, () => {
      replacePolicy(placeholder);
    });
    if (isOurs)
      lines.push(`profile ${name} is not loaded on this host: using a placeholder profile that allows everything`);
  }
  return lines;
}

/** Names of the peers' profiles that the spec's own file does not define. */
export function placeholderNames(
  { peers }: Pick<Plan, 'peers'>,
  { written, source = '' }: Pick<LoadedPolicy, 'written' | 'source'>,
): string[] {
  const defined = new Set(written.values());
  return [...new Set(peers.map(({ profile }) => profile))].filter(
    (name) => name !== 'unconfined' && /^[\w.-]+$/.test(name) && !defined.has(name) && !isExecTarget(name, source),
  );
}

/** What is executed into a profile must not find a placeholder there. */
function isExecTarget(name: string, source: string): boolean {
  return new RegExp(`->\\s*&?"?${name.replaceAll('.', '\\.')}\\b`).test(source);
}

function placeholderText(name: string): string {
  const rules = ALLOWED.map((rule) => `  ${rule},\n`).join('');
  return `abi <abi/3.0>,\nprofile "${name}" flags=(attach_disconnected,mediate_deleted) {\n${rules}}\n`;
}
