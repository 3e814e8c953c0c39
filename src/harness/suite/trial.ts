/**
 * Tries the probes of one suite in the confined container and its control, and joins each with its audit records.
 * Operations go in batches, a command alone; each batch stands between two crossings of the barrier.
 * The two containers try at the same time, but take turns where both can write to a mount: a file that one executes,
 * renames or locks would answer the other in the profile's place.
 */
import { attribute, concerns, type ProbeTrace } from '#core/audit/attribute.ts';
import { findLosses, mayAffect, type LogText, type Window } from '#core/audit/losses.ts';
import { probeWindows, type Mark } from '#core/audit/probe-windows.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import { HarnessError } from '#core/model/errors.ts';
import type {
  AuditRecord,
  ContainerSpec,
  Entry,
  Evidence,
  Observation,
  Probe,
  Ruling,
  Verdict,
  Witness,
} from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { verdict, verdictOfError } from '#core/verdict/verdicts.ts';
import type { Barrier } from '#adapters/kernel/log/barrier.ts';
import type { AuditLog } from '#adapters/kernel/log/kernel-log.ts';
import { Pace } from '#adapters/kernel/log/pace.ts';
import { hasKnownEnds, isTriedInChild, leavesTraces, removes } from '#core/spec/operation-effects.ts';
import { decide } from '#core/verdict/decide.ts';
import type { Names } from '#core/model/labels.ts';
import { recordKey, type Elsewhere, type Leftover } from '#core/verdict/facts.ts';
import { endsOf, fitOf, labelsOf, testedEnd, withoutMode } from '#core/verdict/record-fit.ts';
import { expectedRecords, type ExpectedRecord } from '#core/spec/operation-records.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import { visible } from '#core/text/visible.ts';
import { abortable } from '../session/abortable.ts';
import { attemptInOrder, hasTwoProcesses, orderOfAttempts, type Observations } from './attempt-probes.ts';
import type { ContainerTwins } from './container-twins.ts';
import type { ContainerWatch } from './container-watch.ts';
import type { After, Outside } from './kernel-ruling.ts';
import type { TrialSwitch } from './suite-switch.ts';
import { deservesEvidence } from './silent-denials.ts';
import { otherPidsOf, findOtherProcesses, type OtherProcesses } from './other-processes.ts';

/** Between two barriers, each of which takes looks at all processes: what a loss touches is tried again. */
const BATCH = 512;
/** Where one operation may stand in the way of the next, or records cannot be told apart by their order. */
const SMALL_BATCH = 24;
/** What a trial needs of a container. */
export type TrialTarget = Pick<ProbeTarget, 'startAgents' | 'attempt' | 'agentPids' | 'pids' | 'pidsOutside'>;

export interface TrialOptions {
  readonly probes: readonly Probe[];
  readonly confined: TrialTarget;
  readonly control?: TrialTarget;
  /** What the control showed before, in place of a control: the profile makes no difference to it. */
  readonly controlSeen?: Observations;
  readonly log: Pick<AuditLog, 'peek' | 'take'>;
  readonly barrier: Barrier;
  /** How many operations may be under way before their records have been read. */
  readonly mostUnderWay: number;
  /** The kernel's audit mode; absent where nobody but this trial can change it. */
  readonly auditSwitch?: TrialSwitch;
  /** Keeps the two containers alike; absent where there is only one. */
  readonly twins?: Pick<ContainerTwins, 'begin' | 'compare' | 'leftover'>;
  /** Names the profile is loaded under: records of other profiles are ignored. */
  readonly profiles: readonly string[];
  /** What the names that the run loaded are in the profile file. */
  readonly names?: Names;
  /** A verdict that is reached before the probe is tried, for example because its service is down. */
  readonly decidedInAdvance: (probe: Probe) => Verdict | undefined;
  /** The names are not the run's own: other containers of the host may carry them too. */
  readonly sharedNames?: boolean;
  /** Looks at the confined container around each batch. */
  readonly watch?: Pick<ContainerWatch, 'look' | 'leftProfile' | 'leftRunning' | 'serviceLabels'>;
  /** What the containers were made of, except the profile. */
  readonly container: ContainerSpec;
  /** The host's view of the confined container. */
  readonly outside: Outside;
}

