/** Images in the cache: their files and what is known about them. */
import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labCache } from './paths.ts';
import type { Accel, LabSuite } from './recipe.ts';

/** What a guest is, read in it when it was built. */
export interface GuestFacts {
  readonly os: string;
  readonly kernel: string;
  readonly parser: string;
  readonly engine: string;
  readonly runtime: string;
  readonly node: string;
  readonly accel: Accel;
}

/** Text of an image's meta.json. */
export interface ImageMeta {
  readonly suite: LabSuite;
  readonly facts: GuestFacts;
  readonly builtAt: string;
  readonly buildSeconds: number;
}

/** A built image. */
export interface LabImage extends ImageMeta {
  readonly folder: string;
  /** Where the QEMU that made its snapshot is unpacked; only that one can restore it. */
  readonly tree: string;
}

/** The files of an image's folder. */
export function imageFiles(folder: string): {
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  readonly ram: string;
  readonly state: string;
  readonly meta: string;
} {
  const file = (name: string): string => join(folder, name);
  return {
    kernel: file('kernel'),
    initrd: file('initrd'),
    disk: file('disk.raw'),
    ram: file('ram'),
    state: file('state'),
    meta: file('meta.json'),
  };
}

/** Whether this user may use hardware virtualisation. That a guest really runs with it is another question. */
export async function kvmUsable(): Promise<boolean> {
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Reads an image; undefined when it is not there, or was made under KVM and KVM is gone. */
export async function readImage(folder: string, tree: string): Promise<LabImage | undefined> {
  const text = await readFile(imageFiles(folder).meta, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const meta = JSON.parse(text) as ImageMeta;
  return meta.facts.accel === 'kvm' && !(await kvmUsable()) ? undefined : { ...meta, folder, tree };
}

/** Folders of images in the cache, of one suite or of all. */
export async function imageFolders(suite?: LabSuite): Promise<readonly string[]> {
  const pattern = new RegExp(`^${suite ?? '(bookworm|trixie|forky|sid)'}-[0-9a-f]{12}$`);
  return (await readdir(labCache()).catch(() => []))
    .filter((name) => pattern.test(name))
    .map((name) => join(labCache(), name));
}
