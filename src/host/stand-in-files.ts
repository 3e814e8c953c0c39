/** Writes the files that a generated spec mounts. */
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAND_IN_TEXT } from '../generate/stand-ins.ts';

/**
 * @param paths absolute in the container: they are made below the folder.
 * @param owner `uid:gid` that all shall belong to, when this program was elevated.
 * @returns takes them away again; a folder that was there before stays.
 */
export function makeStandIns(folder: string, paths: readonly string[], owner: string | undefined): () => void {
  const fresh = !existsSync(folder);
  const [uid, gid] = (owner ?? '').split(':').map(Number);
  const give = (path: string): void => { if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid); };
  for (const path of paths) {
    const parts = path.split('/').slice(1, -1);
    for (const [i] of ['', ...parts].entries()) {
      const one = join(folder, ...parts.slice(0, i));
      if (!existsSync(one)) { mkdirSync(one, { recursive: true, mode: 0o755 }); give(one); }
    }
    const file = join(folder, path);
    writeFileSync(file, STAND_IN_TEXT);
    chmodSync(file, 0o755); // whatever the umask
    give(file);
  }
  return () => { if (fresh) rmSync(folder, { recursive: true, force: true }); };
}
