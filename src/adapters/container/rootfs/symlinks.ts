/** Follows links as a process in the container would, from outside: an absolute link must not lead into the host. */
import { readlinkSync, lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';

const MAX_LINKS = 40; // the kernel's own limit (MAXSYMLINKS)

/** The files of a container at one moment: for questions that are asked while nothing can change in between. */
export interface FilesNow {
  /** @returns what a path is, with its links followed but for the last part; undefined: it cannot be found. */
  stat(path: string): Stats | undefined;
  /**
   * @param path absolute, inside the container.
   * @returns the path that the kernel checks, or undefined when there is no such file.
   */
  resolve(path: string): string | undefined;
}

/**
 * Looks at each file once.
 * @param pid a process of the container, on the host.
 */
export function filesNow(pid: number): FilesNow {
  const root = `/proc/${pid}/root`;
  const stat = remembering((path) => statAt(join(root, path)));
  return { stat, resolve: remembering((path) => resolve(pid, path, stat)) };
}

function remembering<T>(find: (path: string) => T): (path: string) => T {
  const known = new Map<string, { readonly found: T }>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before.found;
    const found = find(path);
    known.set(path, { found });
    return found;
  };
}

function statAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * @param pid a process of the container, on the host.
 * @param path absolute, inside the container.
 * @returns the path that the kernel checks, or undefined when there is no such file.
 */
export function resolveInContainer(pid: number, path: string): string | undefined {
  return filesNow(pid).resolve(path);
}

function resolve(pid: number, path: string, stat: FilesNow['stat']): string | undefined {
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
    const file = `/${here.join('/')}`;
    const found = stat(file);
    if (found === undefined) return undefined;
    if (!found.isSymbolicLink()) {
      done = here;
      continue;
    }
    links += 1;
    const target = links > MAX_LINKS ? undefined : targetOf(pid, file);
    if (target === undefined) return undefined;
    if (target.startsWith('/')) done = [];
    left = [...target.split('/').filter(Boolean), ...left];
  }
  return `/${done.join('/')}`;
}

function targetOf(pid: number, path: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/root${path}`);
  } catch {
    return undefined;
  }
}
