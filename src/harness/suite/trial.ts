/**
 * Tries the probes of one suite in the confined container and its control, and joins each with its audit records.
 * Operations go in batches, one barrier behind each; a command has a barrier of its own before and behind it.
 * The two containers try at the same time, but take turns where both can write to a mount: a file that one executes,
 * renames or locks would answer the other in the profile's place.
 */
import { attribute, concerns, type ProbeTrace } from '#core/audit/attribute.ts';
import { findLosses, mayAffect, type Loss, type Window } from '#core/audit/losses.ts';
import { probeWindows } from '#core/audit/probe-windows.ts';
import { HarnessError } from '#core/model/errors.ts';
import type { AuditRecord, ContainerSpec, Entry, Observation, Probe, Verdict, Witness } from '#core/model/model.ts';
import { verdict, verdictOfError } from '#core/model/verdicts.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { KernelLog } from '#adapters/kernel/log/kernel-log.ts';
import { removes } from '#core/spec/operation-effects.ts';
import { decide } from '#core/verdict/decide.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';

/** The audit backlog holds 64 records, and an operation makes two at most: a batch that began behind a barrier fits. */
const BATCH = 24;

export interface TrialOptions {
  readonly probes: readonly Probe[];
  readonly confined: ProbeTarget;
  readonly control?: ProbeTarget;
  /** What the control showed before, in place of a control: it has nothing of the profile, so it would show the same again. */
  readonly controlSeen?: ReadonlyMap<string, Observation>;
  readonly log: KernelLog;
  readonly barrier: Barrier;
  /** Names the profile is loaded under: records of others are nobody's. */
  readonly profiles: readonly string[];
  /** A verdict that is reached before the probe is tried, for example because its service is down. */
  readonly decidedInAdvance: (probe: Probe) => Verdict | undefined;
  /** The names are not the run's own: other containers of the host may carry them too. */
  readonly sharedNames?: boolean;
  /** What the containers were made of, but for the profile. */
  readonly container: ContainerSpec;
}

export class Trial {
  readonly #options: TrialOptions;
  readonly #entries = new Map<string, Entry>();
  /** Records under the profile that are no probe's. */
  readonly others: AuditRecord[] = [];

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** Every entry so far; a batch settles together, so there may be more than were asked for. */
  get settled(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** The entry of a probe; its whole batch is tried on first call, and once more where records were lost. */
  async settle(probe: Probe): Promise<Entry> {
    const known = this.#entries.get(probe.id);
    if (known !== undefined) return known;
    const batch = this.#batchFrom(probe);
    const first = await this.#tryHeard(batch);
    const again = first.filter(
      ({ probe: { action }, verdict: { code } }) =>
        (code === 'records-lost' || code === 'no-records') && !removes(action),
    );
    for (const entry of [...first, ...(await this.#tryHeard(again.map((entry) => entry.probe)))])
      this.#entries.set(entry.probe.id, entry);
    return this.#entries.get(probe.id) ?? { probe, verdict: LOST, witnesses: [] };
  }

  /** The probe and the operations that directly follow it; a command stands alone. */
  #batchFrom(probe: Probe): Probe[] {
    const { probes } = this.#options;
    const from = probes.indexOf(probe);
    if (!isOperation(probe)) return [probe];
    const end = probes.slice(from, from + BATCH).findIndex((next) => !isOperation(next));
    return probes.slice(from, end < 0 ? from + BATCH : from + end);
  }

  /** A log that is silent says nothing of the whole batch. */
  async #tryHeard(batch: readonly Probe[]): Promise<Entry[]> {
    try {
      return await this.#tryAll(batch);
    } catch (thrown) {
      if (!(thrown instanceof HarnessError) || thrown.code !== 'no-records') throw thrown;
      return batch.map((probe) => ({
        probe,
        verdict: this.#options.decidedInAdvance(probe) ?? verdictOfError(thrown.code, thrown.message),
        witnesses: [],
      }));
    }
  }

  async #tryAll(all: readonly Probe[]): Promise<Entry[]> {
    const {
      confined,
      control,
      controlSeen,
      log,
      barrier,
      profiles,
      decidedInAdvance: foregone,
      sharedNames,
      container,
    } = this.#options;
    const settled = all.flatMap((probe): Entry[] => {
      const verdict = foregone(probe);
      return verdict === undefined ? [] : [{ probe, verdict, witnesses: [] }];
    });
    const batch = all.filter((probe) => !settled.some((entry) => entry.probe === probe));
    if (batch.length === 0) return settled;
    // agents start before the window opens: starting one may leave records of its own
    await Promise.all(
      batch.flatMap((probe) =>
        [confined, ...(control === undefined || !probe.control ? [] : [control])].map((place) => place.ready(probe)),
      ),
    );
    const afterSerial = await barrier.cross();
    this.#keepOthers(log.take().records);
    const agents = await confined.agentPids();
    const outsiders = (): Set<number> => (sharedNames === true ? confined.outsiders(profiles) : new Set());
    const foreign = new Set([...confined.pids()].filter((pid) => !agents.has(pid)));
    const away = outsiders();
    const inControl = batch.filter(({ id, control: wanted }) => wanted && controlSeen?.has(id) !== true);
    const tried = (): Promise<Seen> => attemptAll(confined, batch);
    const controlled = async (): Promise<Seen> =>
      control === undefined ? new Map() : await attemptAll(control, inControl);
    const shared = container.mounts.some(({ readonly }) => !readonly);
    const [seen, controls] = shared ? [await tried(), await controlled()] : await Promise.all([tried(), controlled()]);
    for (const pid of outsiders()) away.add(pid);
    const forgers = [...confined.pids()].filter((pid) => !agents.has(pid)); // any thread can call itself after a probe
    const beforeSerial = await barrier.cross();
    const look = log.take();
    const window: Window = { afterSerial, beforeSerial };
    const traces = batch.map((probe): ProbeTrace =>
      isOperation(probe)
        ? { id: probe.id, kind: 'operation', otherPids: new Set([...foreign, ...forgers, ...away]) }
        : {
            id: probe.id,
            kind: 'command',
            window,
            otherPids: new Set(probe.action.kind === 'http' ? away : [...foreign, ...away]),
            ...pidOf(seen.get(probe.id)),
          },
    );
    const { witnesses, others } = attribute(profiles, traces, look.records);
    this.#keepOthers(others);
    const losses = findLosses(look.texts);
    const stretch = probeWindows(
      inTurn(batch).map(({ id }) => id),
      new Map([...witnesses].map(([id, own]) => [id, own.map(({ record }) => record.serial)])),
      window,
    );
    const lossOf = ({ id }: Probe): Loss | undefined => losses.find((one) => mayAffect(one, stretch.get(id) ?? window));
    return [
      ...settled,
      ...batch.map((probe) =>
        this.#entry(
          probe,
          seen.get(probe.id),
          controls.get(probe.id) ?? controlSeen?.get(probe.id),
          witnesses.get(probe.id) ?? [],
          lossOf(probe)?.why,
        ),
      ),
    ];
  }

