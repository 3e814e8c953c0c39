/** `apparmor-probe mutate`: tests the probes of a spec against changed copies of its profile. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { print, progress, useColor } from '#adapters/host/console.ts';
import { readEnvironment } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { writeFiles } from '#adapters/host/write-reports.ts';
import { defined } from '#core/model/optional.ts';
import { countMutants, type MutationReport } from '#core/mutation/results.ts';
import { mutantLine, mutationClosing, mutationExit, mutationMarkdown } from '#core/report/mutation-report.ts';
import { MUTATION_FILES } from '#core/report/report-files.ts';
import { faultLines } from '#core/report/terminal-report.ts';
import { appendProbes } from '#core/spec/append-probes.ts';
import { mutateProfile } from '#harness/mutate/mutate-profile.ts';
import { includesOf } from '../include-folders.ts';
import { chooseHost } from '../in-lab/choose-host.ts';
import { toGuestArgv } from '../in-lab/command-line.ts';
import { planFiles, runInLab } from '../in-lab/run-in-lab.ts';
import type { MutateArguments } from '../command-arguments.ts';

/** @returns the exit code. */
export async function runMutate(spec: string, args: MutateArguments): Promise<number> {
  const plans = loadPlans([spec], {
    includes: includesOf(args),
    ...defined({ profile: args.profile }),
  });
  const inLab = (await chooseHost(args)) === 'lab';
  if (!inLab && !isRoot()) return rerunAsRoot();

  const exit = inLab
    ? await runInLab({
        labSuite: args.labSuite,
        files: planFiles(plans),
        argv: toGuestArgv('mutate', args, [spec]),
        resultDir: args.reportDir,
        results: Object.values(MUTATION_FILES),
      })
    : await mutateHere(spec, args);
  if (args.writeProbes) writeProbes(spec, args.reportDir);
  return exit;
}

/** Adds the probes that the report suggests to the spec. */
function writeProbes(spec: string, reportDir: string): void {
  const file = join(reportDir, MUTATION_FILES.json);
  if (!existsSync(file)) return;
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as MutationReport;
  const killers = results.flatMap(({ probe }) => probe ?? []);
  const probes = [...new Set(killers)];
  if (probes.length === 0) {
    print([`  ${spec}: no probes to add`]);
    return;
  }

  writeFileSync(spec, appendProbes(readFileSync(spec, 'utf8'), probes));
  const added = `${probes.length} ${probes.length === 1 ? 'probe' : 'probes'} added`;
  const survivors = `${killers.length} of ${countMutants(results).survived} survivors`;
  print([`  ${spec}: ${added} for ${survivors}; run mutate again for the new score`]);
}

async function mutateHere(spec: string, args: MutateArguments): Promise<number> {
  const color = useColor(process.stdout);
  const root = process.cwd();
  const { profile, image, grep, operators, sample, seed, included, minScore, log } = args;
  const { lab, owner } = readEnvironment();

  const report = await mutateProfile(
    {
      spec,
      included,
      log,
      keepAuditSwitch: false,
      signal: abortOnInterrupt(),
      includes: includesOf(args),
      ...defined({ profile, image, grep, operators, sample, seed, minScore, lab }),
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

  const contents = {
    [MUTATION_FILES.json]: `${JSON.stringify(report, null, 1)}\n`,
    [MUTATION_FILES.markdown]: mutationMarkdown(report, root),
  };
  const written = writeFiles(contents, resolve(args.reportDir), owner);
  print([...mutationClosing(report, root), ...written.map((path) => `  report: ${path}`)]);
  return mutationExit(report);
}
