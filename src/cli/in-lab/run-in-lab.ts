/** Runs the same command line in a lab guest: files in, the harness there, reports out. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '#core/model/errors.ts';
import { packageRoot } from '#adapters/host/package-files.ts';
import { buildLab, startGuest, type FileToPut, type Guest, type LabSuite } from '#adapters/lab/index.ts';
import type { Plan } from '#core/model/model.ts';
import { profileFileOf } from '#core/spec/resolve.ts';
import { progress, useColor } from '#adapters/host/console.ts';
import { interruption } from '../commands/run.ts';

/** More than this beside a profile is not its includes: only the file itself is sent. */
const MAX_NEIGHBOURS = 500;

interface LabRun {
  readonly labSuite: LabSuite;
  /** Whose files are sent. */
  readonly plans: readonly Plan[];
  /** Arguments of the harness in the guest. */
  readonly commandLine: readonly string[];
  readonly reportDir: string;
  /** Names of the reports that it writes there. */
  readonly reports: readonly string[];
}

/** An option for the guest's command line, where it has a value. */
export function value(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`--${name}=${text}`];
}

/** The same for one that is only there or not. */
export function flag(name: string, on: boolean): string[] {
  return on ? [`--${name}`] : [];
}

/** @returns the exit code of the run in the guest. */
export async function runInLab({ labSuite, plans, commandLine, reportDir, reports: names }: LabRun): Promise<number> {
  const signal = interruption();
  const image = await buildLab({ suite: labSuite, progress });
  const guest = await startGuest(image, { progress });
  try {
    await guest.putFiles([...harnessFiles(), ...planFiles(plans)]);
    const reports = resolve(reportDir);
    removeOldReports(reports, names);
    const { exit } = await guest.exec(['node', join(packageRoot(), 'dist/cli.cjs'), ...commandLine], {
      cwd: process.cwd(),
      signal,
      env: {
        APPARMOR_PROBE_LAB: labSuite,
        ...(useColor(process.stdout) ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
        ...(process.env['CI'] === undefined ? {} : { CI: process.env['CI'] }),
      },
      onStdout: (chunk) => {
        process.stdout.write(chunk);
      },
      onStderr: (chunk) => {
        process.stderr.write(chunk);
      },
    });
    await fetchReports(guest, reports);
    return exit ?? EXIT.broken;
  } finally {
    await guest.stop();
  }
}

/** The harness as it is shipped. */
export function harnessFiles(): FileToPut[] {
  const root = packageRoot();
  return ['package.json', 'dist'].map((name) => ({ hostPath: join(root, name), guestPath: join(root, name) }));
}

/** Every file that the plans name, at the same path in the guest. */
export function planFiles(plans: readonly Plan[]): FileToPut[] {
  const paths = plans.flatMap((plan) => [
    plan.file,
    ...(profileFileOf(plan.profile) === undefined ? [] : profileFiles(profileFileOf(plan.profile) ?? '')),
    ...(plan.container.build === undefined ? [] : [plan.container.build]),
    ...plan.container.mounts.map(({ source }) => source),
  ]);
  return [...new Set(paths)].filter((path) => existsSync(path)).map((path) => ({ hostPath: path, guestPath: path }));
}

/** A profile may include files that stand beside it. */
export function profileFiles(file: string): string[] {
  try {
    return readdirSync(dirname(file), { recursive: true }).length <= MAX_NEIGHBOURS ? [dirname(file)] : [file];
  } catch {
    return [file];
  }
}

/** A report of an earlier run must not be taken for this one's. */
function removeOldReports(folder: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(folder, name), { force: true });
}

async function fetchReports(guest: Guest, folder: string): Promise<void> {
  const { exit } = await guest.exec(['test', '-d', folder]);
  if (exit === 0) await guest.getFiles(folder, folder);
}
