/** The names of files and rooms. Pure. Paths are relative to the folder that is looked at, with `/`. */
import { basename } from 'node:path/posix';
import { circles, grouped, type Graph } from './graph.ts';

/** Names that more than one file has, without folder and extension: each with its files. */
export function repeatedNames(files: readonly string[]): { readonly name: string; readonly files: string[] }[] {
  const byName = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    const name = basename(file).replace(/\..*$/, '');
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  return [...byName].filter(([, same]) => same.length > 1).map(([name, same]) => ({ name, files: same }));
}

/** The room of a file at a depth: the first parts of its path. A loose file is a room of its own. */
export function roomOf(file: string, depth: number): string {
  return file.split('/').slice(0, depth).join('/');
}

/**
 * The circles among the rooms at each depth, if at least one of the rooms is a folder.
 * A circle that is there at two depths counts once.
 */
export function folderCircles(graph: Graph): string[][] {
  const deepest = Math.max(0, ...[...graph.keys()].map((file) => file.split('/').length));
  const found = new Map<string, string[]>();

  for (let depth = 1; depth < deepest; depth += 1) {
    const rooms = grouped(graph, (file) => roomOf(file, depth));
    for (const circle of circles(rooms)) {
      if (circle.every((room) => graph.has(room))) continue;
      found.set(circle.join(), circle);
    }
  }
  return [...found.values()];
}
