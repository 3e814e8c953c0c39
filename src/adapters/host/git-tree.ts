/** The tree of a git commit, written to a folder without the filters and line ends of a work tree. */
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { firstErrors, git } from './git.ts';

/** What a tree has at a path; `none` for a submodule, whose files are in another repository. */
interface TreeEntry {
  readonly kind: 'file' | 'link' | 'none';
  readonly object: string;
  /** In bytes. */
  readonly size: number;
  /** From the top of the repository. */
  readonly path: string;
}

export interface TreeCopy {
  /** The commit's whole name. */
  readonly commit: string;
  /** Where the repository is. */
  readonly cwd: string;
  /** An empty folder for the copy. */
  readonly into: string;
  /** The file that is wanted, and folders that are wanted with it, from the top of the repository. */
  readonly file: string;
  readonly folders: readonly string[];
}

/** A larger tree is copied in part. */
const MOST_FILES = 2_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Longer files are no profiles, in bytes. */
const LONGEST = 4 * 1024 * 1024;
/** Objects for one start of git. */
const BATCH = 500;

const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\//;

/**
 * Copies a tree; of a large one, the folder of the file and the wanted folders. In place of whatever cannot be copied
 * (submodules, files kept elsewhere, links that lead out, the rest of a large tree) stands a link to itself: reading it
 * is an error, while a missing file would be skipped by `include if exists`.
 * @returns why it cannot be done; undefined when it was
 */
export async function copyTree(copy: TreeCopy): Promise<{ problem: string; details: readonly string[] } | undefined> {
  const { commit, cwd, file } = copy;
  const listed = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], cwd);
  if (listed.exit !== 0) return { problem: 'its tree cannot be listed', details: firstErrors(listed) };

  const entries = readTree(listed.stdout.toString());
  const own = entries.find(({ path }) => path === file);
  if (own === undefined) return { problem: 'the file is not in that revision', details: [] };
  if (own.kind === 'none') return { problem: 'it is a submodule', details: [] };

  const chosen = chooseEntries(entries, copy);
  const texts = await readObjects(chosen.filter(isReadable), cwd);
  const ownText = texts.get(own.object);
  if (ownText === undefined && isReadable(own)) return { problem: 'git does not have the file', details: [] };
  if (ownText !== undefined && isPointer(ownText))
    return { problem: 'it is a Git LFS pointer, not the profile: LFS files are not in the repository', details: [] };

  writeTree(entries, new Set(chosen), texts, copy.into);
  return undefined;
}

/** Reads the output of `git ls-tree -r -l -z`. */
function readTree(listing: string): TreeEntry[] {
  return listing.split('\0').flatMap((line): TreeEntry[] => {
    const [, mode = '', object = '', size = '', path = ''] =
      /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]+)$/.exec(line) ?? [];
    if (!isInside(path)) return [];
    return [{ kind: kindOf(mode), object, size: Number(size) || 0, path }];
  });
}

function kindOf(mode: string): TreeEntry['kind'] {
  if (mode.startsWith('100')) return 'file';
  return mode === '120000' ? 'link' : 'none';
}

/** Whether a path names something below the folder that it starts from. */
export function isInside(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function isReadable({ kind, size }: TreeEntry): boolean {
  return kind !== 'none' && size <= LONGEST;
}

function isPointer(text: Buffer): boolean {
  return text.length < 1024 && LFS_POINTER.test(text.toString('latin1'));
}

/** All entries of a small tree; else those of the wanted folders, and of the file's own folder if that is small. */
function chooseEntries(entries: readonly TreeEntry[], { file, folders }: TreeCopy): readonly TreeEntry[] {
  if (isSmall(entries)) return entries;
  const parent = dirname(file) === '.' ? '' : dirname(file);
  for (const wanted of [[parent, ...folders], folders]) {
    const chosen = entries.filter(({ path }) => path === file || wanted.some((folder) => isBelow(path, folder)));
    if (isSmall(chosen)) return chosen;
  }
  return entries.filter(({ path }) => path === file);
}

function isSmall(entries: readonly TreeEntry[]): boolean {
  const bytes = entries.filter(isReadable).reduce((sum, { size }) => sum + size, 0);
  return entries.length <= MOST_FILES && bytes <= MOST_BYTES;
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** @returns the content of each object that is in this clone. */
async function readObjects(entries: readonly TreeEntry[], cwd: string): Promise<Map<string, Buffer>> {
  const objects = [...new Set(entries.map(({ object }) => object))];
  const texts = new Map<string, Buffer>();
  for (let at = 0; at < objects.length; at += BATCH) {
    const input = `${objects.slice(at, at + BATCH).join('\n')}\n`;
    const { stdout } = await git(['cat-file', '--batch'], cwd, { input, timeoutMs: 120_000 });
    for (const [object, text] of readBatch(stdout)) texts.set(object, text);
  }
  return texts;
}

/** Reads the output of `git cat-file --batch`: a line `OBJECT TYPE SIZE`, the content, and a line break. */
function readBatch(output: Buffer): [string, Buffer][] {
  const texts: [string, Buffer][] = [];
  let at = 0;
  while (at < output.length) {
    const end = output.indexOf('\n', at);
    if (end < 0) break;
    const [object = '', type, size] = output.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (type === 'missing' || size === undefined) continue;
    texts.push([object, output.subarray(at, at + Number(size))]);
    at += Number(size) + 1;
  }
  return texts;
}

/** Files first: a link that is there already could lead a file out of the folder. */
function writeTree(
  entries: readonly TreeEntry[],
  chosen: ReadonlySet<TreeEntry>,
  texts: ReadonlyMap<string, Buffer>,
  into: string,
): void {
  const absent: string[] = [];
  const links: [path: string, target: string][] = [];
  const kept = new Set<string>();
  for (const { path } of chosen) keepFolders(path, kept);

  for (const entry of entries) {
    const { kind, object, path } = entry;
    const text = chosen.has(entry) && isReadable(entry) ? texts.get(object) : undefined;
    if (text === undefined || (kind === 'file' && isPointer(text))) absent.push(path);
    else if (kind === 'link') links.push([path, text.toString()]);
    else writeAt(join(into, path), text);
  }
  for (const [path, target] of links) {
    if (leadsOut(path, target)) absent.push(path);
    else linkAt(join(into, path), target);
  }
  for (const path of absent) forbid(into, outermost(path, kept));
  const root = realpathSync(into);
  for (const [path] of links) if (!staysIn(root, join(into, path))) forbid(into, path);
}

/** Adds every folder above a path. */
function keepFolders(path: string, kept: Set<string>): void {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) kept.add(folder);
}

/** The first part of a path that is no folder of the copy: all below it is absent too. */
function outermost(path: string, kept: ReadonlySet<string>): string {
  const parts = path.split('/');
  const count = parts.findIndex((_, i) => !kept.has(parts.slice(0, i + 1).join('/')));
  return count < 0 ? path : parts.slice(0, count + 1).join('/');
}

function writeAt(place: string, text: Buffer): void {
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

function leadsOut(path: string, target: string): boolean {
  const place = normalize(join(dirname(path), target));
  return target.startsWith('/') || target.includes('\0') || place === '..' || place.startsWith('../');
}

function linkAt(place: string, target: string): void {
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place);
}

/** A link that leads to nothing is as good as none. */
function staysIn(root: string, link: string): boolean {
  try {
    return `${realpathSync(link)}/`.startsWith(`${root}/`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Puts a link to itself at a path. */
function forbid(into: string, path: string): void {
  const place = join(into, path);
  rmSync(place, { force: true, recursive: true });
  linkAt(place, basename(path));
}
