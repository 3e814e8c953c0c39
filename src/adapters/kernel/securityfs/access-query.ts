/**
 * Asks the kernel what loaded policy allows for a path, through securityfs `.access` (security/apparmor/apparmorfs.c,
 * aa_write_access; libapparmor's kernel.c is the other user of the protocol).
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Ruling } from '#core/model/model.ts';
import type { Permission } from '#core/verdict/policy-question.ts';

const FILE_CLASS = 0x02;
const NETWORK_CLASS = 14;
/** AA_MAY_… bits of file permissions (security/apparmor/include/perms.h). */
export const BITS = {
  x: 0x1,
  w: 0x2,
  r: 0x4,
  a: 0x8,
  c: 0x10,
  d: 0x20,
  k: 0x8000,
  m: 0x10000,
  l: 0x40000,
} as const satisfies Record<Permission, number>;

/** An open line to the kernel: thousands of questions a second. */
export class PolicyQuery {
  private readonly fd: number;
  private readonly answer = Buffer.alloc(256);
  /** @throws when the kernel has no such file, or this user may not open it. */
  constructor() {
    this.fd = openSync('/sys/kernel/security/apparmor/.access', 'r+');
  }

  /**
   * @param path bytes as the kernel sees them; a link and its target have a NUL between.
   * @returns bits of what is allowed to the file's owner, when root asks; undefined when the kernel does not answer.
   */
  file(label: string, path: string | Uint8Array): number | undefined {
    return this.ask(label, Buffer.concat([Buffer.from([FILE_CLASS]), Buffer.from(path)]));
  }

  /**
   * @param label of the profile, as loaded.
   * @param path as the kernel sees it: links followed, folders with a slash at the end.
   * @returns what the policy says, for the owner of the file; undefined when the kernel does not answer.
   */
  ruling(label: string, path: string, permissions: readonly Permission[]): Ruling | undefined {
    const allow = this.file(label, path);
    if (allow === undefined) return undefined;
    const wanted = permissions.reduce((bits, one) => bits | BITS[one], 0);
    return { path, permissions: permissions.join(''), allowed: (allow & wanted) === wanted };
  }

  /** Bits of what is allowed to sockets of a family and type, by their numbers. */
  network(label: string, family: number, type: number): number | undefined {
    return this.ask(label, Buffer.from([NETWORK_CLASS, family >> 8, family & 0xff, type >> 8, type & 0xff]));
  }

  close(): void {
    closeSync(this.fd);
  }

  private ask(label: string, question: Uint8Array): number | undefined {
    const query = Buffer.concat([Buffer.from(`label\0${label}\0`), question]);
    try {
      // at position 0: a second write in a row would be ESPIPE
      writeSync(this.fd, query, 0, query.length, 0);
      const text = this.answer.toString('latin1', 0, readSync(this.fd, this.answer, 0, this.answer.length, 0));
      // `deny` is 0 with today's policy, `quiet` under noquiet: a deny rule looks like a missing allow rule
      const allow = text.startsWith('allow 0x') ? Number.parseInt(text.slice(8, 16), 16) : NaN;
      return Number.isNaN(allow) ? undefined : allow;
    } catch {
      return undefined;
    }
  }
}

/** @returns a line to the kernel, or undefined where there is none. */
export function openLine(): PolicyQuery | undefined {
  try {
    return new PolicyQuery();
  } catch {
    return undefined;
  }
}