  #entry(
    probe: Probe,
    observation: Observation | undefined,
    control: Observation | undefined,
    witnesses: readonly Witness[],
    loss: string | undefined,
  ): Entry {
    if (observation === undefined) return { probe, verdict: LOST, witnesses };
    const verdict = decide({
      probe,
      observation,
      witnesses,
      container: this.#options.container,
      ...(control === undefined ? {} : { control }),
      ...(loss === undefined ? {} : { loss }),
    });
    return { probe, verdict, observation, witnesses, ...(control === undefined ? {} : { control }) };
  }

  #keepOthers(records: readonly AuditRecord[]): void {
    const { profiles } = this.#options;
    this.others.push(...records.filter((record) => record.type !== 'STATUS' && concerns(record, profiles)));
  }
}

const LOST = verdict('no-answer', { why: 'the probe was not tried' });

/** One system call of the agent itself, which its thread name alone attributes. */
function isOperation({ action }: Probe): boolean {
  return action.kind === 'operation';
}

function pidOf(seen: Observation | undefined): Pick<ProbeTrace, 'pid'> {
  return seen?.process === undefined ? {} : { pid: seen.process.pid };
}

type Seen = ReadonlyMap<string, Observation>;

/** The probes in the order in which one agent after the other tries them; none where several agents act at a time. */
function inTurn(batch: readonly Probe[]): readonly Probe[] {
  if (
    batch.some(({ from, action }) => from !== undefined || (action.kind === 'operation' && action.other !== undefined))
  )
    return [];
  return [...new Set(batch.map(({ user }) => user))].flatMap((user) => batch.filter((probe) => probe.user === user));
}

/** Tries them in order, as one user after the other: an attempt must not meet another at the same file. */
async function attemptAll(place: ProbeTarget, batch: readonly Probe[]): Promise<Seen> {
  const seen = new Map<string, Observation>();
  for (const user of new Set(batch.map((probe) => probe.user))) {
    await Promise.all(
      batch
        .filter((probe) => probe.user === user)
        .map(async (probe) => {
          seen.set(probe.id, await place.attempt(probe));
        }),
    );
  }
  return seen;
}
