/** Whether what a spec mounts is still there, seen from outside: a container may put something else in its place. */
import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSpec } from '#core/model/model.ts';
import { resolveInContainer } from './symlinks.ts';

/** A file or folder of the host, and where the container must have it. */
interface Mounted {
  readonly target: string;
  /** Where the engine has put it: links of the image are followed once, before the container can change them. */
  readonly place: string | undefined;
  readonly device: bigint;
  readonly inode: bigint;
}

/** The mounts of one container. */
export class MountedFiles {
  readonly #mounted: readonly Mounted[];

  /** @param pid a process of the container, on the host, when the container has just started. */
  constructor(pid: number, mounts: ContainerSpec['mounts']) {
    this.#mounted = mounts.flatMap(({ source, target }) => {
      const found = statOf(() => statSync(source, { bigint: true }));
      if (found === undefined) return [];
      return [{ target, place: resolveInContainer(pid, target), device: found.dev, inode: found.ino }];
    });
  }

  /**
   * @param pid a process of the container whose root folder is the container's.
   * @returns a clause for each mount that is not what the spec mounts there: `/x is a link`
   */
  replaced(pid: number): string[] {
    return this.#mounted.flatMap((mounted) => problemOf(pid, mounted) ?? []);
  }
}

function problemOf(pid: number, { target, place, device, inode }: Mounted): string | undefined {
  if (place === undefined) return `${target} was not there at the start`;
  const now = resolveInContainer(pid, place);
  if (now === undefined) return `${target} has gone`;
  if (now !== place) return `${target} is a link to ${now}`;
  const found = statOf(() => lstatSync(join(`/proc/${pid}/root`, place), { bigint: true }));
  return found?.dev === device && found.ino === inode ? undefined : `${target} is another file`;
}

function statOf(read: () => BigIntStats | undefined): BigIntStats | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
