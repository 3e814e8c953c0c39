/** `apparmor-probe lab …`: the guest by hand. */
import { Option, type Command } from 'commander';
import { EXIT } from '#core/model/errors.ts';
import {
  buildLab,
  destroyLab,
  interactiveShell,
  startGuest,
  SUITES,
  type Guest,
  type LabSuite,
} from '#adapters/lab/index.ts';

import { packageRoot } from '#adapters/host/package-files.ts';
import { progress } from '#adapters/host/console.ts';
import { harnessFiles } from '../in-lab/run-in-lab.ts';

interface LabArguments {
  readonly labSuite: LabSuite;
}

export function addLabCommands(lab: Command): void {
  const suite = (): Option =>
    new Option('--lab-suite <suite>', 'Debian suite of the guest').choices([...SUITES]).default('trixie');
  lab
    .command('build')
    .description('build the guest, unless it is there')
    .addOption(suite())
    .addHelpText('after', '\nExample: apparmor-probe lab build --lab-suite bookworm')
    .action(async ({ labSuite }: LabArguments) => {
      const { folder } = await buildLab({ suite: labSuite, progress });
      progress(`the lab image is ${folder}`);
    });
  lab
    .command('exec')
    .description('run a command in a fresh guest; what it changes is gone afterwards')
    .argument('<command...>')
    .addOption(suite())
    .passThroughOptions()
    .addHelpText(
      'after',
      '\nThe harness is there under the same path as here.\n\nExample: apparmor-probe lab exec -- cat /sys/kernel/security/apparmor/profiles',
    )
    .action(async (command: string[], { labSuite }: LabArguments) => {
      process.exitCode = await inGuest(
        labSuite,
        async (guest) =>
          (
            await guest.exec(command, {
              cwd: packageRoot(),
              onStdout: (chunk) => {
                process.stdout.write(chunk);
              },
              onStderr: (chunk) => {
                process.stderr.write(chunk);
              },
              ...(process.stdin.isTTY ? {} : { stdin: process.stdin }),
            })
          ).exit ?? EXIT.broken,
      );
    });
  lab
    .command('shell')
    .description('a shell in a fresh guest')
    .addOption(suite())
    .addHelpText('after', '\nExample: apparmor-probe lab shell')
    .action(async ({ labSuite }: LabArguments) => {
      process.exitCode = await inGuest(labSuite, async (guest) => (await interactiveShell(guest)).exit ?? EXIT.broken);
    });
  lab
    .command('destroy')
    .description('remove the images of the lab and stop its guests')
    .addOption(new Option('--lab-suite <suite>', 'only this suite').choices([...SUITES]))
    .addHelpText('after', '\nExample: apparmor-probe lab destroy')
    .action(async ({ labSuite }: Partial<LabArguments>) => {
      await destroyLab(labSuite === undefined ? {} : { suite: labSuite });
    });
}

async function inGuest(suite: LabSuite, work: (guest: Guest) => Promise<number>): Promise<number> {
  const guest = await startGuest(await buildLab({ suite, progress }), { progress });
  try {
    await guest.putFiles(harnessFiles());
    return await work(guest);
  } finally {
    await guest.stop();
  }
}
