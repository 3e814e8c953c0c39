/**
 * What runs change on the host, written down before it is changed, so that the run itself or, after SIGKILL, the next
 * run or `cleanup` can put it back. Kernel parameters are shared by all runs: the last one out restores them.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { loadedProfiles, rawPolicy, removeProfile, replacePolicy } from '../securityfs/loaded-profiles.ts';
import { auditSwitch, type AuditSwitch } from './audit-switch.ts';
import { withHostLock } from './host-lock.ts';
import { mostUnderWay } from './audit-backlog.ts';
import {
  readParameter,
  readParameters,
  RUN_PARAMETERS,
  writeParameters,
  type KernelParameter,
  type KernelParameters,
} from './kernel-parameters.ts';

const FOLDER = '/run/apparmor-probe';
const LOCK = join(FOLDER, 'lock');
const SWITCH_LOCK = join(FOLDER, 'audit-switch.lock');
const ORIGINALS = join(FOLDER, 'kernel-parameters.json');

/** A profile that a run loads. */
interface LoadedByRun {
  readonly name: string;
  /** File with the policy that was loaded under this name before. */
  readonly previous?: string;
  /** Other runs may use it too: the last of them removes it. */
  readonly shared?: boolean;
}

/** What is written down of a run. */
interface RunFile {
  readonly id: string;
  readonly pid: number;
  /** Start time of the process, in clock ticks since boot: a process id alone may be reused. */
  readonly started: string;
  readonly profiles: readonly LoadedByRun[];
}

/** A run's entry in the journal of host changes. */
export interface HostChanges {
  /** The audit parameter, as the runs of this host share it. */
  readonly auditSwitch: AuditSwitch;
  /** How many operations may be under way before their records have been read. */
  readonly mostUnderWay: number;
  /**
   * Writes profiles down before they are loaded.
   * @param options with `keep`, the policy that is loaded under these names now is put back at the end.
   * @throws HarnessError `load-failed` when another run uses one of the names, or its policy cannot be saved.
   */
  willLoad(names: readonly string[], options: { keep: boolean }): void;
  /**
   * Loads, with `load`, what runs at the same time use under one name, unless the host has it already. The last of them
   * removes it.
   * @returns false when it is the host's.
   */
  share(name: string, load: () => void): Promise<boolean>;
  /** Puts back policy and, when no other run is left, parameters. */
  undo(): Promise<void>;
}

/** Work that removes a dead run's containers before its profiles go. */
export type RemoveContainers = (runId: string) => Promise<number>;

/** Enters a run into the journal and sets these kernel parameters for it. Needs root. */
export function beginChanges(
  id: string,
  options: { parameters: readonly Exclude<KernelParameter, 'audit'>[] },
): Promise<HostChanges> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const file: RunFile = { id, pid: process.pid, started: startTime(process.pid) ?? '', profiles: [] };
  return withHostLock(LOCK, () => {
    save(file);
    if (!exists(ORIGINALS)) writeAtomically(ORIGINALS, JSON.stringify(readParameters()));
    const own = originals();
    writeParameters(Object.fromEntries(options.parameters.map((name) => [name, RUN_PARAMETERS[name](own[name])])));
    return new RecordedRun(file, auditSwitch(own.audit, SWITCH_LOCK));
  });
}

class RecordedRun implements HostChanges {
  readonly auditSwitch: AuditSwitch;
  readonly mostUnderWay = mostUnderWay(readParameter('auditBacklog'));
  #file: RunFile;

  constructor(file: RunFile, auditSwitch: AuditSwitch) {
    this.#file = file;
    this.auditSwitch = auditSwitch;
  }

  willLoad(names: readonly string[], { keep }: { keep: boolean }): void {
    const rival = runs().find(
      (run) => run.id !== this.#file.id && isAlive(run) && run.profiles.some((profile) => names.includes(profile.name)),
    );
    if (rival !== undefined)
      throw new HarnessError(
        'load-failed',
        `Run ${rival.id} on this host has loaded ${names.join(', ')} and still uses it.`,
      );
    const first = this.#file.profiles.length;
    this.#add(names.map((name, i) => (keep ? this.#keep(name, first + i) : { name })));
  }

