/** The third witness: what the loaded policy says of the file that a probe tried, beside what the probe saw. */
import { askKernel, type Permission } from '#adapters/kernel/securityfs/access-query.ts';
import type { Action, Entry, Ruling } from '#core/model/model.ts';
import { pathOf } from '#core/model/describe-action.ts';
import { lookUp, owns } from '#adapters/container/rootfs/lookup.ts';
import { probeOutcome } from '#core/verdict/outcome.ts';

/** Permission letters of an open mode; truncating needs the permission to write. */
const OPEN: Readonly<Record<string, Permission>> = { read: 'r', write: 'w', append: 'a', create: 'w', truncate: 'w' };
const NEEDS: Readonly<Record<string, Permission>> = {
  unlink: 'd',
  delete: 'd',
  exec: 'x',
  mkdir: 'c',
  mmap: 'm',
  lock: 'k',
};

/** The file and the permissions that an operation needs, where one file rule decides; undefined for all else. */
export function askedOf(
  action: Action,
): { path: string; permissions: readonly Permission[]; folder: boolean } | undefined {
  const path = pathOf(action);
  if (action.kind !== 'operation' || path === undefined) return undefined;
  const modes =
    action.name === 'open'
      ? (action.args[0] ?? '').split(',').flatMap((mode) => OPEN[mode] ?? [])
      : [NEEDS[action.name]].filter((one) => one !== undefined);
  return modes.length === 0 ? undefined : { path, permissions: [...new Set(modes)], folder: action.name === 'mkdir' };
}

/**
 * @param pid a process of the confined container.
 * @param label the profile as loaded.
 * @returns the entry with the kernel's ruling, and with a note where that contradicts what the probe saw.
 */
export function addKernelRuling(entry: Entry, pid: number, label: string): Entry {
  const asked = askedOf(entry.probe.action);
  const prober = entry.observation?.process?.pid;
  const real = asked === undefined ? undefined : lookUp(pid, asked.path, true)?.path;
  if (asked === undefined || prober === undefined || real === undefined || !owns(prober, real)) return entry; // the kernel answers as to the file's owner
  const ruling = askKernel(label, asked.folder ? `${real}/` : real, asked.permissions);
  if (ruling === undefined) return entry;
  const contradiction = contradicts(entry, ruling);
  const verdict =
    contradiction === undefined ? entry.verdict : { ...entry.verdict, notes: [...entry.verdict.notes, contradiction] };
  return { ...entry, ruling, verdict };
}

/** Pure: a denial that the policy does not contain, or a success that it forbids. */
export function contradicts(entry: Entry, ruling: Ruling): string | undefined {
  const outcome = entry.observation === undefined ? undefined : probeOutcome(entry.probe, entry.observation);
  // a step before the access may be denied for a permission of its own
  const denied = entry.witnesses.some(
    ({ record: { type, fields } }) =>
      type === 'DENIED' &&
      fields['name'] === ruling.path &&
      [...(fields['denied_mask'] ?? '')].some((letter) => ruling.permissions.includes(letter)),
  );
  if (ruling.allowed && denied)
    return `Contradiction: asked directly, the kernel says that the policy allows ${ruling.permissions} of ${ruling.path}, but its record says that it denied it.`;
  if (!ruling.allowed && outcome?.kind === 'succeeded')
    return `Contradiction: asked directly, the kernel says that the policy does not allow ${ruling.permissions} of ${ruling.path}, but the access succeeded.`;
  return undefined;
}
