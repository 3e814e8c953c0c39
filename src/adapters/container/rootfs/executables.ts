/** Every executable file of a container, seen from outside through /proc of one of its processes. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** An image with more names is not walked to its end. */
const MOST_NAMES = 50_000;
/** One folder must not take the place of all others. */
const MOST_OF_A_FOLDER = 10_000;
/** What the kernel makes, and where nothing can be executed. */
const SKIPPED = /^\/(?:proc|sys|dev)$/;
/** A path with other signs makes no readable row. */
const READABLE = /^[\x21-\x7e]{1,200}$/;

/**
 * Follows no link.
 * @param pid a process of the container, on the host.
 * @returns absolute paths inside the container, sorted.
 */
export function executables(pid: number): readonly string[] {
  const root = `/proc/${pid}/root`;
  const found: string[] = [];
  const folders = ['/'];
  let left = MOST_NAMES;
  // breadth first: programs are not deep
  for (const folder of folders) {
    if (left <= 0) break;
    const above = folder === '/' ? '' : folder;
    const entries = entriesOf(join(root, folder)).slice(0, MOST_OF_A_FOLDER);
    left -= entries.length;
    for (const entry of entries) {
      const path = `${above}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.test(path)) folders.push(path);
      else if (entry.isFile() && READABLE.test(path) && isExecutable(join(root, path))) found.push(path);
    }
  }
  return found.sort();
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

function readEntries(folder: string): { readonly name: string; isDirectory(): boolean; isFile(): boolean }[] {
  return readdirSync(folder, { withFileTypes: true });
}

function isExecutable(path: string): boolean {
  try {
    return (statSync(path).mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
