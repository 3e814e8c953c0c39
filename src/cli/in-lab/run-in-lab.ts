/** Runs a command in a lab guest: copies files in, starts the harness there, and copies its results out. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { progress, useColor } from '#adapters/host/console.ts';
import { LAB_VARIABLE } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { packageRoot } from '#adapters/host/package-files.ts';
import {
  buildLab,
  startGuest,
  type CommandOptions,
  type FileToPut,
  type Guest,
  type LabSuite,
} from '#adapters/lab/index.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders, Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { profileFileOf } from '#core/spec/resolve.ts';

/** A folder with more entries than this holds more than a profile's includes: only the profile itself is copied. */
const MAX_NEIGHBOURS = 500;

export interface LabRun {
  readonly labSuite: LabSuite;
  /** Copied into the guest, besides the harness. */
  readonly files: readonly FileToPut[];
  /** Arguments of the harness in the guest. */
  readonly argv: readonly string[];
  /** Folder of the results, copied out of the guest when it exists there; none to copy nothing. */
  readonly resultDir?: string;
  /** Files of that folder to delete first: an old one must not be taken for a result of this run. */
  readonly results?: readonly string[];
}

/** @returns the exit code of the harness in the guest. */
export async function runInLab({ labSuite, files, argv, resultDir, results = [] }: LabRun): Promise<number> {
  const signal = abortOnInterrupt();
  const guest = await startGuest(await buildLab({ suite: labSuite, progress }), { progress });
  try {
    await guest.putFiles([...harnessFiles(), ...files]);
    const folder = resultDir === undefined ? undefined : resolve(resultDir);
    if (folder !== undefined) for (const name of results) rmSync(join(folder, name), { force: true });

    await makeFolder(guest, process.cwd());
    const { exit } = await guest.exec(['node', join(packageRoot(), 'dist/cli.cjs'), ...argv], {
      cwd: process.cwd(),
      signal,
      env: guestVariables(labSuite),
      ...TO_THIS_TERMINAL,
    });

    if (folder !== undefined) await fetchResults(guest, folder);
    return exit ?? EXIT.broken;
  } finally {
    await guest.stop();
  }
}

/**
 * Makes a folder in the guest, which has of this machine only what a command reads: maybe nothing below the folder
 * that the command is run in.
 * @throws HarnessError `lab-guest`
 */
export async function makeFolder(guest: Pick<Guest, 'exec'>, folder: string): Promise<void> {
  const { exit } = await guest.exec(['mkdir', '-p', '--', folder]);
  if (exit !== 0) throw new HarnessError('lab-guest', `The folder ${folder} cannot be made in the lab guest.`);
}

/** Options of a guest's command that pass its output on as it comes. */
export const TO_THIS_TERMINAL = {
  onStdout: (chunk: Buffer) => {
    process.stdout.write(chunk);
  },
  onStderr: (chunk: Buffer) => {
    process.stderr.write(chunk);
  },
} as const satisfies CommandOptions;

function guestVariables(labSuite: LabSuite): Record<string, string> {
  return {
    [LAB_VARIABLE]: labSuite,
    ...(useColor(process.stdout) ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
    ...defined({ CI: process.env['CI'] }),
  };
}

/** The harness as it is shipped. */
export function harnessFiles(): FileToPut[] {
  const root = packageRoot();
  return samePaths([join(root, 'package.json'), join(root, 'dist')]);
}

/** Every file that the plans name. */
export function planFiles(plans: readonly Plan[]): FileToPut[] {
  return samePaths(
    plans.flatMap(({ file, profile, container }) => {
      const profileFile = profileFileOf(profile);
      return [
        file,
        ...(profileFile === undefined ? [] : profileFiles(profileFile)),
        ...includePaths(profile.includes),
        ...(container.build === undefined ? [] : [container.build]),
        ...container.mounts.map(({ source }) => source),
      ];
    }),
  );
}

/** Files and folders for the guest, under the same paths there. Those that do not exist are left out. */
export function samePaths(paths: readonly string[]): FileToPut[] {
  const absolute = new Set(paths.map((path) => resolve(path)));
  return [...absolute].filter((path) => existsSync(path)).map((path) => ({ hostPath: path, guestPath: path }));
}

/** The folders that a profile's includes are searched in, beside its own. */
export function includePaths({ base, search = [] }: IncludeFolders = {}): string[] {
  return base === undefined ? [...search] : [...search, base];
}

/** A profile, with the files beside it that it may include. */
export function profileFiles(file: string): string[] {
  try {
    const folder = dirname(file);
    return readdirSync(folder, { recursive: true }).length <= MAX_NEIGHBOURS ? [folder] : [file];
  } catch {
    return [file];
  }
}

async function fetchResults(guest: Guest, folder: string): Promise<void> {
  const { exit } = await guest.exec(['test', '-d', folder]);
  if (exit === 0) await guest.getFiles(folder, folder);
}
