/**
 * The story of a run: load, start, probe, attribute, decide. Whatever happens, it ends in a ledger and the host is put
 * back.
 */
import { HarnessError } from '#core/model/errors.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import type { Ledger, Plan, Suite } from '#core/model/model.ts';
import type { ClosedClass } from '#core/model/plan.ts';
import { defined } from '#core/model/optional.ts';
import { tallyOf } from '#core/verdict/closed-class.ts';
import { grepPattern } from '../session/grep-pattern.ts';
import { THIS_HOST } from '../session/host.ts';
import { runId, SessionReport, withHostSession } from '../session/session.ts';
import { fullTitle } from './mocha.ts';
import type { RunEvents, RunOptions } from './run-options.ts';
import { runOneSuite, suiteLeftOut } from './run-suite.ts';

/** Runs the probes of some specs, one suite after the other. @returns the ledger; errors are faults in it. */
export async function runSpecs(options: RunOptions, events: RunEvents, host = THIS_HOST): Promise<Ledger> {
  const started = new Date();
  const run = runId();
  const report = new SessionReport(events);
  const suites: Suite[] = [];
  let selected: Plan[] = [];
  let planned = 0;
  try {
    const { specs, profile, profileName, image, includes, onlyTheseIncludes, grep, bail, signal } = options;
    const given = defined({ profile, profileName, image, includes, onlyTheseIncludes });
    const plans = loadPlans(specs, given);
    planned = countProbes(plans);
    selected = selectProbes(plans, grep);
    await withHostSession({ run, options, events, reporter: report, host }, async (session) => {
      for (const [number, plan] of selected.entries()) {
        const isLeftOut = bail && suites.some(hasFailed);
        suites.push(isLeftOut ? suiteLeftOut(plan) : await runOneSuite(plan, number, { ...session, options }));
      }
      if (signal.aborted) report.note(new HarnessError('interrupted', 'The run was interrupted.'));
    });
  } catch (thrown) {
    report.note(thrown);
  }
  return defined({
    schema: 1 as const,
    tool: toolVersion(),
    run,
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    host: report.facts,
    options: defined({
      grep: options.grep,
      minCoverage: options.minCoverage,
      bail: options.bail,
      inPlace: options.inPlace,
      planned,
      selected: countProbes(selected),
    }),
    suites,
    faults: report.faults,
  });
}

/** For --bail: whether a suite stops the run. */
function hasFailed({ entries, faults, closed = [] }: Suite): boolean {
  const kinds = [...entries.map(({ verdict }) => verdict.kind), ...closed.map((result) => tallyOf(result).kind)];
  return faults.length > 0 || kinds.some((kind) => kind !== 'pass' && kind !== 'skipped');
}

/**
 * The probes that mocha's `--grep` selects: the pattern is matched against the names of suite and probe together.
 * @throws HarnessError `usage`, `no-probes`
 */
function selectProbes(plans: readonly Plan[], grep: string | undefined): Plan[] {
  const pattern = grepPattern(grep);
  if (pattern === undefined) return [...plans];
  const selected = plans
    .map((plan) => selectOf(plan, pattern))
    .filter(({ probes, closed }) => probes.length > 0 || closed.length > 0);
  if (selected.length === 0) throw new HarnessError('no-probes', `No probe matches --grep ${JSON.stringify(grep)}.`);
  return selected;
}

/** What a pattern leaves of a plan. The classes that it leaves out stay known: the spec does say something of them. */
function selectOf(plan: Plan, pattern: RegExp): Plan {
  const isSelected = (one: ClosedClass): boolean => pattern.test(`${plan.title} closed: ${one.class}`);
  return {
    ...plan,
    probes: plan.probes.filter((probe) => pattern.test(fullTitle(plan.title, probe))),
    closed: plan.closed.filter(isSelected),
    unselected: plan.closed.filter((one) => !isSelected(one)).map((one) => one.class),
  };
}

function countProbes(plans: readonly Plan[]): number {
  return plans.reduce((sum, { probes }) => sum + probes.length, 0);
}
