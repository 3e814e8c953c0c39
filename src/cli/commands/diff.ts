/** `apparmor-probe diff`: compares two versions of a profile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { print, progress } from '#adapters/host/console.ts';
import { readEnvironment } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import {
  contradictions,
  diffJson,
  diffMarkdown,
  diffText,
  newlyAllowed,
  type DiffReport,
} from '#core/report/diff-report.ts';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import { apparmorEnabled } from '#harness/session/preflight.ts';
import { findSides, namesOf, type DiffOperands, type Sides } from '../diff-sides.ts';
import { toGuestArgv } from '../in-lab/command-line.ts';
import { planFiles, profileFiles, runInLab, samePaths } from '../in-lab/run-in-lab.ts';
import type { DiffArguments } from '../command-arguments.ts';

/** @returns the exit code: 1 when an access is newly allowed that no waiver covers. */
export async function runDiff(operands: DiffOperands, args: DiffArguments): Promise<number> {
  const plan = args.spec === undefined ? undefined : loadPlans([args.spec], { nonce: 'check' })[0];
  const sides = await findSides(operands, args.as);
  try {
    const host = chooseKernel(args.host);
    if (host === 'lab') return await diffInLab(sides, plan, args);
    // git was run by now, as this user: root only gets files
    if (host === 'local' && !isRoot()) return await rerunAsRoot(argvWithFiles(sides, args));
    return await diffHere(sides, plan, args, host === 'local');
  } finally {
    sides.remove();
  }
}

/** Unlike a run, a comparison without a spec needs no Docker. */
function chooseKernel(host: DiffArguments['host']): 'local' | 'lab' | 'none' {
  if (host !== 'auto') return host;
  return apparmorEnabled() ? 'local' : 'lab';
}

/** The same command, with the files that were found as its operands. */
function argvWithFiles(sides: Sides, args: DiffArguments): string[] {
  return toGuestArgv('diff', { ...args, as: namesOf(sides) }, [sides.base.file, sides.head.file]);
}

async function diffInLab(sides: Sides, plan: Plan | undefined, args: DiffArguments): Promise<number> {
  const { base, head } = sides;
  const folders = [...args.include, ...(args.base === undefined ? [] : [args.base])];
  return runInLab({
    labSuite: args.labSuite,
    files: [
      ...samePaths([...profileFiles(base.file), ...profileFiles(head.file), ...folders]),
      ...(plan === undefined ? [] : planFiles([plan])),
    ],
    argv: argvWithFiles(sides, args),
    ...defined({ resultDir: args.markdown === undefined ? undefined : dirname(resolve(args.markdown)) }),
  });
}

async function diffHere(
  { base, head, copies }: Sides,
  plan: Plan | undefined,
  args: DiffArguments,
  kernel: boolean,
): Promise<number> {
  if (!kernel && args.spec !== undefined)
    progress('not running the probes of the spec: they need a kernel with AppArmor');
  const silent = (): void => undefined;
  const report = await compareProfiles(
    {
      base,
      head,
      kernel,
      waivers: plan?.waivers ?? [],
      today: new Date().toISOString().slice(0, 10),
      signal: abortOnInterrupt(),
      folders: { search: args.include, ...defined({ base: args.base }) },
      ...defined({ spec: kernel ? args.spec : undefined, lab: readEnvironment().lab }),
    },
    { progress, suite: silent, entry: silent, fault: silent },
  );
  const style = { root: process.cwd(), places: copies };
  print(args.json ? [diffJson(report)] : diffText(report, style));
  if (args.markdown !== undefined) writeMarkdown(args.markdown, diffMarkdown(report, style));
  return exitOf(report);
}

function writeMarkdown(file: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new HarnessError('report-failed', `${file} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** When the kernel contradicts the comparison, the comparison proves nothing. */
function exitOf(report: DiffReport): number {
  if (contradictions(report).length > 0) return EXIT.broken;
  return newlyAllowed(report).length > 0 ? EXIT.failed : EXIT.ok;
}
