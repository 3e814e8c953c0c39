/** A session on the host: what it changes is written down first and undone at the end, and records are proved to arrive before any verdict rests on one. */
import { randomBytes } from 'node:crypto';
import type { Engine } from '#adapters/container/engine.ts';
import { asHarnessError } from '#core/model/errors.ts';
import { hostFacts } from './host-facts.ts';
import { preflight } from './preflight.ts';
import { makeBarrier, type Barrier } from '#adapters/kernel/log/barrier.ts';
import { beginChanges, cleanUpDeadRuns, type HostChanges } from '#adapters/kernel/changes/host-changes.ts';
import { KernelLog, type LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import type { Fault, HostFacts } from '#core/model/model.ts';

export interface SessionOptions {
  /** Leave the kernel's audit switch as it is: explicit deny rules then stay silent. */
  readonly keepAuditSwitch: boolean;
  /** Where to read audit records; `auto` when absent. */
  readonly log?: LogChoice;
  /** Name of the lab suite when this is a lab guest. */
  readonly lab?: string;
  readonly signal: AbortSignal;
}

/** What a session tells while it goes on. */
export interface SessionEvents {
  progress(line: string): void;
  fault(fault: Fault): void;
}

/** What all that happens in a session shares. */
export interface Session<Events extends SessionEvents = SessionEvents> {
  readonly run: string;
  readonly events: Events;
  readonly engine: Engine;
  readonly changes: HostChanges;
  readonly log: KernelLog;
  readonly barrier: Barrier;
}

/** What a report must have of a session however it ends. */
interface Witnessed {
  /** Told what the host is, and once more when it is known where its records arrive. */
  host(facts: HostFacts): void;
  /** Takes what goes wrong on the way out, which must not hide what went wrong before. */
  note(thrown: unknown): void;
}

/** Does the work on a host that is ready for it, and puts the host back however the work ends. */
export async function withHostSession<Events extends SessionEvents>(
  run: string,
  options: SessionOptions,
  events: Events,
  witnessed: Witnessed,
  work: (session: Session<Events>) => Promise<void>,
): Promise<void> {
  const engine = await preflight();
  for (const line of await cleanUpDeadRuns((dead) => engine.removeRun(dead)))
    events.progress(`cleaning up after a killed run: ${line}`);
  const changes = await beginChanges(run, {
    parameters: options.keepAuditSwitch ? ['printkRatelimit'] : ['audit', 'printkRatelimit'],
  });
  let log: KernelLog | undefined;
  try {
    log = new KernelLog(options.log);
    const host = await hostFacts(await engine.facts(), { logSource: log.source, lab: options.lab });
    witnessed.host(host);
    events.progress(`${host.os}, kernel ${host.kernel}, ${host.parser}, ${host.engine}`);
    const barrier = await makeBarrier(run, log, changes);
    await barrier.cross(); // proves that records arrive at all, and where, before any verdict rests on one
    witnessed.host({ ...host, logSource: log.source });
    events.progress(`audit records arrive through ${log.source}`);
    await work({ run, events, engine, changes, log, barrier });
  } finally {
    log?.close();
    if (options.signal.aborted)
      await engine.removeRun(run).catch((thrown: unknown) => {
        witnessed.note(thrown);
      }); // what was on its way when it was interrupted
    await changes.undo();
    events.progress('the host is as it was before');
  }
}

/** @returns the error as a line for reports. */
export function asFault(thrown: unknown): Fault {
  const error = asHarnessError(thrown);
  return { code: error.code, message: [error.message, ...error.details].join('\n'), hint: error.hint };
}

/** Letters and digits only: it becomes part of profile names, container names and thread names. */
export function runId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
    .slice(0, 10);
}
