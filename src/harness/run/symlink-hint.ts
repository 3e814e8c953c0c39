/** Why a profile allows what it seems to deny: a rule that names a symbolic link matches nothing. */
import { resolveInContainer } from '#adapters/container/rootfs/symlinks.ts';
import { pathOf } from '#core/model/describe-action.ts';
import type { Action, Entry } from '#core/model/model.ts';
import { literalDenials } from '#core/profile/semantics/literal-denials.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

/** Where a command is looked for; the agent uses the container's own PATH, which is this in nearly every image. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * @param pid a process of the confined container.
 * @param text the profile; undefined where it is the engine's own or cannot be read.
 * @returns the entry, with a hint when a deny rule names the file by a link: the kernel checks names after it has
 * followed all links.
 */
export function addSymlinkHint(entry: Entry, pid: number, text: ProfileText | undefined): Entry {
  const { probe, verdict } = entry;
  const target = targetOf(probe.action);
  if (verdict.code !== 'let-through' || target === undefined || text === undefined) return entry;

  const file = candidatePaths(target)
    .map((path) => resolveInContainer(pid, path))
    .find((path) => path !== undefined);
  if (file === undefined) return entry;

  const aliases = literalDenials(text).filter(({ path }) => path !== file && resolveInContainer(pid, path) === file);
  const alias = aliases.find(({ path }) => baseName(path) === baseName(target)) ?? aliases[0];
  if (alias === undefined) return entry;

  const rule = `The deny rule in line ${alias.line} names ${alias.path}, a link`;
  return { ...entry, verdict: { ...verdict, hint: `${rule}: the kernel sees ${file}, which no deny rule matches.` } };
}

/** The program that a command starts, or the file that an operation is about. */
function targetOf(action: Action): string | undefined {
  switch (action.kind) {
    case 'run':
      return action.argv[0];
    case 'shell':
      return '/bin/sh';
    case 'operation':
    case 'http':
      return pathOf(action);
  }
}

function candidatePaths(target: string): readonly string[] {
  return target.includes('/') ? [target] : PATH.map((folder) => `${folder}/${target}`);
}

function baseName(path: string): string {
  return path.split('/').at(-1) ?? '';
}
