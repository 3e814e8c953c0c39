/** The story of a run: load, start, probe, attribute, decide. Whatever happens it ends in a ledger, and the host is put back. */
import { randomBytes } from 'node:crypto';
import type { Engine } from './container/engine.ts';
import { asHarnessError, HarnessError } from './errors.ts';
import { hostFacts } from './host/facts.ts';
import { toolVersion } from './host/package.ts';
import { preflight } from './host/preflight.ts';
import { makeBarrier, type Barrier } from './kernel/barrier.ts';
import { beginChanges, sweep, type HostChanges } from './kernel/host.ts';
import { KernelLog, type LogChoice } from './kernel/log.ts';
import type { Entry, Fault, HostFacts, Ledger, Plan, Suite } from './model.ts';
import { loadPlans } from './spec/load.ts';
import { fullTitle } from './suite.ts';
import { leftOut, runOneSuite } from './run-suite.ts';

export interface RunOptions {
  readonly specs: readonly string[];
  readonly profile?: string;
  readonly image?: string;
  readonly grep?: string;
  readonly bail: boolean;
  /** Load the profile under its own name, and put back what was there. */
  readonly inPlace: boolean;
  /** Leave the kernel's audit switch as it is: explicit deny rules then stay silent. */
  readonly keepAuditSwitch: boolean;
  /** Where to read audit records; `auto` when absent. */
  readonly log?: LogChoice;
  /** The percentage of its testable rules that every profile has to reach. */
  readonly minCoverage?: number;
  /** Name of the lab suite when this is a lab guest. */
  readonly lab?: string;
  readonly signal: AbortSignal;
}

/** What a run tells while it goes on. */
export interface RunEvents {
  progress(line: string): void;
  suite(suite: Suite): void;
  entry(entry: Entry): void;
  fault(fault: Fault): void;
}

/** What all suites of a run share. */
export interface RunContext {
  readonly run: string;
  readonly options: RunOptions;
  readonly events: RunEvents;
  readonly engine: Engine;
  readonly changes: HostChanges;
  readonly log: KernelLog;
  readonly barrier: Barrier;
}

export async function run(options: RunOptions, events: RunEvents): Promise<Ledger> {
  const started = new Date();
  const id = runId();
  const faults: Fault[] = [];
  const suites: Suite[] = [];
  let plans: Plan[] = [];
  let planned = 0;
  let host: HostFacts | undefined;
  const note = (thrown: unknown): void => { const fault = asFault(thrown); faults.push(fault); events.fault(fault); };
  try {
    const all = loadPlans(options.specs, { nonce: id.slice(0, 5), ...pick(options, 'profile', 'image') });
    planned = count(all);
    plans = selected(all, options.grep);
    const engine = await preflight();
    for (const line of await sweep((dead) => engine.removeRun(dead))) events.progress(`cleaning up after a killed run: ${line}`);
    const changes = await beginChanges(id, { switches: options.keepAuditSwitch ? ['printkRatelimit'] : ['audit', 'printkRatelimit'] });
    let log: KernelLog | undefined;
    try {
      log = new KernelLog(options.log);
      host = await hostFacts(await engine.facts(), { logSource: log.source, lab: options.lab });
      events.progress(`${host.os}, kernel ${host.kernel}, ${host.parser}, ${host.engine}`);
      const barrier = await makeBarrier(id, log, changes);
      await barrier.cross(); // proves that records arrive at all, and where, before any verdict rests on one
      host = { ...host, logSource: log.source };
      events.progress(`audit records arrive through ${log.source}`);
      for (const [number, plan] of plans.entries()) {
        const bailed = options.bail && suites.some(({ entries, faults: found }) => found.length > 0 || entries.some(({ verdict }) => verdict.kind !== 'pass' && verdict.kind !== 'skipped'));
        suites.push(bailed ? leftOut(plan) : await runOneSuite(plan, number, { run: id, options, events, engine, changes, log, barrier }));
      }
      if (options.signal.aborted) note(new HarnessError('interrupted', 'The run was interrupted.'));
    } finally {
      log?.close();
      if (options.signal.aborted) await engine.removeRun(id).catch(note); // what was on its way when it was interrupted
      await changes.undo();
      events.progress('the host is as it was before');
    }
  } catch (thrown) {
    note(thrown);
  }
  return {
    schema: 1, tool: toolVersion(), run: id, startedAt: started.toISOString(), durationMs: Date.now() - started.getTime(),
    ...(host === undefined ? {} : { host }),
    options: { ...pick(options, 'grep', 'minCoverage'), bail: options.bail, inPlace: options.inPlace, planned, selected: count(plans) },
    suites, faults,
  };
}

/** @returns the error as a line for reports. */
export function asFault(thrown: unknown): Fault {
  const error = asHarnessError(thrown);
  return { code: error.code, message: [error.message, ...error.details].join('\n'), hint: error.hint };
}

/** Letters and digits only: it becomes part of profile names, container names and thread names. */
function runId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`).toString(36).padStart(13, '0').slice(0, 10);
}

/** mocha's `--grep`: a regular expression, matched against suite and probe name together. */
function selected(plans: readonly Plan[], grep: string | undefined): Plan[] {
  if (grep === undefined) return [...plans];
  let pattern: RegExp;
  try { pattern = new RegExp(grep); } catch { throw new HarnessError('usage', `--grep ${JSON.stringify(grep)} is not a regular expression.`); }
  const kept = plans.map((plan) => ({ ...plan, probes: plan.probes.filter((probe) => pattern.test(fullTitle(plan.title, probe))) })).filter((plan) => plan.probes.length > 0);
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
