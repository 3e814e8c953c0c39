/** The story of a run: load, start, probe, attribute, decide. Whatever happens it ends in a ledger, and the host is put back. */
import { HarnessError } from '#core/model/errors.ts';
import { toolVersion } from '#adapters/host/package-files.ts';
import type { Entry, Fault, HostFacts, Ledger, Plan, Suite } from '#core/model/model.ts';
import { suiteLeftOut, runOneSuite } from './run-suite.ts';
import {
  asFault,
  withHostSession,
  runId,
  type Session,
  type SessionEvents,
  type SessionOptions,
} from '../session/session.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { fullTitle } from './mocha.ts';

export interface RunOptions extends SessionOptions {
  readonly specs: readonly string[];
  readonly profile?: string;
  readonly image?: string;
  readonly grep?: string;
  readonly bail: boolean;
  /** Load the profile under its own name, and put back what was there. */
  readonly inPlace: boolean;
  /** The percentage of its testable rules that every profile has to reach. */
  readonly minCoverage?: number;
  /** Leave rule coverage out, which takes seconds in a guest without KVM. */
  readonly withoutCoverage?: boolean;
}

/** What a run tells while it goes on. */
export interface RunEvents extends SessionEvents {
  suite(suite: Suite): void;
  entry(entry: Entry): void;
}

/** What all suites of a run share. */
export interface RunContext extends Session<RunEvents> {
  readonly options: RunOptions;
}

export async function runSpecs(options: RunOptions, events: RunEvents): Promise<Ledger> {
  const started = new Date();
  const id = runId();
  const faults: Fault[] = [];
  const suites: Suite[] = [];
  let plans: Plan[] = [];
  let planned = 0;
  let host: HostFacts | undefined;
  const note = (thrown: unknown): void => {
    const fault = asFault(thrown);
    faults.push(fault);
    events.fault(fault);
  };
  try {
    const all = loadPlans(options.specs, { nonce: id.slice(0, 5), ...pick(options, 'profile', 'image') });
    planned = count(all);
    plans = selected(all, options.grep);
    await withHostSession(
      id,
      options,
      events,
      {
        note,
        host: (facts) => {
          host = facts;
        },
      },
      async (session) => {
        for (const [number, plan] of plans.entries()) {
          const bailed =
            options.bail &&
            suites.some(
              ({ entries, faults: found }) =>
                found.length > 0 ||
                entries.some(({ verdict }) => verdict.kind !== 'pass' && verdict.kind !== 'skipped'),
            );
          suites.push(bailed ? suiteLeftOut(plan) : await runOneSuite(plan, number, { ...session, options }));
        }
        if (options.signal.aborted) note(new HarnessError('interrupted', 'The run was interrupted.'));
      },
    );
  } catch (thrown) {
    note(thrown);
  }
  return {
    schema: 1,
    tool: toolVersion(),
    run: id,
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    ...(host === undefined ? {} : { host }),
    options: {
      ...pick(options, 'grep', 'minCoverage'),
      bail: options.bail,
      inPlace: options.inPlace,
      planned,
      selected: count(plans),
    },
    suites,
    faults,
  };
}

/** mocha's `--grep`: a regular expression, matched against suite and probe name together. */
function selected(plans: readonly Plan[], grep: string | undefined): Plan[] {
  if (grep === undefined) return [...plans];
  let pattern: RegExp;
  try {
    pattern = new RegExp(grep);
  } catch {
    throw new HarnessError('usage', `--grep ${JSON.stringify(grep)} is not a regular expression.`);
  }
  const kept = plans
    .map((plan) => ({ ...plan, probes: plan.probes.filter((probe) => pattern.test(fullTitle(plan.title, probe))) }))
    .filter((plan) => plan.probes.length > 0);
  if (kept.length === 0) throw new HarnessError('no-probes', `No probe's name matches ${JSON.stringify(grep)}.`);
  return kept;
}

function count(plans: readonly Plan[]): number {
  return plans.reduce((sum, plan) => sum + plan.probes.length, 0);
}

/** The properties that are there. */
function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>;
}
