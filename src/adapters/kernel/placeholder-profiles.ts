/**
 * Peers may need the label of a program that this host has no profile for. A placeholder profile of that name, which
 * allows everything, makes it possible to test rules about the label.
 */
import type { HostChanges } from './changes/host-changes.ts';
import { compile } from './parser/apparmor-parser.ts';
import { quoteName } from '#core/profile/syntax/unquote.ts';
import { replacePolicy } from './securityfs/loaded-profiles.ts';
import type { LoadedPolicy } from './load-profile.ts';
import type { Plan } from '#core/model/model.ts';

const ALLOWED = ['file', 'capability', 'network', 'signal', 'ptrace'];

/**
 * A placeholder is for peers alone, which are put under it by name. A profile without an attachment of its own attaches
 * to the program that its name is the path of: `/usr/sbin/runc` would catch the host's.
 */
const NO_PROGRAM = '/apparmor-probe/attaches/to/no/program';

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
  for (const name of placeholderNames(plan, policy).flatMap(withParents)) {
    const { policy: placeholder } = await compile('/placeholder', placeholderText(name));
    const isOurs = await changes.share(name, () => {
      replacePolicy(placeholder);
    });
    if (isOurs)
      lines.push(`profile ${name} is not loaded on this host: using a placeholder profile that allows everything`);
  }
  return [...new Set(lines)];
}

/** Names of the peers' profiles that the spec's own file does not define. Stacks and other namespaces have none. */
export function placeholderNames(
  { peers }: Pick<Plan, 'peers'>,
  { written, source = '' }: Pick<LoadedPolicy, 'written' | 'source'>,
): string[] {
  const defined = new Set(written.values());
  return [...new Set(peers.map(({ profile }) => profile))].filter(
    (name) =>
      name !== 'unconfined' &&
      !name.startsWith(':') &&
      !name.includes('//&') &&
      !defined.has(name.split('//')[0] ?? '') &&
      !isExecTarget(name, source),
  );
}

/** `a//b//c` is loaded after `a` and `a//b`: the kernel takes no child without its parent. */
function withParents(name: string): string[] {
  const parts = name.split('//');
  return parts.map((_, i) => parts.slice(0, i + 1).join('//'));
}

/** What is executed into a profile must not find a placeholder there. */
function isExecTarget(name: string, source: string): boolean {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`->\\s*&?"?${literal}(?![\\w/-])`).test(source);
}

/** The text of a placeholder of that name, whatever signs are in it. */
export function placeholderText(name: string): string {
  const rules = ALLOWED.map((rule) => `  ${rule},\n`).join('');
  const header = `profile ${quoteName(name)} ${NO_PROGRAM} flags=(attach_disconnected,mediate_deleted)`;
  return `abi <abi/3.0>,\n${header} {\n${rules}}\n`;
}
