/** Files of this machine as a tar stream, for the guest. */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

/** A file or folder here, and where it shall be in the guest. */
export interface FileToPut {
  readonly hostPath: string;
  readonly guestPath: string;
}

/** A file that exists only as text, or a link. */
interface FileToMake {
  readonly guestPath: string;
  readonly mode: number;
  readonly text?: string | Buffer;
  readonly linkTo?: string;
}

function small(tar: Pack, name: string, file: FileToMake): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error == null) resolve();
      else reject(error);
    };
    if (file.linkTo === undefined) tar.entry({ name, mode: file.mode, uid: 0, gid: 0 }, file.text ?? '', done);
    else tar.entry({ name, type: 'symlink', linkname: file.linkTo, uid: 0, gid: 0 }, done);
  });
}

async function add(tar: Pack, hostPath: string, guestPath: string): Promise<void> {
  const name = guestPath.replace(/^\/+/, '');
  const info = await lstat(hostPath);
  const common = { name, mode: info.mode & 0o777, mtime: info.mtime, uid: 0, gid: 0 };
  if (info.isSymbolicLink()) {
    await small(tar, name, { guestPath, mode: 0o777, linkTo: await readlink(hostPath) });
  } else if (info.isDirectory()) {
    await new Promise<void>((resolve, reject) => {
      tar.entry({ ...common, type: 'directory' }, (error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
    for (const child of (await readdir(hostPath)).sort()) await add(tar, join(hostPath, child), join(guestPath, child));
  } else if (info.isFile()) {
    await pipeline(createReadStream(hostPath), tar.entry({ ...common, size: info.size }));
  } // anything else (a socket, a device) has no content to bring
}

/** Packs files, folders with all in them, and made files, all owned by root. */
export function packFiles(files: readonly FileToPut[], made: readonly FileToMake[] = []): Readable {
  const tar = pack();
  const fill = async (): Promise<void> => {
    for (const file of made) await small(tar, file.guestPath.replace(/^\/+/, ''), file);
    for (const file of files) await add(tar, file.hostPath, file.guestPath);
    tar.finalize();
  };
  fill().catch((error: unknown) => {
    tar.destroy(error as Error);
  });
  return Readable.from(tar);
}
