/** Writes the files that a generated spec mounts. */
import { chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLACEHOLDER_TEXT } from '#core/generate/placeholder-paths.ts';
import { ownershipSetter } from '#adapters/host/file-owner.ts';

/**
 * Makes placeholder files, and the folders that they need.
 * @param paths absolute in the container: they are made below the folder.
 * @param owner `uid:gid` that all shall belong to, when this program was elevated.
 * @returns a function that removes again what was not there before.
 */
export function makePlaceholderFiles(folder: string, paths: readonly string[], owner: string | undefined): () => void {
  const made: string[] = [];
  const setOwner = ownershipSetter(owner);
  for (const path of paths) {
    for (const parent of foldersAbove(folder, path)) {
      if (existsSync(parent)) continue;
      mkdirSync(parent, { recursive: true, mode: 0o755 });
      setOwner(parent);
      made.unshift(parent);
    }
    const file = join(folder, path);
    if (!existsSync(file)) made.unshift(file);
    const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o755);
    try {
      writeFileSync(fd, PLACEHOLDER_TEXT);
    } finally {
      closeSync(fd);
    }
    chmodSync(file, 0o755); // whatever the umask
    setOwner(file);
  }
  return () => {
    for (const path of made) rmSync(path, { recursive: true, force: true });
  };
}

/** The folder, and each one from there down to the file. */
function foldersAbove(folder: string, path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return ['', ...parts].map((_part, depth) => join(folder, ...parts.slice(0, depth)));
}
