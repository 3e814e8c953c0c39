/** Placeholder files for names that no container has, in folders that the spec mounts. Pure. */
import type { FileLookup } from '../model/file-lookup.ts';
import { folderOf } from '../profile/patterns/literals.ts';

/**
 * /sys is read-only in every container, and nothing can be created, linked or executed in it: the kernel refuses before
 * it checks the profile. Rules about names below it decide once an ordinary folder is mounted in its place.
 */
const ALWAYS_MOUNTED = '/sys';
/** File systems of the kernel, in which nothing can be mounted. */
const NEVER_MOUNTED = /^\/(?:proc|dev)(?:\/|$)/;
/** Each is a mount of its own in the spec. */
const MAX_ROOTS = 16;

/** A file that only makes its folder exist. */
const FILLER = 'placeholder';

/**
 * The folders that are mounted with placeholders in them: /sys, and each folder that the image lacks.
 * @param names as rules match them, folders with a slash at their end.
 */
export function placeholderRoots(names: readonly string[], look: FileLookup): string[] {
  const lacking = names.flatMap((name) => firstMissing(withoutSlash(name), look) ?? []);
  const roots = [...new Set(lacking)].sort().slice(0, MAX_ROOTS);
  return [ALWAYS_MOUNTED, ...roots];
}

/** @returns the names that get a placeholder file, below one of the roots: none is a folder of another. */
export function placeholdersAmong(names: readonly string[], roots: readonly string[]): string[] {
  const files = names
    .map((name) => (name.endsWith('/') ? `${folderOf(withoutSlash(name))}/${FILLER}` : name))
    .filter((name) => roots.some((root) => name.startsWith(`${root}/`)) && !/\/\.{0,2}(?:\/|$)/.test(name));
  const below = [...new Set(files)].sort();
  return below.filter((name) => !below.some((other) => other.startsWith(`${name}/`)));
}

/** @returns the placeholders that a tried path needs: the file itself, or one that makes its folder exist. */
export function neededFor(placeholders: readonly string[], paths: readonly string[]): string[] {
  const tried = new Set(paths.flatMap((path) => [path, `${folderOf(path)}/`]));
  return placeholders.filter((file) => [file, folderOf(file), `${folderOf(file)}/`].some((path) => tried.has(path)));
}

/** The paths that exist because of placeholders: the files and their folders. */
export function placeholderPaths(placeholders: readonly string[]): string[] {
  return [...new Set(placeholders.flatMap((path) => [folderOf(path), path]))];
}

/** A program that does nothing, so that it can be read, written, locked, linked and executed. */
export const PLACEHOLDER_TEXT = [
  '#!/bin/sh',
  '# Placeholder for a name that a rule matches and that no container has; the spec next to this folder mounts it.\n',
].join('\n');

/**
 * The uppermost folder above a name that is not there.
 * @returns undefined where the folder of the name exists, or is one in which nothing can be mounted.
 */
function firstMissing(name: string, look: FileLookup): string | undefined {
  if (NEVER_MOUNTED.test(name) || name.startsWith(`${ALWAYS_MOUNTED}/`)) return undefined;
  const parts = folderOf(name).split('/').slice(1);
  const folders = parts.map((_part, i) => `/${parts.slice(0, i + 1).join('/')}`);
  return folders.find((folder) => look(folder, true)?.missing !== false);
}

function withoutSlash(name: string): string {
  return name.replace(/(?<=.)\/$/, '');
}
