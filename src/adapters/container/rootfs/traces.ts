/**
 * What has been written in a container, seen from outside: its own layer of an overlay file system, and the mounts that
 * it may write to. Read twice, it shows what changed meanwhile; read of two containers, what differs between them.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { lookUp } from './lookup.ts';

/** A written file, as it was: any change gives another print. */
export interface Traces {
  /** Paths inside the container, each with a print of the file's state. */
  readonly files: ReadonlyMap<string, string>;
  /** Mount points with their file systems: `tmpfs on /mnt`. */
  readonly mounts: ReadonlySet<string>;
  /** There is more than is read. */
  readonly isCut: boolean;
}

/** A file of the container, as programs see it. */
export interface FileState {
  /** Absolute, inside the container. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** In bytes. */
  readonly size: number;
  /** Mode, owner and group. */
  readonly rights: string;
}

/** Looks at containers by the id of one of their processes on the host. */
export interface TraceReader {
  /** @param shared mounts that are left out: {@link TraceReader.sharedMounts}. */
  readTraces(pid: number, shared: ReadonlySet<string>): Traces;
  /** Mounts of one folder in both containers: what one of them writes there, the other has as well. */
  sharedMounts(pid: number, other: number): ReadonlySet<string>;
  /** @returns undefined when there is no such file. */
  fileStateOf(pid: number, path: string): FileState | undefined;
  /** Whether a file has the same bytes in both containers; false for one that is too large to compare. */
  sameContent(pid: number, other: number, path: string): boolean;
  /** The program that a process executes; empty when it is gone. */
  programOf(pid: number): string;
  /** Ends a process. */
  endProcess(pid: number): void;
}

/** One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
interface Mount {
  readonly point: string;
  readonly type: string;
  readonly options: string;
  /** Device and root: the same for two mounts of one folder. */
  readonly what: string;
  readonly superOptions: string;
}

const MOST_FILES = 50_000;
/** Files up to this size are compared byte by byte. */
const COMPARED_BYTES = 1024 * 1024;
/** Kernel file systems: their files are no container's own. */
const KERNEL_TYPES: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'devpts',
  'mqueue',
  'securityfs',
]);

/** This machine's containers. */
export const TRACES: TraceReader = { readTraces, sharedMounts, fileStateOf, sameContent, programOf, endProcess };

function readTraces(pid: number, shared: ReadonlySet<string>): Traces {
  const mounts = mountsOf(pid);
  const walk = new Walk();
  for (const { point, type, options, what, superOptions } of mounts) {
    const upper = point === '/' && type === 'overlay' ? optionOf(superOptions, 'upperdir') : undefined;
    const isWritable = options.split(',').includes('rw') && !KERNEL_TYPES.has(type) && type !== 'overlay';
    if (upper !== undefined) walk.below(upper, '');
    else if (isWritable && point !== '/' && !shared.has(what)) walk.below(join(`/proc/${pid}/root`, point), point);
  }
  const names = mounts.map(({ point, type }) => `${type} on ${point}`);
  return { files: walk.files, mounts: new Set(names), isCut: walk.isCut };
}

function sharedMounts(pid: number, other: number): ReadonlySet<string> {
  const others = new Set(mountsOf(other).map(({ what }) => what));
  return new Set(mountsOf(pid).flatMap(({ what }) => (others.has(what) ? [what] : [])));
}

function fileStateOf(pid: number, path: string): FileState | undefined {
  try {
    const { mode, uid, gid, size, rdev } = lstatSync(onHost(pid, path));
    const rights = `${mode.toString(8)} ${uid} ${gid}`;
    if (isFolder(mode)) return { path, kind: 'folder', size: 0, rights };
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG;
    return { path, kind: isFile ? 'file' : 'other', size: isFile ? size : rdev, rights };
  } catch {
    return undefined;
  }
}

function sameContent(pid: number, other: number, path: string): boolean {
  const one = contentOf(pid, path);
  const two = contentOf(other, path);
  return one !== undefined && two !== undefined && one.equals(two);
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

class Walk {
  readonly files = new Map<string, string>();
  isCut = false;

  /** @param folder on the host. @param path of the same inside the container. */
  below(folder: string, path: string): void {
    for (const name of namesIn(folder)) {
      if (this.files.size >= MOST_FILES) {
        this.isCut = true;
        return;
      }
      this.#add(join(folder, name), `${path}/${name}`);
    }
  }

  #add(file: string, path: string): void {
    try {
      const { mode, uid, gid, ino, size, ctimeNs } = lstatSync(file, { bigint: true });
      const rights = `${mode} ${uid} ${gid}`;
      const isParent = isFolder(Number(mode));
      this.files.set(path, isParent ? rights : `${rights} ${ino} ${size} ${ctimeNs}`);
      if (isParent) this.below(file, path);
    } catch {
      // gone meanwhile
    }
  }
}

function contentOf(pid: number, path: string): Buffer | undefined {
  let fd: number | undefined;
  try {
    // a container may put a pipe in its place meanwhile, which must not hold us up
    fd = openSync(onHost(pid, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(COMPARED_BYTES + 1);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    return length > COMPARED_BYTES ? undefined : bytes.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function mountsOf(pid: number): Mount[] {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch {
    // the container has ended
  }
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    const [, , device = '', root = '', point = '', options = ''] = before.split(' ');
    const [type = '', , superOptions = ''] = after?.split(' ') ?? [];
    if (after === undefined) return [];
    return [{ point: unescaped(point), type, options, what: `${device} ${root}`, superOptions }];
  });
}

function optionOf(options: string, name: string): string | undefined {
  const found = options.split(',').find((option) => option.startsWith(`${name}=`));
  return found === undefined ? undefined : unescaped(found.slice(name.length + 1));
}

/** Blanks and backslashes stand in it as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @throws when not even its folder is there */
function onHost(pid: number, path: string): string {
  const at = lookUp(pid, path, false);
  if (at === undefined) throw new Error(`${path} is missing`);
  return join(`/proc/${pid}/root`, at.path);
}

function isFolder(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}