  share(name: string, load: () => void): Promise<boolean> {
    return withHostLock(LOCK, () => {
      if (shares(this.#file, name)) return true;
      const isLoaded = loadedProfiles().has(name);
      if (isLoaded && !runs().some((run) => shares(run, name))) return false;
      this.#add([{ name, shared: true }]);
      if (!isLoaded) load();
      return true;
    });
  }

  undo(): Promise<void> {
    return withHostLock(LOCK, () => {
      undoRun(this.#file);
    });
  }

  /** Saves the policy that is loaded under a name, if there is any. */
  #keep(name: string, number: number): LoadedByRun {
    const policy = rawPolicy(name);
    if (policy === undefined && loadedProfiles().has(name))
      throw new HarnessError(
        'load-failed',
        `The policy loaded as ${name} cannot be saved, so it could not be restored later.`,
      );
    if (policy === undefined) return { name };
    const previous = join(FOLDER, `run-${this.#file.id}.${number}.policy`);
    writeFileSync(previous, policy, { mode: 0o600 });
    return { name, previous };
  }

  #add(profiles: readonly LoadedByRun[]): void {
    this.#file = { ...this.#file, profiles: [...this.#file.profiles, ...profiles] };
    save(this.#file);
  }
}

/**
 * Puts back what runs that no longer live have left.
 * @returns one line for each thing that was put back.
 */
export async function cleanUpDeadRuns(removeContainers: RemoveContainers): Promise<string[]> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const done: string[] = [];
  const dead = runs().filter((run) => !isAlive(run));
  for (const run of dead) {
    // while a killed run's container lives, its profile stays loaded: without it the container would be unconfined
    const containers = await removeContainers(run.id);
    if (containers > 0) done.push(`removed ${containers} container(s) of run ${run.id}`);
  }
  await withHostLock(LOCK, () => {
    for (const run of dead) done.push(...undoRun(run));
    if (!runs().some(isAlive)) done.push(...restoreParameters());
  });
  return done;
}

/** Ids of the runs that are alive on this host. */
export function liveRuns(): string[] {
  return runs()
    .filter(isAlive)
    .map(({ id }) => id);
}

function undoRun(run: RunFile): string[] {
  const done: string[] = [];
  for (const profile of [...run.profiles].reverse()) {
    const line = isUsedByOthers(run, profile) ? undefined : undoProfile(profile);
    if (line !== undefined) done.push(line);
  }
  for (const { previous } of run.profiles) if (previous !== undefined) rmSync(previous, { force: true });
  rmSync(runFile(run.id), { force: true });
  if (!runs().some(isAlive)) done.push(...restoreParameters());
  return done;
}

function isUsedByOthers(run: RunFile, { name, shared }: LoadedByRun): boolean {
  return shared === true && runs().some((other) => other.id !== run.id && isAlive(other) && shares(other, name));
}

/** @returns what was done; undefined when nothing was left of it. */
function undoProfile({ name, previous }: LoadedByRun): string | undefined {
  if (previous !== undefined) {
    replacePolicy(readFileSync(previous));
    return `restored the policy of profile ${name}`;
  }
  return removeProfile(name) ? `removed profile ${name}` : undefined;
}

function restoreParameters(): string[] {
  if (!exists(ORIGINALS)) return [];
  const before = originals();
  const now = readParameters();
  writeParameters(before);
  rmSync(ORIGINALS);
  return (Object.keys(before) as (keyof KernelParameters)[])
    .filter((key) => before[key] !== now[key])
    .map((key) => `restored the kernel parameter ${key} to ${before[key]}`);
}

/** What the host had before the first run. */
function originals(): KernelParameters {
  return JSON.parse(readFileSync(ORIGINALS, 'utf8')) as KernelParameters;
}

function save(file: RunFile): void {
  writeAtomically(runFile(file.id), JSON.stringify(file));
}

function runs(): RunFile[] {
  return readdirSync(FOLDER)
    .filter((name) => /^run-\w+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as RunFile);
}

function shares(run: RunFile, name: string): boolean {
  return run.profiles.some((profile) => profile.name === name && profile.shared === true);
}

function isAlive(run: RunFile): boolean {
  return run.started !== '' && startTime(run.pid) === run.started;
}

/** Field 22 of /proc/PID/stat, counted after the parenthesised name. */
function startTime(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

function runFile(id: string): string {
  return join(FOLDER, `run-${id}.json`);
}

function exists(file: string): boolean {
  return readdirSync(FOLDER).includes(file.slice(FOLDER.length + 1));
}

function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
