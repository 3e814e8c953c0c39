/** Compares two profiles in a lab guest: files in, the same command there, its output out. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '#core/model/errors.ts';
import { packageRoot } from '#adapters/host/package-files.ts';
import { buildLab, startGuest } from '#adapters/lab/index.ts';
import type { Plan } from '#core/model/model.ts';
import { progress } from '#adapters/host/console.ts';
import { diffCommand, type DiffArguments, type Sides } from '../commands/diff.ts';
import { harnessFiles, planFiles, profileFiles } from './run-in-lab.ts';
import { interruption } from '../commands/run.ts';

/** @returns the exit code of the command in the guest. */
export async function diffInLab(sides: Sides, plan: Plan | undefined, args: DiffArguments): Promise<number> {
  const image = await buildLab({ suite: args.labSuite, progress });
  const guest = await startGuest(image, { progress });
  try {
    const own = [
      ...profileFiles(sides.base.file),
      ...profileFiles(sides.head.file),
      ...args.include,
      ...(args.base === undefined ? [] : [args.base]),
    ].map((path) => resolve(path));
    const files = [...new Set(own)]
      .filter((path) => existsSync(path))
      .map((path) => ({ hostPath: path, guestPath: path }));
    await guest.putFiles([...harnessFiles(), ...files, ...(plan === undefined ? [] : planFiles([plan]))]);
    const { exit } = await guest.exec(
      ['node', join(packageRoot(), 'dist/cli.cjs'), 'diff', ...diffCommand(sides, { ...args, host: 'local' })],
      {
        cwd: process.cwd(),
        signal: interruption(),
        env: { APPARMOR_PROBE_LAB: args.labSuite, NO_COLOR: '1' },
        onStdout: (chunk) => {
          process.stdout.write(chunk);
        },
        onStderr: (chunk) => {
          process.stderr.write(chunk);
        },
      },
    );
    if (args.markdown !== undefined && exit !== EXIT.usage)
      await guest.getFiles(dirname(resolve(args.markdown)), dirname(resolve(args.markdown))).catch(() => undefined); // there is none when the command failed early
    return exit ?? EXIT.broken;
  } finally {
    await guest.stop();
  }
}
