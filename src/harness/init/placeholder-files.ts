/** Writes the files that a generated spec mounts. */
import { chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLACEHOLDER_TEXT } from '#core/generate/placeholder-paths.ts';
import { ownershipSetter } from '#adapters/host/file-owner.ts';

/**
 * @param paths absolute in the container: they are made below the folder.
 * @param owner `uid:gid` that all shall belong to, when this program was elevated.
 * @returns takes away again what was not there before.
 */
export function makePlaceholderFiles(folder: string, paths: readonly string[], owner: string | undefined): () => void {
  const made: string[] = [];
  const give = ownershipSetter(owner);
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    for (const [i] of ['', ...parts].entries()) {
      const one = join(folder, ...parts.slice(0, i));
      if (!existsSync(one)) {
        mkdirSync(one, { recursive: true, mode: 0o755 });
        give(one);
        made.unshift(one);
      }
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
    give(file);
  }
  return () => {
    for (const path of made) rmSync(path, { recursive: true, force: true });
  };
}
