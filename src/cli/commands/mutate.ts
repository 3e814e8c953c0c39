/** `apparmor-probe mutate`: where to run, the mutation run with its progress, and what it found. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rerunAsRoot, isRoot } from '#adapters/host/sudo.ts';
import type { LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import type { LabSuite } from '#adapters/lab/index.ts';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import { countMutants, type MutationReport } from '#core/mutation/results.ts';
import { MUTATION_FILES } from '#core/report/report-files.ts';
import { mutantLine, mutationClosing, mutationExit, mutationMarkdown } from '#core/report/mutation-report.ts';
import { faultLines } from '#core/report/terminal-report.ts';
import { writeFiles } from '#adapters/host/write-reports.ts';
import { appendProbes } from '#core/spec/append-probes.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { print, progress, useColor } from '#adapters/host/console.ts';
import { chooseHost, interruption } from './run.ts';
import { flag, runInLab, value } from '../in-lab/run-in-lab.ts';

export interface MutateArguments {
  readonly host: 'auto' | 'local' | 'lab';
  readonly labSuite: LabSuite;
  readonly profile?: string;
  readonly image?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly included: boolean;
  readonly minScore?: number;
  readonly log: LogChoice;
  /** Add probes that would kill survivors to the spec. */
  readonly writeProbes: boolean;
}

/** @returns the exit code. */
export async function runMutate(spec: string, args: MutateArguments): Promise<number> {
  const plans = loadPlans([spec], { nonce: 'check', ...(args.profile === undefined ? {} : { profile: args.profile }) });
  if ((await chooseHost(args)) === 'lab') {
    const exit = await runInLab({
      plans,
      labSuite: args.labSuite,
      reportDir: args.reportDir,
      reports: Object.values(MUTATION_FILES),
      commandLine: commandLine(spec, args),
    });
    writeProbes(spec, args);
    return exit;
  }
  if (!isRoot()) return rerunAsRoot();
  const exit = await mutateHere(spec, args);
  writeProbes(spec, args);
  return exit;
}

/** Adds the suggested probes to the spec, where that is asked for. */
function writeProbes(spec: string, args: MutateArguments): void {
  const file = join(args.reportDir, MUTATION_FILES.json);
  if (!args.writeProbes || !existsSync(file)) return;
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as MutationReport;
  const probes = [...new Set(results.flatMap(({ probe }) => probe ?? []))];
  if (probes.length > 0) writeFileSync(spec, appendProbes(readFileSync(spec, 'utf8'), probes));
  print([
    `  ${spec}: ${probes.length === 0 ? 'no probe to add' : `${probes.length} ${probes.length === 1 ? 'probe' : 'probes'} added, for ${results.filter(({ probe }) => probe !== undefined).length} of ${countMutants(results).survived} survivors; run it again for the new score`}`,
  ]);
}

function commandLine(spec: string, args: MutateArguments): string[] {
  return [
    'mutate',
    '--host=local',
    ...value('profile', args.profile === undefined ? undefined : resolve(args.profile)),
    ...value('image', args.image),
    ...value('report-dir', resolve(args.reportDir)),
    ...value('grep', args.grep),
    ...flag('included', args.included),
    ...value('min-score', args.minScore?.toString()),
    ...value('log', args.log),
    '--',
    spec,
  ];
}

async function mutateHere(spec: string, args: MutateArguments): Promise<number> {
  const color = useColor(process.stdout);
  const root = process.cwd();
  const { profile, image, grep, included, minScore, log } = args;
  const lab = process.env['APPARMOR_PROBE_LAB'];
  const report = await mutateProfile(
    {
      spec,
      included,
      log,
      keepAuditSwitch: false,
      signal: interruption(),
      ...(profile === undefined ? {} : { profile }),
      ...(image === undefined ? {} : { image }),
      ...(grep === undefined ? {} : { grep }),
      ...(minScore === undefined ? {} : { minScore }),
      ...(lab === undefined ? {} : { lab }),
    },
    {
      progress,
      result: (result, number, of) => {
        print([mutantLine(result, number, of)]);
      },
      fault: (fault) => {
        print(faultLines(fault, { color, root }));
      },
    },
  );
  const written = writeFiles(
    {
      [MUTATION_FILES.json]: `${JSON.stringify(report, null, 1)}\n`,
      [MUTATION_FILES.markdown]: mutationMarkdown(report, root),
    },
    resolve(args.reportDir),
    process.env['APPARMOR_PROBE_OWNER'],
  );
  print([...mutationClosing(report, root), ...written.map((path) => `  report: ${join(path)}`)]);
  return mutationExit(report);
}
