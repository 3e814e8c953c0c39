/** `apparmor-probe lab …`: the lab guest, without a run. */
import { progress } from '#adapters/host/console.ts';
import { packageRoot } from '#adapters/host/package-files.ts';
import { buildLab, destroyLab, interactiveShell, startGuest, type Guest } from '#adapters/lab/index.ts';
import { EXIT } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { harnessFiles, TO_THIS_TERMINAL } from '../in-lab/run-in-lab.ts';
import type { LabArguments } from '../command-arguments.ts';

/** Builds the guest's image, unless it exists, and prints where it is. */
export async function runLabBuild({ labSuite }: LabArguments): Promise<void> {
  const { folder } = await buildLab({ suite: labSuite, progress });
  progress(`the lab image is in ${folder}`);
}

/** Runs a command in a fresh guest. @returns its exit code. */
export function runLabExec(command: readonly string[], args: LabArguments): Promise<number> {
  return inGuest(args, async (guest) => {
    const { exit } = await guest.exec(command, {
      cwd: packageRoot(),
      ...TO_THIS_TERMINAL,
      ...defined({ stdin: process.stdin.isTTY ? undefined : process.stdin }),
    });
    return exit ?? EXIT.broken;
  });
}

/** Opens a shell in a fresh guest. @returns its exit code. */
export function runLabShell(args: LabArguments): Promise<number> {
  return inGuest(args, async (guest) => {
    const { exit } = await interactiveShell(guest);
    return exit ?? EXIT.broken;
  });
}

/** Stops the guests and removes their images; of all suites when none is given. */
export async function runLabDestroy({ labSuite }: Partial<LabArguments>): Promise<void> {
  await destroyLab(defined({ suite: labSuite }));
}

async function inGuest({ labSuite }: LabArguments, work: (guest: Guest) => Promise<number>): Promise<number> {
  const guest = await startGuest(await buildLab({ suite: labSuite, progress }), { progress });
  try {
    await guest.putFiles(harnessFiles());
    return await work(guest);
  } finally {
    await guest.stop();
  }
}
