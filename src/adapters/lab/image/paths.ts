/** Where the lab keeps things: images and tools in the user's cache folder, sockets in the temporary folder. */
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The lab's cache folder, `${XDG_CACHE_HOME:-~/.cache}/apparmor-probe/lab`. */
export function labCache(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'apparmor-probe', 'lab');
}

/**
 * Folder under which each running guest has one of its own. Not in the cache: a unix socket's path has room for
 * 107 bytes, and a cache folder may be deep.
 */
export function runRoot(): string {
  return join(tmpdir(), `apparmor-probe-lab-${process.getuid?.() ?? 0}`);
}