/** What is known of an operation before it is tried: it may remove or make the file that it is about. */
interface Preview {
  readonly records: readonly ExpectedRecord[];
  readonly ruling: (observation: Observation, after: After) => Ruling | undefined;
  /** A path of it that leads to another file in the control. */
  readonly elsewhere?: Elsewhere;
}

/** A probe that was tried, before it is decided. */
type Tried = Omit<Entry, 'verdict' | 'observation'> & Required<Pick<Entry, 'observation'>>;

/** What may stand between an observation and its verdict. */
interface Doubts {
  /** Why records may be missing. */
  readonly loss?: string | undefined;
  /** What an earlier probe left in one container alone. */
  readonly leftover?: Leftover | undefined;
  /** A path that leads elsewhere in the control. */
  readonly elsewhere?: Elsewhere | undefined;
}

/** What a batch showed in both containers. */
interface Seen {
  readonly confined: Observations;
  readonly control: Observations;
}

/** What the kernel wrote between two barriers. */
interface WindowLog {
  readonly window: Window;
  readonly texts: readonly LogText[];
  readonly records: readonly AuditRecord[];
}

/** The records of a batch, each at its probe. */
interface Attribution {
  readonly witnesses: ReadonlyMap<string, readonly Witness[]>;
  /** Why records of a probe may be missing; undefined when none can be. */
  readonly lossOf: (probe: Probe) => string | undefined;
}

/** Errors that leave a batch without its records. */
const UNRECORDED: ReadonlySet<string> = new Set(['no-records', 'switch-changed']);

/** The kernel's own answers about the files that probes tried, by the id of the probe. */
interface Rulings {
  readonly rulings: ReadonlyMap<string, Ruling>;
  readonly previews: ReadonlyMap<string, Preview>;
}

const NOT_TRIED = verdict('no-answer', { why: 'the probe was not tried' });

export class Trial {
  readonly #options: TrialOptions;
  readonly #entries = new Map<string, Entry>();
  /** Records under the profile that are no probe's. */
  readonly others: AuditRecord[] = [];
  /** Records of changes to the policy under test, by somebody. */
  readonly policyChanges: AuditRecord[] = [];
  /** What those processes were refused: during a command they are refused it again. */
  readonly #background = new Set<string>();
  /** How many operations may follow one another without a look at what they left. */
  #batchSize = BATCH;

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** What it was made to try, in this order. */
  get probes(): readonly Probe[] {
    return this.#options.probes;
  }

  /** Every entry so far; a batch settles together, so there may be more than were asked for. */
  get settled(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** The entry of a probe; its whole batch is tried on first call, and once more where records were lost. */
  async settle(probe: Probe): Promise<Entry> {
    const known = this.#entries.get(probe.id);
    if (known !== undefined) return known;

    const first = await this.#tryUnlessSilent(this.#batchFrom(probe));
    for (const entry of first) this.#entries.set(entry.probe.id, entry);
    const again = first.filter(deservesAnotherTry).map((entry) => entry.probe);
    for (let at = 0; at < again.length; at += SMALL_BATCH)
      for (const entry of await this.#tryUnlessSilent(again.slice(at, at + SMALL_BATCH)))
        this.#entries.set(entry.probe.id, entry);
    return this.#entries.get(probe.id) ?? withoutAttempt(probe, NOT_TRIED);
  }

  /** The entries of some probes, in their order. @throws HarnessError `interrupted` */
  async settleAll(probes: readonly Probe[], signal: AbortSignal): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const probe of probes) entries.push(await abortable(signal, this.settle(probe)));
    return entries;
  }

