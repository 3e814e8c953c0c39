/** Runs the same command line in a lab guest: files in, the harness there, reports out. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '../errors.ts';
import { packageRoot } from '../host/package.ts';
import { buildLab, startGuest, type FileToPut, type Guest } from '../lab/index.ts';
import type { Plan } from '../model.ts';
import { REPORT_FILES } from '../report/files.ts';
import { progress, useColor } from './console.ts';
import { interruption, type RunArguments } from './run.ts';

/** More than this beside a profile is not its includes: only the file itself is sent. */
const MAX_NEIGHBOURS = 500;

/** @returns the exit code of the run in the guest. */
export async function runInLab(specs: readonly string[], plans: readonly Plan[], args: RunArguments): Promise<number> {
  const signal = interruption();
  const image = await buildLab({ suite: args.labSuite, progress });
  const guest = await startGuest(image, { progress });
  try {
    await guest.putFiles([...harnessFiles(), ...planFiles(plans)]);
    const reports = resolve(args.reportDir);
    removeOldReports(reports);
    const { exit } = await guest.exec(commandLine(specs, args), {
      cwd: process.cwd(), signal,
      env: { APPARMOR_PROBE_LAB: args.labSuite, ...(useColor(process.stdout) ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }), ...(process.env['CI'] === undefined ? {} : { CI: process.env['CI'] }) },
      onStdout: (chunk) => { process.stdout.write(chunk); },
      onStderr: (chunk) => { process.stderr.write(chunk); },
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
    ...(plan.profile.from === 'file' ? profileFiles(plan.profile.file) : []),
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

function commandLine(specs: readonly string[], args: RunArguments): string[] {
  const value = (name: string, text: string | undefined): string[] => text === undefined ? [] : [`--${name}=${text}`];
  const flag = (name: string, on: boolean): string[] => on ? [`--${name}`] : [];
  return ['node', join(packageRoot(), 'dist/cli.cjs'), 'run', '--host=local', ...value('profile', args.profile === undefined ? undefined : resolve(args.profile)), ...value('image', args.image),
    ...value('report-dir', resolve(args.reportDir)), ...value('grep', args.grep), ...flag('bail', args.bail), ...flag('in-place', args.inPlace), ...flag('keep-audit-switch', args.keepAuditSwitch), ...value('log', args.log), ...flag('coverage', args.coverage), ...value('min-coverage', args.minCoverage?.toString()),
    '--', ...specs];
}

/** A report of an earlier run must not be taken for this one's. */
function removeOldReports(folder: string): void {
  for (const name of Object.values(REPORT_FILES)) rmSync(join(folder, name), { force: true });
}

async function fetchReports(guest: Guest, folder: string): Promise<void> {
  const { exit } = await guest.exec(['test', '-d', folder]);
  if (exit === 0) await guest.getFiles(folder, folder);
}
