/**
 * A session on the host: what it changes is written down first and undone at the end, and records are proved to arrive
 * before any verdict rests on one.
 */
import { randomBytes } from 'node:crypto';
import type { ContainerEngine } from '#adapters/container/engine.ts';
import { asHarnessError } from '#core/model/errors.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { HostChanges } from '#adapters/kernel/changes/host-changes.ts';
import type { AuditLog, LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import type { Fault, HostFacts } from '#core/model/model.ts';
import { THIS_HOST, type Host } from './host.ts';

export interface SessionOptions {
  /** Leave the kernel's audit mode as it is: explicit deny rules then write no records. */
  readonly keepAuditSwitch: boolean;
  /** Where to read audit records; `auto` when absent. */
  readonly log?: LogChoice;
  /** Name of the lab suite when this is a lab guest. */
  readonly lab?: string;
  readonly signal: AbortSignal;
}

/** What a session reports while it goes on. */
export interface SessionEvents {
  progress(line: string): void;
  fault(fault: Fault): void;
}

/** What all that happens in a session shares. */
export interface Session<Events extends SessionEvents = SessionEvents> {
  /** Id of the run: part of the names of its profiles and containers. */
  readonly run: string;
  /** Aborted when the program is interrupted. */
  readonly signal: AbortSignal;
  readonly events: Events;
  readonly host: Host;
  readonly engine: ContainerEngine;
  /** The kernel's audit mode stays as it is. */
  readonly keepAuditSwitch: boolean;
  readonly changes: HostChanges;
  readonly log: AuditLog;
  readonly barrier: Barrier;
}

/** What a report needs of a session, however the session ends. */
export interface SessionReporter {
  /** Called with what the host is, and once more when it is known where its records arrive. */
  host(facts: HostFacts): void;
  /** Called with what goes wrong while the host is put back, which must not hide what went wrong before. */
  note(thrown: unknown): void;
}

/** Collects what a report needs of a session, and passes each fault on at once. */
export class SessionReport implements SessionReporter {
  readonly faults: Fault[] = [];
  readonly #events: SessionEvents;
  #facts: HostFacts | undefined;

  constructor(events: SessionEvents) {
    this.#events = events;
  }

  /** What the host is; undefined when the session never began. */
  get facts(): HostFacts | undefined {
    return this.#facts;
  }

  host(facts: HostFacts): void {
    this.#facts = facts;
  }

  note(thrown: unknown): void {
    const fault = asFault(thrown);
    this.faults.push(fault);
    this.#events.fault(fault);
  }
}

export interface SessionSetup<Events extends SessionEvents> {
  readonly run: string;
  readonly options: SessionOptions;
  readonly events: Events;
  /** Without one, an error while the host is put back is thrown. */
  readonly reporter?: SessionReporter;
  /** This machine when absent. */
  readonly host?: Host;
}

const THROWING_REPORTER: SessionReporter = {
  host: () => undefined,
  note: (thrown) => {
    throw thrown;
  },
};

/**
 * Does the work on a host that is ready for it, and puts the host back however the work ends.
 * @returns what the work returns.
 * @throws HarnessError of the preflight or `no-records`; or what the work throws
 */
export async function withHostSession<Events extends SessionEvents, Result>(
  { run, options, events, reporter = THROWING_REPORTER, host = THIS_HOST }: SessionSetup<Events>,
  work: (session: Session<Events>) => Promise<Result>,
): Promise<Result> {
  const { signal, keepAuditSwitch, lab } = options;
  const engine = await host.connect();
  for (const line of await host.cleanUpDeadRuns((deadRun) => engine.removeRun(deadRun)))
    events.progress(`cleaning up after a killed run: ${line}`);

  const changes = await host.beginChanges(run, { parameters: ['printkRatelimit', 'auditBacklog'] });
  let log: AuditLog | undefined;
  try {
    log = host.openLog(options.log);
    const facts = await host.facts(engine, { logSource: log.source, lab, auditMode: changes.auditSwitch.own });
    reporter.host(facts);
    events.progress(`${facts.os}, kernel ${facts.kernel}, ${facts.parser}, ${facts.engine}`);

    const barrier = await host.makeBarrier(run, log, changes);
    await barrier.cross(); // proves that records arrive at all, and where, before any verdict rests on one
    reporter.host({ ...facts, logSource: log.source });
    events.progress(`audit records arrive through ${log.source}`);

    return await work({ run, signal, events, host, engine, keepAuditSwitch, changes, log, barrier });
  } finally {
    log?.close();
    try {
      if (signal.aborted) await removeLeftContainers(run, engine, reporter);
    } finally {
      await changes.undo();
      events.progress('host restored');
    }
  }
}

/** Removes containers that were on their way when the session was interrupted. */
async function removeLeftContainers(run: string, engine: ContainerEngine, reporter: SessionReporter): Promise<void> {
  try {
    await engine.removeRun(run);
  } catch (thrown) {
    reporter.note(thrown);
  }
}

/** @returns the error as a fault for reports. */
export function asFault(thrown: unknown): Fault {
  const error = asHarnessError(thrown);
  return { code: error.code, message: [error.message, ...error.details].join('\n'), hint: error.hint };
}

/** @returns ten letters and digits: it becomes part of profile names, container names and thread names. */
export function runId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
    .slice(0, 10);
}