  /** The probe and the operations that directly follow it; a command stands alone. */
  #batchFrom(probe: Probe): readonly Probe[] {
    if (!isOperation(probe)) return [probe];
    const { probes } = this.#options;
    const start = probes.indexOf(probe);
    const candidates = probes.slice(start, start + this.#batchSize);
    const few = beginningOf(candidates.slice(0, SMALL_BATCH), isOperation);
    const many = beginningOf(candidates, isIndependent);
    return many.length > few.length ? many : few;
  }

  /** Without a record of the barrier, no verdict of the batch has its records; nor under another audit mode. */
  async #tryUnlessSilent(probes: readonly Probe[]): Promise<Entry[]> {
    try {
      return await this.#tryBatch(probes);
    } catch (thrown) {
      if (!(thrown instanceof HarnessError) || !UNRECORDED.has(thrown.code)) throw thrown;
      const silent = verdictOfError(thrown.code, thrown.message);
      return probes.map((probe) => withoutAttempt(probe, this.#options.decidedInAdvance(probe) ?? silent));
    }
  }

  async #tryBatch(probes: readonly Probe[]): Promise<Entry[]> {
    const { decided, remaining } = this.#splitDecided(probes);
    if (remaining.length === 0) return decided;

    await this.#options.twins?.begin();
    const leftover = this.#options.twins?.leftover; // of earlier batches
    const observed = await this.#observe(remaining, leftover);
    const entries = await this.#withEvidence(observed, leftover);
    const leaving = entries.filter(mayHaveLeft);
    const [last] = leaving.slice(-1);
    if (last !== undefined) await this.#options.twins?.compare(last.probe);
    return [...decided, ...this.#withoutDisturbed(entries, leaving)];
  }

  /** Of many operations none leaves anything. When one did, those after it are tried again, in small batches. */
  #withoutDisturbed(entries: readonly Entry[], [first]: readonly Entry[]): readonly Entry[] {
    if (first === undefined || entries.length <= SMALL_BATCH) return entries;
    this.#batchSize = SMALL_BATCH;
    const order = orderOfAttempts(entries.map(({ probe }) => probe)).map(({ id }) => id);
    const kept = new Set(order.slice(0, order.indexOf(first.probe.id) + 1));
    return entries.filter(({ probe }) => kept.has(probe.id));
  }

  /** Tries the probes, and decides. */
  async #observe(probes: readonly Probe[], leftover: Leftover | undefined): Promise<Entry[]> {
    const { seen, attribution } = await this.#tryInWindow(probes, (batch, pace) => this.#attempt(batch, pace));
    return probes.map((probe) => this.#entry(probe, seen, attribution, leftover));
  }

  /** Tries again, with quiet rules made to speak, what was denied without a record: only to see which rule decided. */
  async #withEvidence(entries: readonly Entry[], leftover: Leftover | undefined): Promise<readonly Entry[]> {
    const { auditSwitch, confined } = this.#options;
    if (auditSwitch?.isSilent !== true) return entries;
    const silent = entries.filter(deservesEvidence).map(({ probe }) => probe);
    if (silent.length === 0) return entries;

