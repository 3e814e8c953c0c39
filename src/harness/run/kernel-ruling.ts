/** The third witness: what the loaded policy says of the file that a probe tried, next to what the probe saw. */
import { lookUp, owns } from '#adapters/container/rootfs/lookup.ts';
import { askKernel, type Permission } from '#adapters/kernel/securityfs/access-query.ts';
import { pathOf } from '#core/model/describe-action.ts';
import type { Action, AuditRecord, Entry, Ruling } from '#core/model/model.ts';
import { probeOutcome } from '#core/verdict/outcome.ts';

/** What each way to open a file needs. Truncating needs the permission to write. */
const OPEN_PERMISSIONS: Readonly<Record<string, Permission>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  create: 'w',
  truncate: 'w',
};

/** What each other operation needs that one file rule decides. */
const OPERATION_PERMISSIONS: Readonly<Record<string, Permission>> = {
  unlink: 'd',
  delete: 'd',
  exec: 'x',
  mkdir: 'c',
  mmap: 'm',
  lock: 'k',
};

/** A question to the kernel: whether the policy allows this of a file. */
interface FileQuestion {
  readonly path: string;
  readonly permissions: readonly Permission[];
  readonly isFolder: boolean;
}

/** @returns the file and permissions that an operation needs, where one file rule decides; undefined for all else. */
export function fileQuestion(action: Action): FileQuestion | undefined {
  const path = pathOf(action);
  if (action.kind !== 'operation' || path === undefined) return undefined;

  const permissions = permissionsOf(action.name, action.args);
  return permissions.length === 0 ? undefined : { path, permissions, isFolder: action.name === 'mkdir' };
}

function permissionsOf(operation: string, [openModes = '']: readonly string[]): readonly Permission[] {
  if (operation === 'open') {
    const permissions = openModes.split(',').map((mode) => OPEN_PERMISSIONS[mode]);
    return [...new Set(permissions)].filter((permission) => permission !== undefined);
  }
  const permission = OPERATION_PERMISSIONS[operation];
  return permission === undefined ? [] : [permission];
}

/**
 * @param pid a process of the confined container.
 * @param label the profile as loaded.
 * @returns the entry with the kernel's ruling, and with a note where that contradicts what the probe saw. The same
 * entry where the kernel cannot be asked.
 */
export function addKernelRuling(entry: Entry, pid: number, label: string): Entry {
  const ruling = rulingOn(entry, pid, label);
  if (ruling === undefined) return entry;

  const note = contradiction(entry, ruling);
  if (note === undefined) return { ...entry, ruling };
  return { ...entry, ruling, verdict: { ...entry.verdict, notes: [...entry.verdict.notes, note] } };
}

function rulingOn({ probe, observation }: Entry, pid: number, label: string): Ruling | undefined {
  const question = fileQuestion(probe.action);
  const prober = observation?.process?.pid;
  if (question === undefined || prober === undefined) return undefined;

  const path = lookUp(pid, question.path, true)?.path;
  // the kernel answers what the owner of the file may do
  if (path === undefined || !owns(prober, path)) return undefined;
  return askKernel(label, question.isFolder ? `${path}/` : path, question.permissions);
}

/** @returns a note on a denial that the policy does not contain, or a success that it forbids. Pure. */
export function contradiction(entry: Entry, ruling: Ruling): string | undefined {
  const { probe, observation, witnesses } = entry;
  const { path, permissions, allowed } = ruling;
  const hasSucceeded = observation !== undefined && probeOutcome(probe, observation).kind === 'succeeded';

  if (allowed && witnesses.some(({ record }) => isDenialOf(record, ruling))) {
    return (
      `Contradiction: the kernel's policy query allows ${permissions} of ${path}, ` + 'but its record shows a denial.'
    );
  }
  if (!allowed && hasSucceeded) {
    return (
      `Contradiction: the kernel's policy query does not allow ${permissions} of ${path}, ` +
      'but the access succeeded.'
    );
  }
  return undefined;
}

/** A step before the access may be denied for a permission of its own: that is a record of something else. */
function isDenialOf({ type, fields }: AuditRecord, { path, permissions }: Ruling): boolean {
  const mask = [...(fields['denied_mask'] ?? '')];
  return type === 'DENIED' && fields['name'] === path && mask.some((letter) => permissions.includes(letter));
}
