/** What the kernel can be asked about the file that a probe tried, and whether its answer fits what was seen. Pure. */
import { pathOf } from '../model/describe-action.ts';
import type { Action, AuditRecord, Ruling } from '../model/model.ts';

/** A permission of a file that the kernel can be asked for (security/apparmor/include/perms.h). */
export type Permission = 'r' | 'w' | 'a' | 'x' | 'c' | 'd' | 'k' | 'm' | 'l';

/** What each way to open a file needs. Truncating needs the permission to write. */
const OPEN_PERMISSIONS: Readonly<Record<string, Permission>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  create: 'w',
  truncate: 'w',
};

/** What each other operation needs that one file rule decides, and whether it follows a link at the end of its path. */
const OPERATION_PERMISSIONS: Readonly<Record<string, { readonly permission: Permission; readonly follow: boolean }>> = {
  readdir: { permission: 'r', follow: true },
  unlink: { permission: 'd', follow: false },
  rmdir: { permission: 'd', follow: false },
  delete: { permission: 'd', follow: false },
  exec: { permission: 'x', follow: true },
  mkdir: { permission: 'c', follow: false },
  truncate: { permission: 'w', follow: true },
  mmap: { permission: 'm', follow: true },
  lock: { permission: 'k', follow: true },
};

/** A question to the kernel: whether the policy allows this of a file. */
export interface PolicyQuestion {
  readonly path: string;
  readonly permissions: readonly Permission[];
  /** Whether a link at the end of the path is followed. */
  readonly follow: boolean;
  /** It is about a folder, also where none is there yet. */
  readonly isFolder: boolean;
}

/** @returns the file and permissions that an operation needs, where one file rule decides; undefined for all else. */
export function policyQuestion(action: Action): PolicyQuestion | undefined {
  const path = pathOf(action);
  if (action.kind !== 'operation' || path === undefined) return undefined;
  if (/^\/proc\/(thread-)?self(\/|$)/.test(path)) return undefined; // another name for each process

  if (action.name === 'open') {
    const permissions = openPermissions(action.args[0] ?? '');
    return permissions.length === 0 ? undefined : { path, permissions, follow: true, isFolder: false };
  }
  const needed = Object.hasOwn(OPERATION_PERMISSIONS, action.name) ? OPERATION_PERMISSIONS[action.name] : undefined;
  if (needed === undefined) return undefined;
  const { permission, follow } = needed;
  return { path, permissions: [permission], follow, isFolder: action.name === 'mkdir' };
}

function openPermissions(modes: string): readonly Permission[] {
  const permissions = modes.split(',').map((mode) => OPEN_PERMISSIONS[mode]);
  return [...new Set(permissions)].filter((permission) => permission !== undefined);
}

/** Whether a denial is of what the kernel says that the policy allows. */
export function isDeniedAgainst({ allowed, path, permissions }: Ruling, { type, fields }: AuditRecord): boolean {
  // a transition that cannot be made, and its kin, is refused whatever the policy allows
  if (!allowed || type !== 'DENIED' || fields['info'] !== undefined) return false;
  const isSameFile = fields['name']?.replace(/(?<=.)\/$/, '') === path.replace(/(?<=.)\/$/, '');
  const letters = (fields['denied_mask'] ?? '').replace(/[cd]/g, (letter) =>
    permissions.includes('w') ? 'w' : letter,
  );
  return isSameFile && [...letters].every((letter) => permissions.includes(letter));
}