    const { seen, attribution } = await this.#tryInWindow(silent, (batch, pace) =>
      auditSwitch.speak(async () => ({ confined: await attemptInOrder(confined, batch, pace), control: new Map() })),
    );
    return entries.map((entry) => {
      const { probe, observation } = entry;
      const again = seen.confined.get(probe.id);
      if (observation === undefined || again === undefined) return entry;
      const evidence: Evidence = { observation: again, witnesses: attribution.witnesses.get(probe.id) ?? [] };
      return this.#decided({ ...entry, observation, evidence }, { leftover });
    });
  }

  /** Makes attempts between two barriers, and joins them with what the kernel wrote. */
  async #tryInWindow(
    probes: readonly Probe[],
    attempt: (probes: readonly Probe[], pace: Pace) => Promise<Seen>,
  ): Promise<{ seen: Seen; attribution: Attribution & Rulings }> {
    await this.#startAgents(probes); // before the window opens: starting one may leave records of its own
    await this.#options.watch?.look();
    const closeWindow = await this.#openWindow();
    const before = await this.#findOtherProcesses();
    const previews = this.#previews(probes);
    const { log: records, barrier } = this.#options;
    const pace = new Pace({ log: records, barrier, most: this.#options.mostUnderWay });
    const seen = await attempt(probes, pace);
    await this.#options.watch?.look();
    const after = await this.#findOtherProcesses();
    const log = await closeWindow();
    this.#options.auditSwitch?.check();

    const outside = this.#options.outside.after();
    const traces = probes.map((probe) => {
      const observation = seen.confined.get(probe.id);
      const others = { pids: otherPidsOf(probe, before, after), labels: this.#options.watch?.serviceLabels };
      const trace = traceOf(probe, observation, log.window, others);
      const preview = previews.get(probe.id);
      return preview === undefined ? trace : { ...trace, fitOf: this.#fitOf(probe, preview, observation, outside) };
    });
    const rulings = rulingsOf(previews, seen.confined, outside);
    outside.close();
    const attribution = this.#attribute(probes, traces, { ...log, marks: pace.marks });
    return { seen, attribution: { ...attribution, rulings, previews } };
  }

  #previews(probes: readonly Probe[]): ReadonlyMap<string, Preview> {
    const { before, loaded } = this.#options.outside;
    const { look, lookInControl, ruling } = before();
    return new Map(
      probes.flatMap(({ id, action, control }) => {
        if (action.kind !== 'operation') return [];
        const preview: Preview = defined({
          records: expectedRecords(action, look, loaded),
          ruling: ruling(action),
          elsewhere: control && lookInControl ? elsewhereOf(action.args, look, lookInControl) : undefined,
        });
        return [[id, preview] as const];
      }),
    );
  }

  /** How records with the name of an operation relate to it. */
  #fitOf(
    probe: Probe,
    { records }: Preview,
    observation: Observation | undefined,
    { fsuidOf }: After,
  ): NonNullable<ProbeTrace['fitOf']> {
    const { action } = probe;
    const { inChildren } = this.#options.outside;
    const pid = observation?.process?.pid;
    const asker = defined({
      agentPid: inChildren || isTriedInChild(action) ? undefined : pid,
      fsuid: pid === undefined ? undefined : fsuidOf(pid),
      ends: observation && endsOf(observation, hasKnownEnds(action)),
      labels: observation && labelsOf(observation),
      tested: observation && testedEnd(probe, observation),
    });
    return (record) => fitOf(record, records, asker);
  }

  #splitDecided(probes: readonly Probe[]): { decided: Entry[]; remaining: Probe[] } {
    const decided: Entry[] = [];
    const remaining: Probe[] = [];
    for (const probe of probes) {
      const decision = this.#options.decidedInAdvance(probe);
      if (decision === undefined) remaining.push(probe);
      else decided.push(withoutAttempt(probe, decision));
    }
    return { decided, remaining };
  }

  async #startAgents(probes: readonly Probe[]): Promise<void> {
    const { confined, control } = this.#options;
    await Promise.all(
      probes.map(async (probe) => {
        const [here, there] = await Promise.all([
          confined.startAgents(probe),
          probe.control ? control?.startAgents(probe) : undefined,
        ]);
        checkCredentials(here, there);
      }),
    );
  }

  /** Crosses the barrier and sets older records aside. @returns crosses it again and reads what came in between */
  async #openWindow(): Promise<() => Promise<WindowLog>> {
    const { barrier, log } = this.#options;
    const afterSerial = await barrier.cross();
    this.#keepOthers(log.take().records);
    return async () => {
      const beforeSerial = await barrier.cross();
      return { window: { afterSerial, beforeSerial }, ...log.take() };
    };
  }

  #findOtherProcesses(): Promise<OtherProcesses> {
    const { confined, profiles, sharedNames } = this.#options;
    return findOtherProcesses(confined, sharedNames === true ? profiles : []);
  }

  /** Tries the probes in both containers; what the control showed before, it is not asked again. */
  async #attempt(probes: readonly Probe[], pace: Pace): Promise<Seen> {
    const { confined, control, controlSeen = new Map(), container } = this.#options;
    const inControl = probes.filter((probe) => probe.control && !controlSeen.has(probe.id));
    const tryConfined = (): Promise<Observations> => attemptInOrder(confined, probes, pace);
    const tryControl = async (): Promise<Observations> =>
      control === undefined ? controlSeen : new Map([...controlSeen, ...(await attemptInOrder(control, inControl))]);

    const takeTurns = container.mounts.some(({ readonly }) => !readonly);
    if (takeTurns) return { confined: await tryConfined(), control: await tryControl() };
    const inTheControl = tryControl();
    try {
      return { confined: await tryConfined(), control: await inTheControl };
    } finally {
      await inTheControl; // nothing is under way when the other one has failed
    }
  }

  /** Gives each record to its probe, and finds whose records may be missing. */
  #attribute(
    probes: readonly Probe[],
    traces: readonly ProbeTrace[],
    { window, texts, records, marks }: WindowLog & { readonly marks: readonly Mark[] },
  ): Attribution {
    const { witnesses, others } = attribute(this.#options.profiles, traces, records);
    this.#keepOthers(others);

    const losses = findLosses(texts);
    const serials = new Map([...witnesses].map(([id, list]) => [id, list.map(({ record }) => record.serial)]));
    const order = orderOfAttempts(probes).map(({ id }) => id);
    const windows = probeWindows(order, serials, window, marks);
    return {
      witnesses,
      lossOf: ({ id }) => losses.find((loss) => mayAffect(loss, windows.get(id) ?? window))?.why,
    };
  }

  #entry(
    probe: Probe,
    seen: Seen,
    { witnesses, lossOf, rulings, previews }: Attribution & Rulings,
    leftover: Leftover | undefined,
  ): Entry {
    const observation = seen.confined.get(probe.id);
    const known = defined({
      probe,
      witnesses: witnesses.get(probe.id) ?? [],
      ruling: rulings.get(probe.id),
    });
    if (observation === undefined) return { ...known, verdict: NOT_TRIED };

    const unconfined = this.#servedByStray(probe);
    if (unconfined !== undefined) return { ...known, verdict: unconfined, observation };

    const control = seen.control.get(probe.id);
    const elsewhere = control && previews.get(probe.id)?.elsewhere;
    return this.#decided(defined({ ...known, observation, control }), { loss: lossOf(probe), leftover, elsewhere });
  }

  #decided(known: Tried, doubts: Doubts): Entry {
    const { container, auditSwitch, names } = this.#options;
    const evidence = known.evidence?.witnesses;
    const isRecorded = auditSwitch?.isSpeaking;
    return {
      ...known,
      verdict: decide(
        defined({ ...known, ...doubts, names, container, background: this.#background, evidence, isRecorded }),
      ),
    };
  }

  /** A service that does not run under the profile shows nothing of it, whatever it answers. */
  #servedByStray({ action }: Probe): Verdict | undefined {
    const fault = this.#options.watch?.leftProfile ?? this.#options.watch?.leftRunning;
    if (fault === undefined || action.kind !== 'http') return undefined;
    return verdictOfError(fault.code, [fault.message, ...fault.details].join(' '));
  }

  #keepOthers(records: readonly AuditRecord[]): void {
    const { profiles } = this.#options;
    this.policyChanges.push(...records.filter((record) => changesPolicy(record, profiles)));
    const others = records.filter((record) => record.type !== 'STATUS' && concerns(record, profiles));
    this.others.push(...others);
    for (const record of others) this.#background.add(recordKey(record));
  }
}

