/** Placeholder files for names that no container has, in a folder that the spec mounts. Pure. */
import { folderOf } from '../profile/patterns/literals.ts';

/**
 * /sys is read-only in every container, and nothing can be created, linked or executed in it: the kernel refuses before
 * it checks the profile. Rules about names below it decide once an ordinary folder is mounted in its place.
 */
export const PLACEHOLDER_ROOTS = '/sys';

/** @returns the names that get a placeholder file: none is a folder of another. */
export function placeholdersAmong(names: readonly string[]): string[] {
  const below = [...new Set(names)]
    .filter((name) => name.startsWith(`${PLACEHOLDER_ROOTS}/`) && !/\/\.{0,2}(?:\/|$)/.test(name))
    .sort();
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
