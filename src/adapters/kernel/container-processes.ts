/** The processes of a container, found from outside: by its control group, and by its namespace of processes. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { labelText, type LabelAndMode } from '#core/model/labels.ts';
import { labelOf } from './securityfs/loaded-profiles.ts';

/** How deep a chain of parents may be followed: a hostile container could make it long. */
const MAX_DEPTH = 4096;

/** A container whose processes are looked for. */
export interface ContainerOfProcesses {
  /** As the engine names it: its control groups carry this. */
  readonly id: string;
  /** Host id of its first process. */
  readonly pid: number;
  /** Ids of the containers that share its namespace of processes, and are no part of it. */
  readonly besides: readonly string[];
}

/**
 * The host ids of the processes of a container. Those of its control group count, and of the groups below that; so do
 * those that have left it, as long as they are in the container's namespace of processes, or below one that is.
 */
export function containerPids(container: ContainerOfProcesses): Set<number> {
  const { id, pid, besides } = container;
  const members = new Set(groupFolders(pid, id).flatMap((folder) => pidsOfGroup(folder)));
  const own = namespaceOf(pid, 'pid');
  const host = namespaceOf('self', 'pid');
  if (own === undefined || own === host) return members;

  for (const other of allPids()) {
    if (members.has(other)) continue;
    const theirs = namespaceOf(other, 'pid');
    if (theirs === undefined || theirs === host) continue;
    const isInside = theirs === own || descendsFrom(other, members);
    if (isInside && !isOfContainers(other, besides)) members.add(other);
  }
  return members;
}

/**
 * The different labels of the threads of a process, with their modes, as the kernel prints them. A thread that has
 * ended, and only waits to be reaped, has none.
 */
export function labelsOfThreads(pid: number): LabelAndMode[] {
  const labels = new Map<string, LabelAndMode>();
  for (const thread of threadsOf(pid)) {
    const found = labelOf(thread);
    if (found !== undefined && !isZombie(thread)) labels.set(labelText(found.label, found.mode), found);
  }
  return [...labels.values()];
}

/** The executable of a process, as its own namespace names it. @returns undefined when it cannot be read. */
export function executableOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/exe`);
}

/** The host id of a process's parent; undefined when the process has gone. */
export function parentOf(pid: number): number | undefined {
  return numberIn(statusOf(pid), 'PPid');
}

/** The command line of a process, each word with a NUL after it. @returns undefined when the process has gone. */
export function commandLineOf(pid: number): string | undefined {
  return textOf(`/proc/${pid}/cmdline`);
}

/** One number of `/proc/PID/status` (fs/proc/array.c). */
export function numberIn(status: string, key: string): number | undefined {
  const text = new RegExp(`^${key}:\\s*(\\d+)$`, 'm').exec(status)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** The text of `/proc/PID/status`; empty when the process has gone. */
export function statusOf(pid: number): string {
  return textOf(`/proc/${pid}/status`) ?? '';
}

/** A namespace of a process, as `pid:[4026531836]`. @returns undefined when the process has gone. */
export function namespaceOf(pid: number | 'self', kind: string): string | undefined {
  return linkOf(`/proc/${pid}/ns/${kind}`);
}

/** What a link of /proc says; undefined when it cannot be read. */
export function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The names in a folder of /proc that are numbers; none when it has gone. */
export function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function allPids(): number[] {
  return numbersIn('/proc');
}

function threadsOf(pid: number): number[] {
  return numbersIn(`/proc/${pid}/task`);
}

function isZombie(thread: number): boolean {
  return /^State:\s*[ZX]/m.test(statusOf(thread));
}

/**
 * The folders of a container's control groups. A line of `/proc/PID/cgroup` is `ID:CONTROLLERS:PATH`, with no
 * controllers for version 2 (man cgroups). What comes after the container's own part was made inside it.
 */
function groupFolders(pid: number, id: string): string[] {
  const lines = (textOf(`/proc/${pid}/cgroup`) ?? '').split('\n');
  const folders = lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const own = path === undefined ? undefined : ownPart(path, id);
    if (controllers === undefined || own === undefined) return [];
    const hierarchies = controllers === '' ? ['', '/unified'] : [`/${controllers.replace(/^name=/, '')}`];
    return hierarchies.map((hierarchy) => `/sys/fs/cgroup${hierarchy}${own}`);
  });
  return [...new Set(folders)];
}

/** The path up to the container's own name. */
function ownPart(path: string, id: string): string | undefined {
  const parts = path.split('/');
  const at = parts.findIndex((part) => part.includes(id));
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}

/** The processes of a control group and of all groups below it. */
function pidsOfGroup(folder: string): number[] {
  const text = textOf(`${folder}/cgroup.procs`);
  if (text === undefined) return [];
  const pids = text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
  return [...pids, ...foldersIn(folder).flatMap((below) => pidsOfGroup(`${folder}/${below}`))];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function descendsFrom(pid: number, members: ReadonlySet<number>): boolean {
  let parent = parentOf(pid);
  for (let depth = 0; parent !== undefined && parent > 1 && depth < MAX_DEPTH; depth += 1) {
    if (members.has(parent)) return true;
    parent = parentOf(parent);
  }
  return false;
}

function isOfContainers(pid: number, ids: readonly string[]): boolean {
  if (ids.length === 0) return false;
  const groups = textOf(`/proc/${pid}/cgroup`) ?? '';
  return ids.some((id) => groups.includes(id));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
