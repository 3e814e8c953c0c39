/** The programs the lab needs: two of the machine's own, and QEMU, which it unpacks for itself. */
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { exec } from '#adapters/host/exec.ts';
import { makeDebianTree } from './debian-tree.ts';
import { withImageLock } from './image-lock.ts';
import { debianMirror } from './mirrors.ts';
import { rootArgv, runOrFail, step, type Progress } from '#adapters/host/run-step.ts';
import { labCache } from './paths.ts';
import { extractArgv, QEMU_PACKAGES, TOOLS_SUITE, type LabSuite } from './recipe.ts';

/** Files that must exist, each with the package that brings it. */
const NEEDED = [
  { files: ['/usr/bin/mmdebstrap'], package: 'mmdebstrap' },
  { files: ['/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'], package: 'e2fsprogs' },
  { files: ['/usr/share/keyrings/debian-archive-keyring.gpg'], package: 'debian-archive-keyring' },
] as const;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Installs what is missing of mmdebstrap, mkfs.ext4 and Debian's keys. */
export async function ensureTools(progress: Progress): Promise<void> {
  const missing: string[] = [];
  for (const need of NEEDED) {
    const found = await Promise.all(need.files.map(exists));
    if (!found.includes(true)) missing.push(need.package);
  }
  const command = `apt-get install --yes --no-install-recommends ${missing.join(' ')}`;
  const advice = `Run: sudo apt-get update && sudo ${command}`;
  const root = await exec(rootArgv(['true']));
  if (root.exit !== 0)
    throw new HarnessError(
      'lab-tools',
      ['Building the lab needs root: run it as root, or as a user for whom "sudo -n true" works.']
        .concat(missing.length === 0 ? [] : [advice])
        .join(' '),
    );
  if (missing.length === 0) return;
  await step(progress, `installing ${missing.join(', ')}`, async () => {
    const install = (): ReturnType<typeof exec> =>
      exec(rootArgv(['env', 'DEBIAN_FRONTEND=noninteractive', ...command.split(' ')]));
    if ((await install()).exit === 0) return;
    await exec(rootArgv(['apt-get', 'update']));
    const again = await install();
    if (again.exit !== 0) {
      throw new HarnessError('lab-tools', `${missing.join(', ')} could not be installed. ${advice}`, {
        details: again.stderr.trim().split('\n').slice(-10),
      });
    }
  });
}

/** Makes this user the owner of what root built, so that later runs need no root. */
export async function giveToUser(path: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return;
  await runOrFail(
    'lab-build',
    'handing over the build',
    rootArgv(['chown', '-R', `${uid}:${process.getgid?.() ?? uid}`, path]),
  );
}

/**
 * Unpacks Debian packages, with all that they depend on, into a folder of the cache without installing anything.
 * @param name what the tree is for; part of the folder's name
 * @returns the folder, which has `usr/bin` and so on; run its programs with {@link treeArgv}
 */
export async function extractTree(
  name: string,
  packages: readonly string[],
  suite: LabSuite,
  progress: Progress = () => undefined,
): Promise<string> {
  const recipe = JSON.stringify(extractArgv(suite, '', [...packages].sort(), ''));
  const target = join(labCache(), `${name}-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`);
  if (await exists(target)) return target;
  await mkdir(labCache(), { recursive: true });
  return withImageLock(
    target,
    async () => {
      if (await exists(target)) return target;
      await ensureTools(progress);
      const mirror = await debianMirror();
      await removeDeadBuilds(name);
      const temporary = await mkdtemp(join(labCache(), `.build-${name}-`));
      await step(progress, `unpacking ${name} (${suite})`, async () => {
        // mmdebstrap reads packages as apt's own user, who must be able to look into the folder.
        await chmod(temporary, 0o755);
        const tree = join(temporary, 'tree');
        await makeDebianTree({
          code: 'lab-tools',
          what: `unpacking ${packages.join(', ')}`,
          argv: extractArgv(suite, mirror, packages, tree),
          target: tree,
          progress,
        });
        await giveToUser(temporary);
        await rename(tree, target);
        await rm(temporary, { recursive: true, force: true });
      });
      return target;
    },
    () => {
      progress(`lab: waiting for another process, which is unpacking ${name}`);
    },
  );
}

/** Removes what killed builds of this name left. Call it under the name's lock. */
export async function removeDeadBuilds(name: string): Promise<void> {
  const left = (await readdir(labCache()).catch(() => [])).filter((entry) => entry.startsWith(`.build-${name}-`));
  for (const entry of left) await exec(rootArgv(['rm', '-rf', '--one-file-system', join(labCache(), entry)]));
}

/**
 * The argv that runs a program of an unpacked tree with the tree's own loader and libraries,
 * so that it needs nothing of the machine, not even its C library.
 * @param program path within the tree, for example `usr/bin/qemu-img`
 */
export function treeArgv(tree: string, program: string, args: readonly string[]): readonly string[] {
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  return [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries, join(tree, program), ...args];
}

/** The tree with QEMU in it, unpacked when it is not there yet. */
export function qemuTree(progress: Progress): Promise<string> {
  return extractTree('tools', QEMU_PACKAGES, TOOLS_SUITE, progress);
}

/** The argv that runs QEMU from its tree. */
export function qemuArgv(tree: string, args: readonly string[]): readonly string[] {
  return treeArgv(tree, 'usr/bin/qemu-system-x86_64', [
    '-L',
    join(tree, 'usr/share/qemu'),
    '-L',
    join(tree, 'usr/share/seabios'),
    ...args,
  ]);
}
