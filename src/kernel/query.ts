/**
 * Asks the kernel what loaded policy says of a path, through securityfs `.access` (security/apparmor/apparmorfs.c,
 * aa_write_access; libapparmor's kernel.c is the other user of the protocol).
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Ruling } from '../model.ts';

const FILE_CLASS = 0x02;
/** AA_MAY_… bits of file permissions (security/apparmor/include/perms.h). */
const BITS = { x: 0x1, w: 0x2, r: 0x4, a: 0x8, c: 0x10, d: 0x20, k: 0x8000, m: 0x10000 } as const;
export type Permission = keyof typeof BITS;

/**
 * @param label of the profile, as loaded.
 * @param path as the kernel sees it: links followed, folders with a slash at the end.
 * @returns what the policy says, for the owner of the file; undefined when the kernel does not answer.
 */
export function askKernel(label: string, path: string, permissions: readonly Permission[]): Ruling | undefined {
  const query = Buffer.concat([Buffer.from(`label\0${label}\0`), Buffer.from([FILE_CLASS]), Buffer.from(path)]);
  const answer = Buffer.alloc(256);
  let fd: number | undefined;
  try {
    fd = openSync('/sys/kernel/security/apparmor/.access', 'r+');
    writeSync(fd, query, 0, query.length, 0); // at position 0: a second write in a row would be ESPIPE
    const text = answer.toString('latin1', 0, readSync(fd, answer, 0, answer.length, 0));
    // `deny` is 0 with today's policy, and `quiet` under noquiet: a deny rule and the lack of an allowing one look the same
    const allow = Number(/^allow (0x[0-9a-f]+)$/m.exec(text)?.[1] ?? NaN);
    if (Number.isNaN(allow)) return undefined;
    const wanted = permissions.reduce((bits, one) => bits | BITS[one], 0);
    return { path, permissions: permissions.join(''), allowed: (allow & wanted) === wanted };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