/**
 * An agent that may do less than the other shows nothing of the profile.
 * @throws HarnessError `agent-replaced`
 */
function checkCredentials(here: readonly string[], there: readonly string[] = []): void {
  if (here.length === 0 || there.length === 0) return;
  const line = here.find((one) => !there.includes(one));
  if (line === undefined) return;
  throw new HarnessError(
    'agent-replaced',
    `The agent in the confined container has other credentials than the one in the control: ${visible(line)}.`,
  );
}

/** @returns the first path among the arguments that leads to another file in the control. */
function elsewhereOf(args: readonly string[], look: FileLookup, lookInControl: FileLookup): Elsewhere | undefined {
  const paths = args.filter((arg) => arg.startsWith('/'));
  for (const path of paths) {
    const here = look(path, true)?.path;
    const there = lookInControl(path, true)?.path;
    if (here !== undefined && there !== undefined && here !== there) return { path, here, there };
  }
  return undefined;
}

/** Whether records of its attempt may be missing, and a second attempt would be the same as the first. */
function deservesAnotherTry({ probe, verdict: { code } }: Entry): boolean {
  return (code === 'records-lost' || UNRECORDED.has(code)) && !removes(probe.action);
}

/** Whether something may still be there, or gone, that a probe made or removed. */
function mayHaveLeft({ probe: { action }, observation, control, evidence }: Entry): boolean {
  if (action.kind === 'http') return false;
  const isUndone = [observation, control, evidence?.observation].every(
    (seen) => seen === undefined || (seen.stage === 'done' && seen.undoErrno === undefined),
  );
  return leavesTraces(action) || !isUndone;
}

