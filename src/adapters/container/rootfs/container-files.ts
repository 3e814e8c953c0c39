/** The names of a container's files and folders, seen from outside through /proc of one of its processes. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inventory } from './inventory.ts';
import { resolveInContainer } from './symlinks.ts';

/** A name of the container. */
export interface ContainerFile {
  /** As the kernel names it: absolute, a folder with a slash at its end. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** What there is, and why that is not all. */
export interface ContainerFiles {
  readonly files: readonly ContainerFile[];
  /** Folders of which some names are left out, each with a slash at its end. */
  readonly cut: readonly string[];
}

/** Of each top folder; of those that the kernel makes up less is different. */
const MOST_BELOW_A_TOP = 6000;
const MOST_BELOW_KERNELS = 1200;
const KERNELS = /^\/(?:proc|sys|dev)\/$/;
/** A folder of thousands shows no more than some of them. */
const MOST_OF_A_FOLDER = 800;
/** The files of one process stand for those of all; what it has open is another each time. */
const SKIPPED = /^\/proc\/(?:(?!1\/)\d+\/|1\/(?:task|fd|fdinfo|map_files|cwd|root|exe)\/)/;

/**
 * Walks each top folder breadth first, and follows no link.
 * @param pid a process of the container, on the host.
 */
export function containerFiles(pid: number): ContainerFiles {
  const root = `/proc/${pid}/root`;
  const cut = new Set<string>();
  const tops = namesIn(root, '/', cut);
  const files = tops.flatMap((top) => [top, ...(top.kind === 'folder' ? below(root, top.path, cut) : [])]);
  const all: readonly ContainerFile[] = [{ path: '/', kind: 'folder' }, ...files];
  return { files: [...all, ...othersOf(pid, all)], cut: [...cut].sort() };
}

/** What probes are made for, and mutants name: it lies deeper where a folder of the kernel is cut. */
function othersOf(pid: number, files: readonly ContainerFile[]): readonly ContainerFile[] {
  const known = new Set(files.map(({ path }) => path));
  const named = inventory(pid).map(({ path, kind }) => ({ path: kind === 'folder' ? `${path}/` : path, kind }));
  return named.filter(({ path }) => !known.has(path) && path !== '//');
}

function below(root: string, top: string, cut: Set<string>): readonly ContainerFile[] {
  const most = KERNELS.test(top) ? MOST_BELOW_KERNELS : MOST_BELOW_A_TOP;
  const found: ContainerFile[] = [];
  const folders = [top];
  for (const folder of folders) {
    if (found.length >= most) {
      cut.add(top);
      break;
    }
    const names = namesIn(root, folder, cut);
    found.push(...names);
    folders.push(...names.flatMap(({ path, kind }) => (kind === 'folder' ? [path] : [])));
  }
  return found;
}

/** Evenly spread, where there are too many. */
function namesIn(root: string, folder: string, cut: Set<string>): readonly ContainerFile[] {
  if (SKIPPED.test(folder)) return [];
  const entries = entriesIn(join(root, folder)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const step = Math.max(1, entries.length / MOST_OF_A_FOLDER);
  if (step > 1) cut.add(folder);
  return Array.from({ length: Math.min(entries.length, MOST_OF_A_FOLDER) }, (_, i) => entries[Math.floor(i * step)])
    .filter((entry) => entry !== undefined)
    .map((entry) => {
      const kind = kindOf(entry);
      return { path: `${folder}${entry.name}${kind === 'folder' ? '/' : ''}`, kind };
    });
}

type Entry = ReturnType<typeof entriesIn>[number];

function entriesIn(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

function readEntries(folder: string): {
  readonly name: string;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}[] {
  return readdirSync(folder, { withFileTypes: true });
}

function kindOf(entry: Entry): ContainerFile['kind'] {
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'link';
  return entry.isFile() ? 'file' : 'other';
}

/** What the mode of a file lets its users do. */
export interface FileRights {
  /** Permission bits. */
  readonly mode: number;
  /** Its user, as the host numbers users. */
  readonly owner: string;
  /** Number of its file system. */
  readonly device: number;
}

/** @returns undefined when there is no such file; a link is not followed. */
export function rightsOf(pid: number, path: string): FileRights | undefined {
  try {
    const { mode, uid, dev } = lstatSync(join(`/proc/${pid}/root`, path));
    return { mode: mode & 0o7777, owner: `${uid}`, device: dev };
  } catch {
    return undefined;
  }
}

/** @returns the file system of a folder of the container; undefined when it is none, or a link leads to it. */
export function deviceOf(pid: number, folder: string): number | undefined {
  if (resolveInContainer(pid, folder) !== (folder.replace(/\/$/, '') || '/')) return undefined;
  try {
    const found = statSync(join(`/proc/${pid}/root`, folder));
    return found.isDirectory() ? found.dev : undefined;
  } catch {
    return undefined;
  }
}
