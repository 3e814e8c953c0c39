/** `apparmor-probe run`: runs specs here or in the lab guest, prints progress and writes reports. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { print, progress, useColor } from '#adapters/host/console.ts';
import { readEnvironment } from '#adapters/host/environment.ts';
import { abortOnInterrupt } from '#adapters/host/interrupt.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { isRoot, rerunAsRoot } from '#adapters/host/sudo.ts';
import { writeReports } from '#adapters/host/write-reports.ts';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { defined } from '#core/model/optional.ts';
import { coverageListing } from '#core/report/coverage-listing.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { exitCode } from '#core/report/summary.ts';
import { closedLines, closing, entryLines, faultLines, suiteLines } from '#core/report/terminal-report.ts';
import type { RunEvents } from '#harness/run/run-options.ts';
import { runSpecs } from '#harness/run/run-specs.ts';
import { includesOf } from '../include-folders.ts';
import { chooseHost } from '../in-lab/choose-host.ts';
import { toGuestArgv } from '../in-lab/command-line.ts';
import { planFiles, runInLab } from '../in-lab/run-in-lab.ts';
import type { RunArguments } from '../command-arguments.ts';

/**
 * @param operands spec files; none for all of specs/
 * @returns the exit code
 */
export async function runRun(operands: readonly string[], args: RunArguments): Promise<number> {
  const specs = operands.length > 0 ? operands : defaultSpecs();
  // mistakes in specs are reported before anything is started, wherever the run will be
  const plans = loadPlans(specs, { includes: includesOf(args), ...defined({ profile: args.profile }) });

  if ((await chooseHost(args)) === 'lab') {
    return runInLab({
      labSuite: args.labSuite,
      files: planFiles(plans),
      argv: toGuestArgv('run', args, specs),
      resultDir: args.reportDir,
      results: Object.values(REPORT_FILES),
    });
  }
  return isRoot() ? runHere(specs, args) : rerunAsRoot();
}

function defaultSpecs(): string[] {
  const specs = namesIn('specs')
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join('specs', name));
  if (specs.length === 0) throw new HarnessError('usage', 'No spec was given, and there is none in specs/.');
  return specs;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function runHere(specs: readonly string[], args: RunArguments): Promise<number> {
  const style = { color: useColor(process.stdout), root: process.cwd() };
  const events: RunEvents = {
    progress,
    suite: (suite) => {
      print(suiteLines(suite, style));
    },
    entry: (entry) => {
      print(entryLines(entry, style));
    },
    closed: (result) => {
      print(closedLines(result, style));
    },
    fault: (fault) => {
      print(faultLines(fault, style));
    },
  };
  const { bail, inPlace, keepAuditSwitch, log } = args;
  const { profile, image, grep, minCoverage } = args;
  const { lab, owner } = readEnvironment();

  const ledger = await runSpecs(
    {
      specs,
      bail,
      inPlace,
      keepAuditSwitch,
      log,
      signal: abortOnInterrupt(),
      includes: includesOf(args),
      ...defined({ profile, image, grep, lab, minCoverage }),
    },
    events,
  );

  const reports = writeReports(ledger, resolve(args.reportDir), owner);
  if (args.coverage) print(coverageListing(ledger, style));
  print(closing(ledger, { ...style, reports }));
  return ledger.suites.length === 0 && ledger.faults.length === 0 ? EXIT.broken : exitCode(ledger);
}
