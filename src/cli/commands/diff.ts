/** `apparmor-probe diff`: what a change of a profile changes. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { compareProfiles, type Side } from '#harness/diff/compare-profiles.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { rerunAsRoot, isRoot } from '#adapters/host/sudo.ts';
import { apparmorEnabled } from '#harness/session/preflight.ts';
import { readCheckout, pathInRepository, type Checkout } from '#adapters/host/git-revision.ts';
import type { LabSuite } from '#adapters/lab/index.ts';
import type { Plan } from '#core/model/model.ts';
import {
  contradictions,
  diffJson,
  diffMarkdown,
  diffText,
  newlyAllowed,
  type DiffReport,
} from '#core/report/diff-report.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { print, progress } from '#adapters/host/console.ts';
import { diffInLab } from '../in-lab/diff-in-lab.ts';
import { interruption } from './run.ts';

export interface DiffArguments {
  readonly host: 'auto' | 'local' | 'lab' | 'none';
  readonly labSuite: LabSuite;
  readonly spec?: string;
  readonly json: boolean;
  readonly markdown?: string;
  readonly base?: string;
  readonly include: readonly string[];
  /** What to call the two files, where they are copies. */
  readonly as?: readonly string[];
}

/** Two sides, and folders of copies with what they stand for. */
export interface Sides {
  readonly base: Side;
  readonly head: Side;
  readonly places: readonly (readonly [string, string])[];
}

/** @returns the exit code: 1 when something is newly allowed that no waiver covers. */
export async function runDiff(given: readonly string[], args: DiffArguments): Promise<number> {
  const plan = args.spec === undefined ? undefined : loadPlans([args.spec], { nonce: 'check' })[0];
  const copies: Checkout[] = [];
  try {
    const sides = await sidesOf(given, args, copies);
    const where = args.host !== 'auto' ? args.host : apparmorEnabled() ? 'local' : 'lab';
    if (where === 'lab') return await diffInLab(sides, plan, args);
    if (where === 'local' && !isRoot())
      return await rerunAsRoot(['diff', ...diffCommand(sides, { ...args, host: 'local' })]); // git has been asked by then: root does not run it
    return await diffHere(sides, plan, args, where === 'local');
  } finally {
    for (const copy of copies) copy.remove();
  }
}

/** The arguments that repeat a command whose sides are files by now. */
export function diffCommand({ base, head, places }: Sides, args: DiffArguments): string[] {
  return [
    `--host=${args.host}`,
    ...(args.spec === undefined ? [] : [`--spec=${resolve(args.spec)}`]),
    ...(args.json ? ['--json'] : []),
    ...(args.markdown === undefined ? [] : [`--markdown=${resolve(args.markdown)}`]),
    ...(args.base === undefined ? [] : [`--base=${resolve(args.base)}`]),
    ...args.include.flatMap((folder) => [`--include=${resolve(folder)}`]),
    `--as=${base.label}`,
    `--as=${head.label}`,
    ...places.flatMap(([folder, name]) => [`--as=${folder}`, `--as=${name}`]),
    '--',
    base.file,
    head.file,
  ];
}

/** Files, `REV:PATH`, or two revisions and a file. */
async function sidesOf(given: readonly string[], args: DiffArguments, copies: Checkout[]): Promise<Sides> {
  const [one = '', two = '', three] = given;
  if (args.as !== undefined) {
    const [base = one, head = two, ...rest] = args.as;
    return {
      base: { label: base, file: one },
      head: { label: head, file: two },
      places: rest.flatMap((folder, i) => (i % 2 === 0 ? [[folder, rest[i + 1] ?? ''] as const] : [])),
    };
  }
  const side = async (text: string): Promise<Side> => {
    if (three === undefined && existsSync(text)) return { label: text, file: resolve(text) };
    const colon = text.indexOf(':');
    const path = three === undefined ? text.slice(colon + 1) : await pathInRepository(resolve(three));
    if (three === undefined && colon <= 0)
      throw new HarnessError(
        'profile-unreadable',
        `There is no file ${JSON.stringify(text)}, and it is no REVISION:PATH.`,
      );
    if (path === undefined)
      throw new HarnessError('revision-unreadable', `${JSON.stringify(three)} is in no git repository.`);
    const copy = await readCheckout(three === undefined ? text.slice(0, colon) : text, path);
    copies.push(copy);
    return { label: three === undefined ? text : `${text}:${path}`, file: copy.file };
  };
  const base = await side(one);
  const head = await side(two);
  return { base, head, places: copies.map(({ folder, stands }) => [folder, stands]) };
}

async function diffHere(
  { base, head, places }: Sides,
  plan: Plan | undefined,
  args: DiffArguments,
  kernel: boolean,
): Promise<number> {
  const { base: baseFolder, include, spec } = args;
  if (!kernel && spec !== undefined) progress('no probe is tried: that needs a kernel with AppArmor');
  const lab = process.env['APPARMOR_PROBE_LAB'];
  const silent = (): void => undefined;
  const report = await compareProfiles(
    {
      base,
      head,
      kernel,
      waivers: plan?.waivers ?? [],
      today: new Date().toISOString().slice(0, 10),
      signal: interruption(),
      folders: { search: include, ...(baseFolder === undefined ? {} : { base: baseFolder }) },
      ...(spec === undefined || !kernel ? {} : { spec }),
      ...(lab === undefined ? {} : { lab }),
    },
    { progress, suite: silent, entry: silent, fault: silent },
  );
  const style = { root: process.cwd(), places };
  print(args.json ? [diffJson(report)] : diffText(report, style));
  if (args.markdown !== undefined) writeMarkdown(args.markdown, diffMarkdown(report, style));
  return exitOf(report);
}

function writeMarkdown(file: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new HarnessError('report-failed', `${join(file)} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Where the kernel disagrees with our reading, nothing else that is read counts. */
function exitOf(report: DiffReport): number {
  if (contradictions(report).length > 0) return EXIT.broken;
  return newlyAllowed(report).length > 0 ? EXIT.failed : EXIT.ok;
}
