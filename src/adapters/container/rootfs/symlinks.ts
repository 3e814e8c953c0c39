/** Follows links as a process in the container would, from outside: an absolute link must not lead into the host. */
import { readlinkSync, lstatSync } from 'node:fs';
import { join } from 'node:path';

const MAX_LINKS = 40; // the kernel's own limit (MAXSYMLINKS)

/**
 * @param pid a process of the container, on the host.
 * @param path absolute, inside the container.
 * @returns the path that the kernel checks, or undefined when there is no such file.
 */
export function resolveInContainer(pid: number, path: string): string | undefined {
  const root = `/proc/${pid}/root`;
  let left = path.split('/').filter(Boolean);
  let done: string[] = [];
  let links = 0;
  while (left.length > 0) {
    const [name = '', ...rest] = left;
    left = rest;
    if (name === '.') continue;
    if (name === '..') {
      done = done.slice(0, -1);
      continue;
    }
    const here = [...done, name];
    try {
      const file = join(root, ...here);
      if (!lstatSync(file).isSymbolicLink()) {
        done = here;
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) return undefined;
      const target = readlinkSync(file);
      if (target.startsWith('/')) done = [];
      left = [...target.split('/').filter(Boolean), ...left];
    } catch {
      return undefined;
    }
  }
  return `/${done.join('/')}`;
}
