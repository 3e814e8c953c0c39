/**
 * Keeps the confined container and its control alike. What an earlier probe made in one of them alone is no difference
 * of the profile's: it is undone in the control where that is possible, and named where it is not.
 */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '#core/model/model.ts';
import type { Leftover } from '#core/verdict/facts.ts';
import type { TraceReader, Traces } from '#adapters/container/rootfs/traces.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';

/** What the twins need of a container. */
export type Twin = Pick<ProbeTarget, 'pid' | 'container' | 'attempt' | 'agentPids' | 'pids'>;

/** What is larger is not copied from one container to the other. */
const MOST_BYTES = 16 * 1024 * 1024;
/** How long programs that a command left are waited for. */
const SETTLING_MS = 250;
/** How many differences are undone after one probe: each takes a call to the engine or to the agent. */
const MOST_UNDONE = 100;

/** What there is in a container at one moment. */
interface State extends Traces {
  /** Programs of its processes by their ids on the host, without the agents. */
  readonly programs: ReadonlyMap<number, string>;
  /** Processes that were there at an earlier look; undefined when there was none. */
  readonly earlier?: ReadonlySet<number>;
}

/** A container before and after a probe. */
interface Passage {
  readonly before: State;
  readonly now: State;
}

/** The two containers of a suite. */
export class ContainerTwins {
  readonly #confined: Twin;
  readonly #control: Twin;
  readonly #reader: TraceReader;
  /** Mounts that both have: they cannot differ there. */
  readonly #shared: ReadonlySet<string>;
  /** What each was like before the first probe: in what they differ there, the profile made them differ. */
  #first: readonly [confined: State, control: State] | undefined;
  /** What each was like when they were last compared. */
  #last: readonly [confined: State, control: State] | undefined;
  /** Files that differ, by their paths. */
  readonly #files = new Map<string, Leftover>();
  /** All else that differs. */
  readonly #others = new Map<string, Leftover>();

  constructor(confined: Twin, control: Twin, reader: TraceReader) {
    this.#confined = confined;
    this.#control = control;
    this.#reader = reader;
    this.#shared = reader.sharedMounts(confined.pid, control.pid);
  }

