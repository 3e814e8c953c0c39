/**
 * The confined container, looked at again and again: who runs under what, since a service may leave the profile; and
 * whether what the spec mounts is still there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '#core/model/errors.ts';
import { asWritten, labelText, staysUnder, type LabelAndMode } from '#core/model/labels.ts';
import type { LoadedPolicy } from '#adapters/kernel/load-profile.ts';
import type { Role } from '#adapters/container/container-config.ts';
import type { ContainerProcess, ProbeTarget } from '#adapters/probe/probe-target.ts';
import type { Confinement, ProfileMode } from '#core/model/model.ts';
import { counted, visible } from '#core/text/visible.ts';

/** A process that the engine has just put there is still the engine's runtime: how often, and when, to look again. */
const LOOKS = 100;
const PAUSE_MS = 50;
/** A hostile container could fill a report. */
const MAX_LISTED = 50;

export interface WatchOptions {
  readonly target: Pick<ProbeTarget, 'processes' | 'replacedMounts'>;
  readonly policy: Pick<LoadedPolicy, 'name' | 'loadedAs' | 'mode' | 'alsoUnder' | 'written'>;
  /** The mode of each profile that is loaded now, by its name. */
  readonly loadedProfiles: () => ReadonlyMap<string, ProfileMode>;
  /** Called with each executable under each label, once. */
  readonly onLabel: (label: Confinement['labels'][number]) => void;
}

/** Looks at the mounts, and at all processes but the agents and what those start. */
export class ContainerWatch {
  readonly #options: WatchOptions;
  readonly #listed = new Set<string>();
  /** Who left the profile: one line for each executable under each label. */
  readonly #strays = new Map<string, string>();
  readonly #replaced = new Set<string>();
  readonly #serviceLabels = new Set<string>();
  /** What probes had left running outside the profile, at the last two looks. */
  #leftRunning: readonly [ContainerProcess | undefined, ContainerProcess | undefined] = [undefined, undefined];

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** What was found so far. */
  get faults(): readonly HarnessError[] {
    return [this.leftProfile, mountFault('confined', [...this.#replaced])].filter((fault) => fault !== undefined);
  }

  /** Undefined when everybody has stayed under the profile. */
  get leftProfile(): HarnessError | undefined {
    if (this.#strays.size === 0) return undefined;
    const lines = [...this.#strays.values()];
    const { name } = this.#options.policy;
    return new HarnessError(
      'left-profile',
      `In the confined container, ${counted(lines.length, 'program')} did not run under the profile ${visible(name)}:`,
      { details: lines },
    );
  }

  /** Undefined when nothing that a probe has started ran outside the profile at one of the last two looks. */
  get leftRunning(): HarnessError | undefined {
    const [process] = this.#leftRunning.filter((one) => one !== undefined);
    if (process === undefined) return undefined;
    const { pid, exe, labels } = process;
    const [label] = labels.map((one) => visible(this.#shown(one)));
    return new HarnessError(
      'left-profile',
      `In the confined container, a probe has left a program outside the profile: ` +
        `${visible(exe)} (pid ${pid}) has the label ${label ?? 'none'}.`,
    );
  }

  /** Every label that the first process or a descendant of it had, whenever it was looked at. */
  get serviceLabels(): ReadonlySet<string> {
    return this.#serviceLabels;
  }

  async look(): Promise<void> {
    for (const clause of await this.#options.target.replacedMounts()) this.#replaced.add(clause);
    await this.#lookAtProcesses();
  }

  /** Looks once; where a process has only just entered the container, until it is what it is to be. */
  async #lookAtProcesses(): Promise<void> {
    for (let looks = 1; ; looks += 1) {
      const all = await this.#options.target.processes();
      const processes = all.filter(({ origin }) => origin !== 'agent');
      const entering = processes.filter((process) => process.origin === 'entered' && this.#strayLabel(process));
      const isSettled = entering.length === 0 || looks === LOOKS;
      for (const process of processes) if (isSettled || !entering.includes(process)) this.#note(process);
      if (isSettled) {
        const left = all.find((process) => process.origin === 'agent' && this.#strayLabel(process));
        this.#leftRunning = [this.#leftRunning[1], left];
        return;
      }
      await sleep(PAUSE_MS);
    }
  }

  #note(process: ContainerProcess): void {
    const { pid, exe, origin } = process;
    for (const label of process.labels) this.#list(pid, exe, this.#shown(label));
    if (origin === 'service') for (const { label } of process.labels) this.#serviceLabels.add(label);
    const stray = this.#strayLabel(process);
    if (stray === undefined || this.#strays.size >= MAX_LISTED) return;
    const shown = this.#shown(stray);
    const key = `${exe}\n${shown}`;
    if (!this.#strays.has(key)) this.#strays.set(key, `${visible(exe)} (pid ${pid}) has the label ${visible(shown)}`);
  }

  #list(pid: number, exe: string, label: string): void {
    const key = `${exe}\n${label}`;
    if (this.#listed.has(key) || this.#listed.size >= MAX_LISTED) return;
    this.#listed.add(key);
    this.#options.onLabel({ process: `${exe} in the confined container`, pid, label });
  }

  /** The first label of its threads that is not the profile's, nor a child's, nor one that the spec declares. */
  #strayLabel({ labels }: ContainerProcess): LabelAndMode | undefined {
    const { loadedAs, mode, alsoUnder } = this.#options.policy;
    const others = labels.filter((one) => one.label !== loadedAs || one.mode !== mode);
    if (others.length === 0) return undefined;
    const modes = this.#options.loadedProfiles();
    return others.find((one) => ![loadedAs, ...alsoUnder].some((profile) => staysUnder(one, profile, modes)));
  }

  #shown({ label, mode }: LabelAndMode): string {
    return labelText(asWritten(label, this.#options.policy.written), mode);
  }
}

/** @param replaced a clause for each mount that the container has replaced. @returns undefined for none */
export function mountFault(role: Role, replaced: readonly string[]): HarnessError | undefined {
  if (replaced.length === 0) return undefined;
  return new HarnessError('mount-replaced', `In the ${role} container, a mount of the spec was replaced:`, {
    details: replaced.map(visible),
  });
}
