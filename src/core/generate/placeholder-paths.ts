/** Files that stand in for names which no container has, in a folder that the spec mounts. Pure. */
import { folderOf } from '../profile/patterns/literals.ts';

/**
 * Mounted read-only in every container, and nothing can be made, linked or executed in it anyway: that answers before
 * a profile does. What rules say of names below it shows when a plain folder is mounted in its place.
 */
export const PLACEHOLDER_ROOTS = '/sys';

/** @returns those of the names for which there shall be files: none is a folder of another. */
export function placeholdersAmong(names: readonly string[]): string[] {
  const below = [...new Set(names)]
    .filter((name) => name.startsWith(`${PLACEHOLDER_ROOTS}/`) && !/\/\.{0,2}(?:\/|$)/.test(name))
    .sort();
  return below.filter((name) => !below.some((other) => other.startsWith(`${name}/`)));
}

/** @returns those without which a path that is tried would be something else: itself, or the folder that it is in. */
export function neededFor(standIns: readonly string[], paths: readonly string[]): string[] {
  const tried = new Set(paths.flatMap((path) => [path, `${folderOf(path)}/`]));
  return standIns.filter((file) => tried.has(file) || tried.has(folderOf(file)) || tried.has(`${folderOf(file)}/`));
}

/** The paths that are there because of them: files, and the folders they stand in. */
export function placeholderPaths(standIns: readonly string[]): string[] {
  return [...new Set(standIns.flatMap((path) => [folderOf(path), path]))];
}

/** A program that does nothing, so that it can be read, written, locked, linked and executed. */
export const PLACEHOLDER_TEXT =
  '#!/bin/sh\n# Stands in for a name that a rule matches and that no container has; the spec beside the folder mounts it.\n';
