/** `apparmor-probe init`: writes a spec for a profile, and the files that the spec mounts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { print, progress } from '#adapters/host/console.ts';
import { readEnvironment } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { visible } from '#core/text/visible.ts';
import { makePlaceholderFiles } from '#harness/init/placeholder-files.ts';
import { writeSpec, type WrittenSpec } from '#harness/init/write-spec.ts';
import { includesOf } from '../include-folders.ts';
import { chooseHost } from '../in-lab/choose-host.ts';
import { toGuestArgv } from '../in-lab/command-line.ts';
import { includePaths, profileFiles, runInLab, samePaths } from '../in-lab/run-in-lab.ts';
import type { InitArguments } from '../command-arguments.ts';

/** Where a guest writes the spec, from where it is copied to its place on this host. */
const GUEST_OUTPUT_DIR = 'reports/init';

/** @returns the exit code. */
export async function runInit(args: InitArguments): Promise<number> {
  const profile = resolve(args.profile);
  const output = resolve(args.output ?? defaultOutput(profile));
  if (existsSync(output) && !args.force) {
    const name = args.output ?? output;
    throw new HarnessError('usage', `${name} already exists: overwrite it with --force, or choose another with -o.`);
  }
  if (!existsSync(profile)) throw new HarnessError('profile-unreadable', `There is no file ${args.profile}.`);

  if ((await chooseHost(args)) === 'lab') return initInLab(args, profile, output);
  return isRoot() ? initHere(args, profile, output) : rerunAsRoot();
}

function defaultOutput(profile: string): string {
  return join('specs', `${basename(profile).replace(/\.\w+$/, '')}.generated.yml`);
}

/** The folder beside a spec for the placeholder files that it mounts. */
function placeholderDir(spec: string): string {
  return spec.replace(/(?:\.ya?ml)?$/, '.placeholders');
}

async function initHere(args: InitArguments, profile: string, output: string): Promise<number> {
  const { lab, owner } = readEnvironment();
  const result = await writeSpec(
    {
      profile,
      image: args.image,
      includes: includesOf(args),
      output,
      relative: (path) => relative(dirname(output), path),
      files: placeholderDir(output),
      keepAuditSwitch: false,
      signal: abortOnInterrupt(),
      ...defined({
        name: args.name,
        build: args.build === undefined ? undefined : resolve(args.build),
        owner,
        lab,
      }),
    },
    {
      progress,
      fault: ({ message }) => {
        progress(message);
      },
    },
  );

  const written = resolve(args.writeTo ?? output);
  if (written !== output) makePlaceholderFiles(placeholderDir(written), result.placeholders, owner);
  writeAtomically(written, result.yaml);
  print(summary(result, relative(process.cwd(), output)));
  return EXIT.ok;
}

function summary(result: WrittenSpec, output: string): string[] {
  const { probes, tried, confirmed, rules, rulesWithoutProbe, otherBlocks, placeholders } = result;
  const tested = `${probes} probes for ${rules - rulesWithoutProbe.length} of ${rules} rules`;
  const lines = [`${output}: ${tested}; ${confirmed} of ${tried} candidates behaved as predicted`];
  if (placeholders.length > 0)
    lines.push(`${placeholderDir(output)}: ${placeholders.length} placeholder files, which the spec mounts`);
  if (rulesWithoutProbe.length > 0)
    lines.push(
      'rules without a probe:',
      ...rulesWithoutProbe.map(({ span, text }) => `  line ${span.line}: ${visible(text)}`),
    );
  if (otherBlocks.length > 0)
    lines.push(
      'not tried, because they are rules of other profiles, children or hats of the file:',
      ...otherBlocks.map(
        ({ name, span, rules: { length } }) => `  line ${span.line}: ${visible(name)} (rules: ${length})`,
      ),
      'init writes a spec for one profile: choose another with --name, and test children by hand (docs/spec.md)',
    );
  return [...lines, `next: apparmor-probe run ${output}`];
}

async function initInLab(args: InitArguments, profile: string, output: string): Promise<number> {
  const written = join(GUEST_OUTPUT_DIR, basename(output));
  rmSync(placeholderDir(written), { recursive: true, force: true });

  const exit = await runInLab({
    labSuite: args.labSuite,
    files: samePaths([
      ...profileFiles(profile),
      ...includePaths(includesOf(args)),
      ...(args.build === undefined ? [] : [args.build]),
    ]),
    argv: toGuestArgv('init', { ...args, force: true, output, writeTo: written }, []),
    resultDir: GUEST_OUTPUT_DIR,
    results: [basename(output)],
  });

  if (exit === EXIT.ok) {
    makePlaceholderFiles(placeholderDir(output), filesIn(placeholderDir(written)), undefined);
    writeAtomically(output, readFileSync(written, 'utf8'));
  }
  rmSync(GUEST_OUTPUT_DIR, { recursive: true, force: true });
  return exit;
}

/** @returns the paths of all files below a folder, as paths of the container: from `/`. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name))}`);
}

/** Readers see the old file or the new one, never a part. */
function writeAtomically(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