  /** Something that a probe left in one container alone; undefined when there is nothing. */
  get leftover(): Leftover | undefined {
    return [...this.#files.values(), ...this.#others.values()][0];
  }

  /** Looks at both before the first probe. */
  async begin(): Promise<void> {
    this.#first ??= await this.#look();
    this.#last ??= this.#first;
  }

  /** Makes the control like the confined container again, after a probe that may have left something. */
  async compare(probe: Probe): Promise<void> {
    const last = this.#last ?? (await this.#look());
    const look = await this.#lookTwice();
    const confined: Passage = { before: last[0], now: look[0] };
    const control: Passage = { before: last[1], now: look[1] };

    const areFilesAlike = await this.#compareFiles(confined, control, probe);
    this.#compareOthers(look, probe);
    this.#last = areFilesAlike ? look : await this.#look();
  }

  /** @returns whether there was nothing to undo. */
  async #compareFiles(confined: Passage, control: Passage, probe: Probe): Promise<boolean> {
    const here = changedFiles(confined);
    const there = changedFiles(control);
    const paths = new Set([...here, ...there, ...this.#files.keys()]);
    const differing = [...paths].filter((path) => this.#differs(path, here.has(path) && there.has(path)));
    await this.#undo(differing, probe);

    const left = differing.filter((path) => this.#differs(path, false));
    for (const path of paths) if (!left.includes(path)) this.#files.delete(path);
    for (const path of left) note(this.#files, path, probe);
    return differing.length === 0;
  }

  /** @param isChangedInBoth then the times and numbers that each wrote into it are no difference. */
  #differs(path: string, isChangedInBoth: boolean): boolean {
    const one = this.#reader.fileStateOf(this.#confined.pid, path);
    const other = this.#reader.fileStateOf(this.#control.pid, path);
    if (one === undefined || other === undefined) return one !== other;
    if (one.kind !== other.kind || one.rights !== other.rights) return true;
    if (one.size !== other.size) return true;
    if (one.kind !== 'file' || isChangedInBoth) return false;
    return !this.#reader.sameContent(this.#confined.pid, this.#control.pid, path);
  }

  /** Takes away what only the control has, from the inside out, and copies to it what it lacks or has otherwise. */
  async #undo(paths: readonly string[], probe: Probe): Promise<void> {
    const inOrder = [...paths].sort().slice(0, MOST_UNDONE);
    const isMissing = (path: string): boolean => this.#reader.fileStateOf(this.#confined.pid, path) === undefined;
    for (const path of inOrder.filter(isMissing).reverse()) await this.#remove(path, probe);
    for (const path of inOrder.filter((one) => !isMissing(one))) await this.#copy(path);
  }

  async #remove(path: string, probe: Probe): Promise<void> {
    const isFolder = this.#reader.fileStateOf(this.#control.pid, path)?.kind === 'folder';
    const name = isFolder ? 'rmdir' : 'unlink';
    const action = { kind: 'operation' as const, name, args: [path], words: [name, path], class: 'file' };
    await this.#control.attempt({ ...probe, action, direct: false });
  }

  async #copy(path: string): Promise<void> {
    try {
      const archive = await this.#confined.container.pack(path, MOST_BYTES);
      await this.#control.container.unpack(archive, dirname(path));
    } catch {
      // it stays a leftover
    }
  }

  /** Ends what only the control still runs, and names what else is in one of them alone and was not from the start. */
  #compareOthers(look: readonly [State, State], probe: Probe): void {
    const first = this.#first ?? look;
    const known = { mounts: onlyInOne(first, mountsOf), programs: onlyInOne(first, programsOf) };
    const mounts = onlyInOne(look, mountsOf).filter((one) => !known.mounts.includes(one));
    const programs = onlyInOne(look, programsOf).filter(
      (one) => !known.programs.includes(one) && look.some((state) => isLasting(state, one)),
    );

    const [confined, control] = look;
    const isLeft = (program: string): boolean =>
      programsOf(control).has(program) && first.every((state) => !programsOf(state).has(program));
    for (const [pid, program] of control.programs)
      if (programs.includes(program) && isLeft(program)) this.#reader.endProcess(pid);

    const whats = [
      ...mounts.map((mount) => `${mount}, in ${inWhich(mountsOf(confined).has(mount))} alone`),
      ...programs
        .filter((program) => !isLeft(program))
        .map((program) => `${program} runs in ${inWhich(programsOf(confined).has(program))} alone`),
      ...(look.some(({ isCut }) => isCut) ? ['there are more files than are compared'] : []),
    ];
    for (const what of [...this.#others.keys()]) if (!whats.includes(what)) this.#others.delete(what);
    for (const what of whats) note(this.#others, what, probe);
  }

  /** What a command leaves running may still be on its way to its own program, or to its end. */
  async #lookTwice(): Promise<readonly [State, State]> {
    const look = await this.#look();
    const known = this.#first === undefined ? [] : onlyInOne(this.#first, programsOf);
    if (onlyInOne(look, programsOf).every((program) => known.includes(program))) return look;
    await sleep(SETTLING_MS);
    const [confined, control] = await this.#look();
    return [
      { ...confined, earlier: new Set(look[0].programs.keys()) },
      { ...control, earlier: new Set(look[1].programs.keys()) },
    ];
  }

  async #look(): Promise<readonly [State, State]> {
    return [await this.#stateOf(this.#confined), await this.#stateOf(this.#control)];
  }

  async #stateOf(twin: Twin): Promise<State> {
    const agents = await twin.agentPids();
    const pids = [...twin.pids()].filter((pid) => !agents.has(pid));
    const programs = new Map(pids.map((pid) => [pid, this.#reader.programOf(pid)]));
    return { ...this.#reader.readTraces(twin.pid, this.#shared), programs };
  }
}

/** Whether a process of that program was there at the look before, too: a service may start one for a moment. */
function isLasting({ programs, earlier }: State, program: string): boolean {
  return [...programs].some(([pid, name]) => name === program && earlier?.has(pid) !== false);
}

/** The first probe that made a difference is the one that is named. */
function note(leftovers: Map<string, Leftover>, what: string, { name }: Probe): void {
  if (!leftovers.has(what)) leftovers.set(what, { what, by: name });
}

function changedFiles({ before, now }: Passage): ReadonlySet<string> {
  const paths = [...new Set([...before.files.keys(), ...now.files.keys()])];
  return new Set(paths.filter((path) => before.files.get(path) !== now.files.get(path)));
}

function mountsOf({ mounts }: State): ReadonlySet<string> {
  return mounts;
}

function programsOf({ programs }: State): ReadonlySet<string> {
  return new Set([...programs.values()].filter((program) => program !== ''));
}

/** What one of two containers has and the other has not. */
function onlyInOne([one, other]: readonly [State, State], of: (state: State) => ReadonlySet<string>): string[] {
  return [...new Set([...of(one), ...of(other)])].filter((what) => of(one).has(what) !== of(other).has(what));
}

function inWhich(isConfined: boolean): string {
  return isConfined ? 'the confined container' : 'the control';
}
