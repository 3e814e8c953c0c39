/** Whether the kernel answers as our reading of two profiles says, asked of both loaded policies. */
import { SOCKET_FAMILIES, SOCKET_TYPES } from '#core/model/linux.ts';
import type { Access } from '#core/profile/semantics/access.ts';
import { BITS, openLine, type PolicyQuery } from './securityfs/access-query.ts';

/** AA_MAY_CREATE for sockets (security/apparmor/include/perms.h). */
const NET_CREATE = 0x10;

/** Whether the kernel allows one example, under both labels; undefined where it cannot answer. */
type Confirm = (access: Access) => { readonly base: boolean; readonly head: boolean } | undefined;

/** @returns undefined where this kernel answers no questions. */
export function openConfirm(base: string, head: string): { confirm: Confirm; close(): void } | undefined {
  const line = openLine();
  if (line === undefined) return undefined;
  return {
    confirm: (access) => {
      const [before, after] = [base, head].map((label) => allowed(line, label, access));
      return before === undefined || after === undefined ? undefined : { base: before, head: after };
    },
    close: () => {
      line.close();
    },
  };
}

/** The kernel answers for files that belong to the one who asks, and for making sockets. */
function allowed(line: PolicyQuery, label: string, access: Access): boolean | undefined {
  if (access.class === 'file' && access.owner !== false) {
    const path = access.permission === 'l' ? `${access.path}\0${access.target ?? '/x'}` : access.path;
    const bits = line.file(label, path);
    return bits === undefined ? undefined : (bits & BITS[access.permission]) !== 0;
  }
  if (access.class === 'network' && (access.access ?? 'create') === 'create' && access.conditions === undefined) {
    const family = SOCKET_FAMILIES[access.family];
    const type = SOCKET_TYPES[access.type];
    const bits = family === undefined || type === undefined ? undefined : line.network(label, family, type);
    return bits === undefined ? undefined : (bits & NET_CREATE) !== 0;
  }
  return undefined;
}
