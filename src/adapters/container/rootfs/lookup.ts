/** Looks into a container from outside, through /proc of one of its processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPABILITIES } from '#core/model/linux.ts';
import { filesNow, resolveInContainer, type FilesNow } from './symlinks.ts';

/** A folder with more names is not listed. */
const MOST_NAMES = 5000;

/**
 * What a path of the container is.
 * `path`: as the kernel names it; for a missing name, the real path of its folder, and the name.
 */
interface FileAt {
  readonly path: string;
  readonly folder: boolean;
  readonly missing: boolean;
}

/**
 * @param pid a process of the container, on the host.
 * @param follow whether the last part of the path is followed when it is a link.
 * @param files shared by what is asked in one moment.
 * @returns undefined when not even its folder is there, or when it is a link that leads nowhere.
 */
export function lookUp(pid: number, path: string, follow: boolean, files = filesNow(pid)): FileAt | undefined {
  // /proc/self is another folder for each process that reads it
  const given = path.replace(/^\/proc\/self(?=\/|$)/, '/proc/1');
  const real = follow ? files.resolve(given) : undefined;
  if (real !== undefined) return fileAt(real, files);
  const [, folder = '', name = ''] = /^(.*?)\/+([^/]+)\/*$/.exec(given) ?? [];
  const above = folder === '' ? '/' : files.resolve(folder);
  if (above === undefined || name === '' || name === '.' || name === '..') return undefined;
  const file = fileAt(`${above === '/' ? '' : above}/${name}`, files);
  return follow && !file.missing ? undefined : file;
}

/** @returns the user that a file of the container belongs to, as the host numbers users; undefined: no such file. */
export function ownerOf(pid: number, path: string, files = filesNow(pid)): string | undefined {
  const uid = files.stat(path)?.uid;
  return uid === undefined ? undefined : String(uid);
}

/** Whether a process of the container owns a file, as rules with `owner` ask. A missing file counts: it would be. */
export function owns(pid: number, path: string): boolean {
  const fsuid = fsuidOf(pid);
  return fsuid !== undefined && fsuid === (ownerOf(pid, path) ?? fsuid);
}

/** @returns the user of a process for files, as the host numbers users; undefined when there is no such process. */
export function fsuidOf(pid: number): string | undefined {
  try {
    return /^Uid:(?:\s+\d+){3}\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function fileAt(path: string, files: FilesNow): FileAt {
  const found = files.stat(path);
  return { path, folder: found?.isDirectory() === true, missing: found === undefined };
}

/** @returns the names in a folder of the container; undefined when there is none, or too many names are in it. */
export function listFolder(pid: number, folder: string): readonly string[] | undefined {
  const real = resolveInContainer(pid, folder);
  if (real === undefined) return undefined;
  try {
    const names = readdirSync(join(rootOf(pid), real));
    return names.length > MOST_NAMES ? undefined : names;
  } catch {
    return undefined;
  }
}

/** The bounds of the container's processes: the capabilities they can have, and whether seccomp filters their calls. */
export function readLimits(pid: number): { readonly capabilities: ReadonlySet<string>; readonly filtered: boolean } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bits = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return {
    capabilities: new Set(CAPABILITIES.filter((_name, bit) => ((bits >> BigInt(bit)) & 1n) === 1n)),
    filtered: /^Seccomp:\s*2$/m.test(status),
  };
}

function rootOf(pid: number): string {
  return `/proc/${pid}/root`;
}
