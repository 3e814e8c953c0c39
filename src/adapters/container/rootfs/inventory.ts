/**
 * What is in a container: names, kinds and modes of its files, seen from outside through /proc of its first process.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

interface Item {
  /** Absolute, inside the container. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** Number of its file system. */
  readonly device: number;
}

/** An image may hold millions of files: some of each folder show what rules do. */
const MOST_BELOW_A_TOP = 1200;
const MOST_OF_A_FOLDER = 60;
/** There are few of these, and /proc is one. */
const MOST_OF_A_TOP = 200;
const DEEPEST = 7;
/** Below these every boot and every process looks different, or there is no end to it. */
const SKIPPED = new RegExp(
  `^/(?:${[
    'proc/(?:\\d+|task|thread-self|bus|self)',
    'sys/(?:devices/(?!virtual)|bus|class|block|module|fs/cgroup/.)',
    'dev/(?:pts|shm|mqueue|fd|std)',
  ].join('|')})`,
);
/** An odd or very long name makes no readable probe. */
const READABLE = /^[\x21-\x7e]{1,200}$/;

/**
 * Walks each top folder breadth first, and follows no link.
 * @param pid a process of the container, on the host.
 * @param named paths that are looked at in any case, and a folder's names with it.
 */
export function inventory(pid: number, named: readonly string[] = []): Item[] {
  const root = `/proc/${pid}/root`;
  const tops = namesIn(root).flatMap((name) => itemAt(root, `/${name}`) ?? []);
  const walked: Item[] = [
    ...[itemAt(root, '/') ?? []].flat(),
    ...tops.flatMap((top) => [top, ...(top.kind === 'folder' ? below(root, top.path) : [])]),
  ];
  const wanted = named
    .flatMap((path) => itemAt(root, path, true) ?? [])
    .flatMap((item) => [
      item,
      ...(item.kind === 'folder'
        ? namesIn(join(root, item.path)).flatMap((name) => itemAt(root, `${item.path}/${name}`) ?? [])
        : []),
    ]);
  return [...new Map([...walked, ...wanted].map((item) => [item.path, item])).values()];
}

function below(root: string, top: string): Item[] {
  const found: Item[] = [];
  let level = [top];
  for (let depth = 1; depth < DEEPEST && level.length > 0; depth += 1) {
    const items = level
      .flatMap((folder) =>
        namesIn(join(root, folder), depth === 1 ? MOST_OF_A_TOP : MOST_OF_A_FOLDER).flatMap(
          (name) => itemAt(root, `${folder}/${name}`) ?? [],
        ),
      )
      .slice(0, MOST_BELOW_A_TOP - found.length);
    found.push(...items);
    level = items.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
  }
  return found;
}

function namesIn(folder: string, most = MOST_OF_A_FOLDER): string[] {
  try {
    return readdirSync(folder).sort().slice(0, most);
  } catch {
    return [];
  }
}

/** @param isNamed the caller names it: it is looked at even below a skipped folder. */
function itemAt(root: string, path: string, isNamed = false): Item | undefined {
  if (!READABLE.test(path) || (!isNamed && SKIPPED.test(path))) return undefined;
  try {
    const stat = lstatSync(join(root, path));
    const kind = kindOf(stat, path);
    return kind === undefined ? undefined : { path, kind, mode: stat.mode & 0o7777, device: stat.dev };
  } catch {
    return undefined;
  }
}

function kindOf(stat: Stats, path: string): Item['kind'] | undefined {
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isDirectory()) return 'folder';
  return stat.isFile() || path.startsWith('/dev/') ? 'file' : undefined;
}
