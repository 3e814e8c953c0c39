/** What the host sees of a process of the container: its label, and whether its execution was secure. */
import { readdirSync, readFileSync } from 'node:fs';
import { underProfile } from '#core/audit/attribute.ts';
import { labelText } from '#core/model/labels.ts';
import { labelOf } from './securityfs/loaded-profiles.ts';

/** Keys of the auxiliary vector (include/uapi/linux/auxvec.h). */
const AT_PAGESZ = 6n;
const AT_SECURE = 23n;

/**
 * @param parent on the host.
 * @param inner the child's number in the namespace of the container.
 * @returns its number on the host; undefined when there is no such child.
 */
export function childOf(parent: number, inner: number): number | undefined {
  const listed = readText(`/proc/${parent}/task/${parent}/children`)
    ?.split(' ')
    .filter((word) => word !== '')
    .map(Number);
  return (listed ?? childrenByParent(parent)).find((pid) => innerPid(pid) === inner);
}

/** For a kernel without CONFIG_PROC_CHILDREN: every process has its parent's id. */
function childrenByParent(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => new RegExp(`^PPid:\t${parent}$`, 'm').test(readText(`/proc/${pid}/status`) ?? ''));
}

/** The number of a process in its own namespace, the innermost. */
export function innerPid(pid: number): number | undefined {
  const last = /^NSpid:.*?(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return last === undefined ? undefined : Number(last);
}

/** Label and mode of a process as the kernel prints them; `none` when it has gone. */
export function labelTextOf(pid: number): string {
  const found = labelOf(pid);
  return found === undefined ? 'none' : labelText(found.label, found.mode);
}

/** Processes of the host under one of these profiles, also in a child of it or as part of a stack. */
export function processesWithLabel(names: readonly string[]): Set<number> {
  return new Set(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => underProfile(labelOf(pid)?.label ?? '', names)),
  );
}

/** AT_SECURE: whether the loader has to scrub the environment. Undefined when it cannot be read. */
export function atSecureOf(pid: number): boolean | undefined {
  let vector: Buffer;
  try {
    vector = readFileSync(`/proc/${pid}/auxv`);
  } catch {
    return undefined;
  }
  for (const size of [8, 4] as const) {
    const entries = pairs(vector, size);
    if (entries.has(AT_PAGESZ) && entries.has(AT_SECURE)) return entries.get(AT_SECURE) !== 0n;
  }
  return undefined;
}

/** Entries of words of 64 bits or, for programs of 32, of those. */
function pairs(vector: Buffer, size: 8 | 4): Map<bigint, bigint> {
  const word = (at: number): bigint => (size === 8 ? vector.readBigUInt64LE(at) : BigInt(vector.readUInt32LE(at)));
  const entries = new Map<bigint, bigint>();
  for (let at = 0; at + 2 * size <= vector.length; at += 2 * size) entries.set(word(at), word(at + size));
  return entries;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
