/** `apparmor-probe init`: where to try, and where the spec goes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { rerunAsRoot, isRoot } from '#adapters/host/sudo.ts';
import { makePlaceholderFiles } from '#harness/init/placeholder-files.ts';
import { writeSpec, type WrittenSpec } from '#harness/init/write-spec.ts';
import type { LabSuite } from '#adapters/lab/index.ts';
import type { Plan } from '#core/model/model.ts';
import { visible } from '#core/text/visible.ts';
import { print, progress } from '#adapters/host/console.ts';
import { chooseHost, interruption } from './run.ts';
import { runInLab, value } from '../in-lab/run-in-lab.ts';

export interface InitArguments {
  readonly profile: string;
  readonly image: string;
  readonly build?: string;
  readonly output?: string;
  readonly force: boolean;
  readonly host: 'auto' | 'local' | 'lab';
  readonly labSuite: LabSuite;
  /** Where the spec is written when that is not where it will stand: in a guest. */
  readonly writeTo?: string;
}

/** Where a guest leaves it. */
const FROM_LAB = 'reports/init';

/** Beside the spec: what it mounts. */
function filesOf(spec: string): string {
  return spec.replace(/(?:\.ya?ml)?$/, '.placeholders');
}

/** @returns the exit code. */
export async function runInit(args: InitArguments): Promise<number> {
  const profile = resolve(args.profile);
  const output = resolve(args.output ?? join('specs', `${basename(profile).replace(/\.\w+$/, '')}.generated.yml`));
  if (existsSync(output) && !args.force)
    throw new HarnessError(
      'usage',
      `${args.output ?? output} is there already: --force writes over it, -o names another.`,
    );
  if (!existsSync(profile)) throw new HarnessError('profile-unreadable', `There is no profile ${args.profile}.`);
  if ((await chooseHost(args)) === 'lab') return initInLab(args, profile, output);
  return isRoot() ? initHere(args, profile, output) : rerunAsRoot();
}

async function initHere(args: InitArguments, profile: string, output: string): Promise<number> {
  const lab = process.env['APPARMOR_PROBE_LAB'];
  const owner = process.env['APPARMOR_PROBE_OWNER'];
  const result = await writeSpec(
    {
      profile,
      image: args.image,
      output,
      ...(args.build === undefined ? {} : { build: resolve(args.build) }),
      relative: (path) => relative(dirname(output), path),
      files: filesOf(output),
      ...(owner === undefined ? {} : { owner }),
      keepAuditSwitch: false,
      signal: interruption(),
      ...(lab === undefined ? {} : { lab }),
    },
    {
      progress,
      fault: ({ message }) => {
        progress(message);
      },
    },
  );
  const spec = resolve(args.writeTo ?? output);
  if (spec !== output) makePlaceholderFiles(filesOf(spec), result.standIns, owner);
  write(spec, result.yaml);
  print(summary(result, relative(process.cwd(), output)));
  return EXIT.ok;
}

function summary({ probes, tried, held, rules, without, standIns }: WrittenSpec, output: string): string[] {
  return [
    `${output}: ${probes} probes for ${rules - without.length} of ${rules} rules; ${held} of ${tried} candidates held on this kernel`,
    ...(standIns.length === 0
      ? []
      : [`${filesOf(output)}: ${standIns.length} files that it mounts, for names that no container has`]),
    ...(without.length === 0
      ? []
      : ['without a probe of their own:', ...without.map(({ span, text }) => `  line ${span.line}: ${visible(text)}`)]),
    `next: apparmor-probe run ${output}`,
  ];
}

async function initInLab(args: InitArguments, profile: string, output: string): Promise<number> {
  const left = join(FROM_LAB, basename(output));
  rmSync(left, { force: true });
  rmSync(filesOf(left), { recursive: true, force: true });
  const exit = await runInLab({
    labSuite: args.labSuite,
    plans: [filesFor(args, profile, output)],
    reportDir: FROM_LAB,
    reports: [basename(output)],
    commandLine: [
      'init',
      '--host=local',
      '--force',
      `--profile=${profile}`,
      `--image=${args.image}`,
      ...value('build', args.build === undefined ? undefined : resolve(args.build)),
      `--output=${output}`,
      `--write-to=${resolve(left)}`,
    ],
  });
  if (exit === EXIT.ok) {
    makePlaceholderFiles(filesOf(output), filesIn(filesOf(left)), undefined);
    write(output, readFileSync(left, 'utf8'));
  }
  rmSync(FROM_LAB, { recursive: true, force: true });
  return exit;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name))}`);
}

/** What the guest needs. */
function filesFor({ image, build }: InitArguments, profile: string, output: string): Plan {
  return {
    file: output,
    title: '',
    control: true,
    probes: [],
    peers: [],
    untestable: [],
    waivers: [],
    profile: { from: 'file', file: profile, mode: 'enforce' },
    container: {
      image,
      ...(build === undefined ? {} : { build: resolve(build) }),
      hold: true,
      env: {},
      capAdd: [],
      capDrop: [],
      securityOpt: [],
      sysctls: {},
      mounts: [],
      tmpfs: {},
      readOnly: false,
      network: 'bridge',
    },
  };
}

/** Whole or not at all. */
function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
