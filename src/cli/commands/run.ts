/** `apparmor-probe run`: where to run, then the run itself with its progress and reports. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, HarnessError } from '#core/model/errors.ts';
import { rerunAsRoot, isRoot } from '#adapters/host/sudo.ts';
import { apparmorEnabled } from '#harness/session/preflight.ts';
import { Engine } from '#adapters/container/engine.ts';
import type { LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import type { LabSuite } from '#adapters/lab/index.ts';
import { coverageListing } from '#core/report/coverage-listing.ts';
import { closing, entryLines, faultLines, suiteLines } from '#core/report/terminal-report.ts';
import { REPORT_FILES } from '#core/report/report-files.ts';
import { exitCode } from '#core/report/summary.ts';
import { writeReports } from '#adapters/host/write-reports.ts';
import type { RunEvents } from '#harness/run/run-options.ts';
import { runSpecs } from '#harness/run/run-specs.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { print, progress, useColor } from '#adapters/host/console.ts';
import { flag, runInLab, value } from '../in-lab/run-in-lab.ts';

export interface RunArguments {
  readonly host: 'auto' | 'local' | 'lab';
  readonly labSuite: LabSuite;
  readonly profile?: string;
  readonly image?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly bail: boolean;
  readonly inPlace: boolean;
  readonly keepAuditSwitch: boolean;
  readonly log: LogChoice;
  /** Print the profile with the probes behind each rule. */
  readonly coverage: boolean;
  readonly minCoverage?: number;
}

/** @returns the exit code. */
export async function runRun(given: readonly string[], args: RunArguments): Promise<number> {
  const specs = given.length > 0 ? given : defaultSpecs();
  // mistakes in specs show before anything is started, wherever the run will be
  const plans = loadPlans(specs, { nonce: 'check', ...(args.profile === undefined ? {} : { profile: args.profile }) });
  if ((await chooseHost(args)) === 'lab') {
    return runInLab({
      plans,
      labSuite: args.labSuite,
      reportDir: args.reportDir,
      reports: Object.values(REPORT_FILES),
      commandLine: commandLine(specs, args),
    });
  }
  return isRoot() ? runHere(specs, args) : rerunAsRoot();
}

function commandLine(specs: readonly string[], args: RunArguments): string[] {
  return [
    'run',
    '--host=local',
    ...value('profile', args.profile === undefined ? undefined : resolve(args.profile)),
    ...value('image', args.image),
    ...value('report-dir', resolve(args.reportDir)),
    ...value('grep', args.grep),
    ...flag('bail', args.bail),
    ...flag('in-place', args.inPlace),
    ...flag('keep-audit-switch', args.keepAuditSwitch),
    ...value('log', args.log),
    ...flag('coverage', args.coverage),
    ...value('min-coverage', args.minCoverage?.toString()),
    '--',
    ...specs,
  ];
}

function defaultSpecs(): string[] {
  let found: string[] = [];
  try {
    found = readdirSync('specs')
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join('specs', name));
  } catch {
    /* told below */
  }
  if (found.length === 0) throw new HarnessError('usage', 'No spec is given, and there is none in specs/.');
  return found;
}

/** Where `auto` runs: here when this host can, else in the lab. */
export async function chooseHost({
  host,
  labSuite,
}: Pick<RunArguments, 'host' | 'labSuite'>): Promise<'local' | 'lab'> {
  if (host !== 'auto') return host;
  const why = apparmorEnabled() ? await dockerProblem() : 'this kernel has no AppArmor';
  if (why === undefined) return 'local';
  progress(`${why}: running in the lab guest (${labSuite})`);
  return 'lab';
}

/** Undefined when an engine answers, or when only root could tell. */
async function dockerProblem(): Promise<string | undefined> {
  try {
    await Engine.connect();
    return undefined;
  } catch (error) {
    return /EACCES/.test(String(error)) ? undefined : 'no Docker engine answers here';
  }
}

async function runHere(specs: readonly string[], args: RunArguments): Promise<number> {
  const color = useColor(process.stdout);
  const root = process.cwd();
  const events: RunEvents = {
    progress,
    suite: (suite) => {
      print(suiteLines(suite, { color, root }));
    },
    entry: (entry) => {
      print(entryLines(entry, { color, root }));
    },
    fault: (fault) => {
      print(faultLines(fault, { color, root }));
    },
  };
  const { profile, image, grep, bail, inPlace, keepAuditSwitch, log, minCoverage } = args;
  const lab = process.env['APPARMOR_PROBE_LAB'];
  const ledger = await runSpecs(
    {
      specs,
      bail,
      inPlace,
      keepAuditSwitch,
      log,
      signal: interruption(),
      ...(profile === undefined ? {} : { profile }),
      ...(image === undefined ? {} : { image }),
      ...(grep === undefined ? {} : { grep }),
      ...(lab === undefined ? {} : { lab }),
      ...(minCoverage === undefined ? {} : { minCoverage }),
    },
    events,
  );
  const reports = writeReports(ledger, resolve(args.reportDir), process.env['APPARMOR_PROBE_OWNER']);
  if (args.coverage) print(coverageListing(ledger, { color, root }));
  print(closing(ledger, { color, root, reports }));
  return ledger.suites.length === 0 && ledger.faults.length === 0 ? EXIT.broken : exitCode(ledger);
}

/** Aborted by the first Ctrl-C or SIGTERM; the run then puts the host back and reports. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) progress(`${signal}: stopping, and putting the host back`);
      controller.abort();
    });
  }
  return controller.signal;
}
