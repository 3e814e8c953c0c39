/** Why a profile lets something through that it seems to deny: a rule that names a link matches nothing. */
import type { Entry } from '#core/model/model.ts';
import { pathOf } from '#core/model/describe-action.ts';
import { literalDenials } from '#core/profile/semantics/literal-denials.ts';
import { resolveInContainer } from '#adapters/container/rootfs/symlinks.ts';

/** Where a command is looked for; the agent uses the container's own PATH, which is this in nearly every image. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * @param pid a process of the confined container.
 * @param source text of the profile.
 * @returns the entry, with a hint when a deny rule names the file by a link: the kernel checks names after links are followed.
 */
export function addSymlinkHint(entry: Entry, pid: number, source: string): Entry {
  const {
    probe: { action },
    verdict,
  } = entry;
  const target = action.kind === 'run' ? action.argv[0] : action.kind === 'shell' ? '/bin/sh' : pathOf(action);
  if (verdict.code !== 'let-through' || target === undefined) return entry;
  const real = (target.includes('/') ? [target] : PATH.map((folder) => `${folder}/${target}`))
    .map((path) => resolveInContainer(pid, path))
    .find((path) => path !== undefined);
  if (real === undefined) return entry;
  const aliases = literalDenials(source).filter(({ path }) => path !== real && resolveInContainer(pid, path) === real);
  const wanted = aliases.find(({ path }) => path.endsWith(`/${target.split('/').at(-1) ?? ''}`)) ?? aliases[0];
  if (wanted === undefined) return entry;
  return {
    ...entry,
    verdict: {
      ...verdict,
      hint: `The deny rule in line ${wanted.line} names ${wanted.path}, a link: the kernel sees ${real}, which no deny rule matches.`,
    },
  };
}
