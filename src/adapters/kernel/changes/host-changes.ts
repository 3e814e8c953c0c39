/**
 * What runs change on the host, written down before it is changed, so that the run itself or, after SIGKILL, the next
 * run or `cleanup` can put it back. Kernel parameters are shared by all runs: the last one out restores them.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '#core/model/errors.ts';
import { loadedProfiles, rawPolicy, removeProfile, replacePolicy } from '../securityfs/loaded-profiles.ts';
import { withHostLock } from './host-lock.ts';
import {
  readParameters,
  RUN_PARAMETERS,
  writeParameters,
  type KernelParameter,
  type KernelParameters,
} from './kernel-parameters.ts';

const FOLDER = '/run/apparmor-probe';
const LOCK = join(FOLDER, 'lock');
const ORIGINALS = join(FOLDER, 'switches.json');

interface RunFile {
  readonly id: string;
  readonly pid: number;
  /** Start time of the process, in clock ticks since boot: a process id alone may be reused. */
  readonly started: string;
  /** Profiles the run loads; `previous` names the file with the policy that was there before; of `shared` ones other runs may be users too. */
  readonly profiles: readonly { readonly name: string; readonly previous?: string; readonly shared?: boolean }[];
}

/** A run's entry in the host's book. */
export interface HostChanges {
  /** Notes a profile before it is loaded. With `keep`, the policy of that name that is loaded now is put back at the end. */
  willLoad(names: readonly string[], options: { keep: boolean }): void;
  /**
   * Loads, with `load`, what runs at the same time use under one name, unless the host has it already. The last of them removes it.
   * @returns false when it is the host's.
   */
  share(name: string, load: () => void): Promise<boolean>;
  /** Puts back policy and, when no other run is left, parameters. */
  undo(): Promise<void>;
}

/** Work that removes a dead run's containers before its profiles go. */
export type RemoveContainers = (runId: string) => Promise<number>;

/** Enters a run into the book and sets those kernel parameters for it. */
export async function beginChanges(
  id: string,
  options: { switches: readonly KernelParameter[] },
): Promise<HostChanges> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  let entry: RunFile = { id, pid: process.pid, started: startTime(process.pid) ?? '', profiles: [] };
  await withHostLock(LOCK, () => {
    save(entry);
    if (!exists(ORIGINALS)) writeAtomically(ORIGINALS, JSON.stringify(readParameters()));
    writeParameters(Object.fromEntries(options.switches.map((name) => [name, RUN_PARAMETERS[name]])));
  });
  return {
    willLoad(names, { keep }) {
      const rival = runs().find(
        (run) => run.id !== id && alive(run) && run.profiles.some(({ name }) => names.includes(name)),
      );
      if (rival !== undefined)
        throw new HarnessError(
          'load-failed',
          `Run ${rival.id} on this host has loaded ${names.join(', ')} and still uses it.`,
        );
      const added = names.map((name, i) => {
        const policy = keep ? rawPolicy(name) : undefined;
        if (keep && policy === undefined && loadedProfiles().has(name)) {
          throw new HarnessError(
            'load-failed',
            `The policy loaded as ${name} cannot be saved, so it could not be put back.`,
          );
        }
        if (policy === undefined) return { name };
        const previous = join(FOLDER, `run-${id}.${entry.profiles.length + i}.policy`);
        writeFileSync(previous, policy, { mode: 0o600 });
        return { name, previous };
      });
      entry = { ...entry, profiles: [...entry.profiles, ...added] };
      save(entry);
    },
    share: (name, load) =>
      withHostLock(LOCK, () => {
        if (shares(entry, name)) return true;
        const there = loadedProfiles().has(name);
        if (there && !runs().some((run) => shares(run, name))) return false;
        entry = { ...entry, profiles: [...entry.profiles, { name, shared: true }] };
        save(entry);
        if (!there) load();
        return true;
      }),
    undo: () =>
      withHostLock(LOCK, () => {
        undoRun(entry);
      }),
  };
}

/**
 * Puts back what runs that no longer live have left.
 * @returns one line for each thing that was put back.
 */
export async function cleanUpDeadRuns(removeContainers: RemoveContainers): Promise<string[]> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const done: string[] = [];
  const dead = runs().filter((run) => !alive(run));
  for (const run of dead) {
    // while a killed run's container lives, its profile stays loaded: removing that would let the container loose
    const containers = await removeContainers(run.id);
    if (containers > 0) done.push(`removed ${containers} container(s) of run ${run.id}`);
  }
  await withHostLock(LOCK, () => {
    for (const run of dead) done.push(...undoRun(run));
    if (!runs().some(alive)) done.push(...restoreSwitches());
  });
  return done;
}

/** Ids of the runs that are alive on this host. */
export function liveRuns(): string[] {
  return runs()
    .filter(alive)
    .map(({ id }) => id);
}

function undoRun(run: RunFile): string[] {
  const done: string[] = [];
  for (const { name, previous, shared } of [...run.profiles].reverse()) {
    if (shared === true && runs().some((other) => other.id !== run.id && alive(other) && shares(other, name))) continue;
    if (previous !== undefined) {
      replacePolicy(readFileSync(previous));
      done.push(`put back the policy of profile ${name}`);
    } else if (removeProfile(name)) {
      done.push(`removed profile ${name}`);
    }
  }
  for (const { previous } of run.profiles) if (previous !== undefined) rmSync(previous, { force: true });
  rmSync(runFile(run.id), { force: true });
  if (!runs().some(alive)) done.push(...restoreSwitches());
  return done;
}

function restoreSwitches(): string[] {
  if (!exists(ORIGINALS)) return [];
  const before = JSON.parse(readFileSync(ORIGINALS, 'utf8')) as KernelParameters;
  const now = readParameters();
  writeParameters(before);
  rmSync(ORIGINALS);
  return (Object.keys(before) as (keyof KernelParameters)[])
    .filter((key) => before[key] !== now[key])
    .map((key) => `set ${key} back to ${before[key]}`);
}

function runs(): RunFile[] {
  return readdirSync(FOLDER)
    .filter((name) => /^run-\w+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as RunFile);
}

function shares(run: RunFile, name: string): boolean {
  return run.profiles.some((one) => one.name === name && one.shared === true);
}

function alive(run: RunFile): boolean {
  return run.started !== '' && startTime(run.pid) === run.started;
}

/** Field 22 of /proc/PID/stat, counted behind the parenthesised name. */
function startTime(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

function save(run: RunFile): void {
  writeAtomically(runFile(run.id), JSON.stringify(run));
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
