/** Looks into a container from outside, through /proc of one of its processes. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPABILITIES } from '#core/model/linux.ts';
import { resolveInContainer } from './symlinks.ts';

/** A folder with more names is not looked through. */
const MOST = 5000;

/** What a path of the container is. `path`: as the kernel names it; of a name that is not there, its folder's. */
interface Seen {
  readonly path: string;
  readonly folder: boolean;
  readonly missing: boolean;
}

/**
 * @param pid a process of the container, on the host.
 * @param follow whether the last part of the path is followed when it is a link.
 * @returns undefined when not even its folder is there, or when it is a link that leads nowhere.
 */
export function lookUp(pid: number, path: string, follow: boolean): Seen | undefined {
  const given = path.replace(/^\/proc\/self(?=\/|$)/, '/proc/1'); // the link is different for everyone who reads it
  const real = follow ? resolveInContainer(pid, given) : undefined;
  if (real !== undefined) return seen(pid, real);
  const [, folder = '', name = ''] = /^(.*?)\/+([^/]+)\/*$/.exec(given) ?? [];
  const above = folder === '' ? '/' : resolveInContainer(pid, folder);
  if (above === undefined || name === '' || name === '.' || name === '..') return undefined;
  const one = seen(pid, `${above === '/' ? '' : above}/${name}`);
  return follow && !one.missing ? undefined : one;
}

/** Whether a file is a process's own, as rules with `owner` ask: both are of the container. One that is not there yet would be. */
export function owns(pid: number, path: string): boolean {
  try {
    const fsuid = /^Uid:(?:\s+\d+){3}\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return fsuid === String(lstatSync(join(rootOf(pid), path), { throwIfNoEntry: false })?.uid ?? fsuid);
  } catch {
    return false;
  }
}

function seen(pid: number, path: string): Seen {
  try {
    return { path, folder: lstatSync(join(rootOf(pid), path)).isDirectory(), missing: false };
  } catch {
    return { path, folder: false, missing: true };
  }
}

/** @returns the names in a folder of the container; undefined when there is none, or too many names are in it. */
export function listFolder(pid: number, folder: string): readonly string[] | undefined {
  const real = resolveInContainer(pid, folder);
  if (real === undefined) return undefined;
  try {
    const names = readdirSync(join(rootOf(pid), real));
    return names.length > MOST ? undefined : names;
  } catch {
    return undefined;
  }
}

/** What the kernel lets the processes of the container have: capabilities at most, and whether it filters their system calls. */
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
