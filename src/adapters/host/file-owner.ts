/** Gives files to the user who called, when this program was elevated. */
import { chownSync } from 'node:fs';

/** @param owner `uid:gid`; undefined: files stay with who makes them. */
export function ownershipSetter(owner: string | undefined): (path: string) => void {
  const [uid, gid] = (owner ?? '').split(':').map(Number);
  return (path) => {
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  };
}
