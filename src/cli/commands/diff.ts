/** `apparmor-probe diff`: compares two versions of a profile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { print, progress } from '#adapters/host/console.ts';
import { readEnvironment } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { Plan } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { diffExit, diffJson, diffMarkdown, diffText, type DiffReport } from '#core/report/diff-report.ts';
import { BASE_FOLDER } from '#adapters/kernel/parser/include-paths.ts';
import { includedFiles } from '#adapters/kernel/parser/included-files.ts';
import { compareProfiles } from '#harness/diff/compare-profiles.ts';
import type { Side } from '#harness/diff/diff-options.ts';
import { apparmorEnabled } from '#harness/session/preflight.ts';
import { findSides, foldersOfSides, namesOf, type DiffOperands, type Sides } from '../diff-sides.ts';
import { includesOf } from '../include-folders.ts';
import { toGuestArgv } from '../in-lab/command-line.ts';
import { includePaths, planFiles, profileFiles, runInLab, samePaths } from '../in-lab/run-in-lab.ts';
import type { DiffArguments } from '../command-arguments.ts';

/** @returns the exit code: 1 when an access is newly allowed that no waiver covers. */
export async function runDiff(operands: DiffOperands, args: DiffArguments): Promise<number> {
  const includes = includesOf(args);
  const plan = args.spec === undefined ? undefined : loadPlans([args.spec], { includes })[0];
  const { as: names, sideFolders } = args;
  const sides = await findSides(operands, {
    includes: plan?.profile.includes ?? includes,
    ...defined({ names, sideFolders }),
  });
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
  const own = { as: namesOf(sides), sideFolders: foldersOfSides(sides) };
  return toGuestArgv('diff', { ...args, ...own }, [sides.base.file, sides.head.file]);
}

async function diffInLab(sides: Sides, plan: Plan | undefined, args: DiffArguments): Promise<number> {
  const { base, head, copies } = sides;
  return runInLab({
    labSuite: args.labSuite,
    files: [
      ...samePaths([...copies.map(([folder]) => folder), ...filesOfSide(base), ...filesOfSide(head)]),
      ...(plan === undefined ? [] : planFiles([plan])),
    ],
    argv: argvWithFiles(sides, args),
    ...defined({ resultDir: args.markdown === undefined ? undefined : dirname(resolve(args.markdown)) }),
  });
}

/** What a side reads on this machine; the host's own policy stays here, for the guest has its own. */
function filesOfSide({ file, includes }: Side): string[] {
  const isOfHost = (path: string): boolean => includes.base === undefined && path.startsWith(`${BASE_FOLDER}/`);
  const included = [...includedFiles(file, includes).keys()].filter((path) => !isOfHost(path));
  return [...profileFiles(file), ...includePaths(includes), ...included];
}

async function diffHere(
  { base, head, copies }: Sides,
  plan: Plan | undefined,
  args: DiffArguments,
  kernel: boolean,
): Promise<number> {
  const silent = (): void => undefined;
  const compared = await compareProfiles(
    {
      base,
      head,
      kernel,
      waivers: plan?.waivers ?? [],
      today: new Date().toISOString().slice(0, 10),
      signal: abortOnInterrupt(),
      ...defined({ spec: kernel ? args.spec : undefined, lab: readEnvironment().lab }),
    },
    { progress, suite: silent, entry: silent, fault: silent },
  );
  const report = kernel || args.spec === undefined ? compared : withNote(compared, UNTRIED);
  const style = { root: process.cwd(), places: copies };
  print(args.json ? [diffJson(report)] : diffText(report, style));
  if (args.markdown !== undefined) writeMarkdown(args.markdown, diffMarkdown(report, style));
  return diffExit(report);
}

const UNTRIED = 'The probes of the spec were not tried: that needs a kernel with AppArmor.';

function withNote(report: DiffReport, note: string): DiffReport {
  return { ...report, notes: [...report.notes, note] };
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
