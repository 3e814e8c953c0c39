/** The one boot of an image: the guest is brought to where every run begins, and a snapshot is made there. */
import { chmod, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { GuestChannel } from './guest/guest-channel.ts';
import { runInGuest, openChannel } from './guest/guest.ts';
import { imageFiles, kvmUsable, type GuestFacts } from './image/image-files.ts';
import { startMachine, type Machine } from './guest/machine.ts';
import { runOrFail, step, type Progress } from '../host/run-step.ts';
import { IMPORT_ARGV, WARM_UP, type Accel } from './image/recipe.ts';

/** Under KVM a guest answers within seconds; one that does not is hung. */
const KVM_MS = 25_000;
/** Under emulation on a busy machine a boot can take minutes. */
const BOOT_MS = 300_000;

function boot(tree: string, image: string, accel: Accel, keep: boolean): Promise<Machine> {
  const { kernel, initrd, disk, ram } = imageFiles(image);
  // A trial's memory must not become the image's.
  return startMachine(tree, image, {
    accel,
    kernel,
    initrd,
    disk,
    ram: keep ? ram : join(dirname(image), 'trial-ram'),
    resume: false,
    keep,
  });
}

/** Whether a guest boots under KVM. That /dev/kvm opens proves nothing: in some virtual machines guests hang on it. */
async function kvmBoots(tree: string, image: string): Promise<boolean> {
  if (!(await kvmUsable())) return false;
  try {
    const machine = await boot(tree, image, 'kvm', false);
    try {
      await openChannel(machine, KVM_MS);
      return true;
    } finally {
      await machine.kill();
    }
  } catch {
    return false;
  } finally {
    await rm(join(dirname(image), 'trial-ram'), { force: true });
  }
}

const FACTS = `. /etc/os-release; echo "os=$PRETTY_NAME"
echo "kernel=$(uname -r)"
echo "parser=$(apparmor_parser --version | sed -n 's/.*version //p' | head -n 1)"
echo "engine=$(docker version --format '{{.Server.Version}}')"
echo "runtime=$(runc --version | sed -n 's/^runc version //p')"
echo "node=$(node --version)"
`;

async function readFacts(channel: GuestChannel, accel: Accel): Promise<GuestFacts> {
  const text = await runInGuest(channel, ['sh', '-c', FACTS]);
  const get = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    os: get('os'),
    kernel: get('kernel'),
    parser: get('parser'),
    engine: get('engine'),
    runtime: get('runtime'),
    node: get('node'),
    accel,
  };
}

/**
 * Boots the image's disk, brings Docker up, imports the target image, and saves the snapshot in the image's folder.
 * @param target the target image's root file system as tar
 */
export async function snapshotGuest(
  tree: string,
  image: string,
  target: Readable,
  progress: Progress,
): Promise<GuestFacts> {
  const accel: Accel = (await step(progress, 'testing KVM', () => kvmBoots(tree, image))) ? 'kvm' : 'tcg';
  progress(`lab: ${accel === 'kvm' ? 'guests run on KVM' : 'KVM does not work here: guests are emulated'}`);
  const machine = await boot(tree, image, accel, true);
  try {
    const channel = await step(progress, 'booting the guest', () => openChannel(machine, BOOT_MS));
    await step(progress, 'waiting for Docker', () =>
      runInGuest(channel, ['sh', '-c', 'until docker version >/dev/null 2>&1; do sleep 0.3; done'], {
        timeoutMs: BOOT_MS,
      }),
    );
    await step(progress, 'importing the container image', () =>
      runInGuest(channel, IMPORT_ARGV, { stdin: target, timeoutMs: BOOT_MS }),
    );
    await step(progress, 'warming up', () => runInGuest(channel, ['sh', '-c', WARM_UP], { timeoutMs: BOOT_MS }));
    const facts = await readFacts(channel, accel);
    await step(progress, 'saving the snapshot', () => machine.qmp.saveSnapshot(imageFiles(image).state));
    return facts;
  } finally {
    await machine.kill();
    const { ram, disk, state } = imageFiles(image);
    await runOrFail('lab-build', 'making the memory file sparse', ['fallocate', '--dig-holes', ram]).catch(
      () => undefined,
    ); // a saving, not a need
    for (const file of [ram, disk, state]) await chmod(file, 0o444).catch(() => undefined);
  }
}
