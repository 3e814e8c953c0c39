/** Whether the kernel answers as our reading of two profiles says, asked of both loaded policies. */
import { SOCKET_FAMILIES, SOCKET_TYPES } from '#core/model/linux.ts';
import type { Access } from '#core/profile/semantics/access.ts';
import { BITS, openLine, type PolicyQuery } from './securityfs/access-query.ts';

const NET_CREATE = 0x10;

/** What the kernel says to one example: whether it is allowed, under both labels. Undefined: it cannot be asked that. */
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
    const bits = line.file(label, access.permission === 'l' ? `${access.path}\0${access.target ?? '/x'}` : access.path);
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