/** Whether it does nothing that another operation could meet, and has its place in the order of attempts. */
function isIndependent(probe: Probe): boolean {
  return isOperation(probe) && !leavesTraces(probe.action) && !hasTwoProcesses(probe);
}

/** The probes up to the first one for which it does not hold. */
function beginningOf(probes: readonly Probe[], holds: (probe: Probe) => boolean): readonly Probe[] {
  const end = probes.findIndex((probe) => !holds(probe));
  return end < 0 ? probes : probes.slice(0, end);
}

/** One system call of the agent itself, which its thread name alone attributes. */
function isOperation({ action }: Probe): boolean {
  return action.kind === 'operation';
}

/** Whether it tells of a profile that was loaded, replaced or removed (security/apparmor/policy.c, audit_policy). */
function changesPolicy(
  { type, fields: { operation = '', name = '' } }: AuditRecord,
  profiles: readonly string[],
): boolean {
  if (type !== 'STATUS' || !/^profile_(load|replace|remove)$/.test(operation)) return false;
  return profiles.some((profile) => name === profile || name.startsWith(`${profile}//`));
}

function rulingsOf(
  previews: ReadonlyMap<string, Preview>,
  seen: Observations,
  after: After,
): ReadonlyMap<string, Ruling> {
  return new Map(
    [...previews].flatMap(([id, preview]) => {
      const observation = seen.get(id);
      const ruling = observation && preview.ruling(observation, after);
      return ruling === undefined ? [] : [[id, ruling] as const];
    }),
  );
}

/** Whose records are no probe's. */
interface Others {
  readonly pids: ReadonlySet<number>;
  /** Labels that the service has. */
  readonly labels: ReadonlySet<string> | undefined;
}

/** What identifies the records of a probe. */
function traceOf(probe: Probe, observation: Observation | undefined, window: Window, others: Others): ProbeTrace {
  if (isOperation(probe)) return { id: probe.id, kind: 'operation', otherPids: others.pids };
  const process = observation?.process;
  const pid = process?.pid;
  const otherLabels = probe.action.kind === 'http' ? undefined : labelsBeside(process, others.labels);
  return defined({ id: probe.id, kind: 'command' as const, window, otherPids: others.pids, otherLabels, pid });
}

/** The labels that the service has, without the command's own. */
function labelsBeside(
  process: Observation['process'],
  labels: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (process === undefined || labels === undefined) return undefined;
  const own = withoutMode(process.label);
  return new Set([...labels].filter((label) => label !== own));
}

function withoutAttempt(probe: Probe, decision: Verdict): Entry {
  return { probe, verdict: decision, witnesses: [] };
}
