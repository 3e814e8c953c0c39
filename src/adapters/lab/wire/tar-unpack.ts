/** Unpacks a tar stream that comes from the guest and may be hostile. */
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { HarnessError } from '#core/model/errors.ts';

/** What is accepted at most. */
interface UnpackLimits {
  readonly bytes: number;
  readonly entries: number;
}

const DEFAULT_LIMITS: UnpackLimits = { bytes: 1024 ** 3, entries: 20_000 };

/**
 * The place of an entry within the target folder.
 * @returns the clean relative path; empty for the folder itself; undefined when the name leads out of it
 */
export function safeName(name: string): string | undefined {
  if (name.includes('\0') || name.startsWith('/')) return undefined;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : posix.join(...parts, '').replace(/^\.$/, '');
}

function refuse(what: string): HarnessError {
  return new HarnessError('lab-guest', `The archive from the lab guest is not accepted: ${what}.`);
}

/**
 * Writes the plain files and folders of the archive below a folder. Links, devices, names that lead out and too much
 * of anything are refused. Owners are not kept, and of modes only whether a file may be executed.
 * @throws HarnessError lab-guest; what was written before stays
 */
export async function unpackHostile(
  source: Readable,
  folder: string,
  limits: UnpackLimits = DEFAULT_LIMITS,
): Promise<void> {
  const tar = extract();
  const reading = (async () => {
    let bytes = 0;
    let entries = 0;
    for await (const entry of tar) {
      const { name, type, size, mode } = entry.header;
      const safe = safeName(name);
      entries += 1;
      bytes += size;
      if (safe === undefined) throw refuse(`the name ${JSON.stringify(name.slice(0, 200))} leads out of the folder`);
      if (entries > limits.entries) throw refuse(`more than ${limits.entries} files`);
      if (bytes > limits.bytes) throw refuse(`more than ${limits.bytes} bytes`);
      if (type === 'directory') {
        await mkdir(join(folder, safe), { recursive: true });
        entry.resume();
      } else if (type === 'file') {
        await mkdir(join(folder, dirname(safe)), { recursive: true });
        // O_NOFOLLOW: not even through a link that lay in the folder before.
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
        const file = await open(join(folder, safe), flags, (mode & 0o100) === 0 ? 0o644 : 0o755);
        try {
          for await (const chunk of entry as AsyncIterable<Buffer>) await file.writeFile(chunk);
        } finally {
          await file.close();
        }
      } else {
        throw refuse(`${JSON.stringify(name.slice(0, 200))} is a ${type}`);
      }
    }
  })();
  const feeding = pipeline(source, tar);
  // The reader's reason is the one to tell; the feeder then only fails because the reader stopped.
  reading.catch((error: unknown) => {
    tar.destroy(error as Error);
  });
  const [read, fed] = await Promise.allSettled([reading, feeding]);
  const failed = [read, fed].find((result) => result.status === 'rejected');
  if (failed !== undefined)
    throw failed.reason instanceof HarnessError
      ? failed.reason
      : new HarnessError('lab-guest', 'The archive from the lab guest is broken.', { cause: failed.reason });
}
