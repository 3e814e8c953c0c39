/** Everything that could be tried in a container, as operations of a spec with the accesses that each asks for. Pure. */
import { answeredAccesses, operationAccesses, type FileLookup } from '../coverage/operation-accesses.ts';
import { CAPABILITIES } from '../model/linux.ts';
import type { Action } from '../model/model.ts';
import type { Access } from '../profile/semantics/access.ts';
import { folderOf } from '../profile/patterns/literals.ts';
import { readOperation } from '../spec/read-operation.ts';

/** One operation that could be a probe. */
export interface Candidate {
  /** As in a spec: `open write /etc/passwd`, `socket inet raw icmp`. */
  readonly words: readonly string[];
  readonly action: Action;
  readonly accesses: readonly Access[];
  /** The path that is tried, as written. */
  readonly path?: string;
  /** It is not the name that the kernel sees: a link is on its way. */
  readonly alias: boolean;
  /** The plainest first. */
  readonly cost: number;
}

/** What there is in the container; see probe/inventory.ts. */
export interface NamedFile {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly mode: number;
  /** Number of its file system: a link does not lead from one into another. */
  readonly device?: number;
}

/** Name of what is made for a moment. */
const NEW = 'thing';

/** Operations without a path: one or two of each kind that rules speak of. */
const PLAIN: readonly (readonly string[])[] = [
  ...CAPABILITIES.map((name) => ['capable', name]),
  ...['inet', 'inet6'].flatMap((family) => [
    ['socket', family, 'stream'],
    ['socket', family, 'dgram'],
  ]),
  ['socket', 'inet', 'raw', 'icmp'],
  ['socket', 'inet6', 'raw', 'icmpv6'],
  ['socket', 'packet', 'dgram'],
  ['socket', 'packet', 'raw'],
  ['socket', 'unix', 'stream'],
  ['socket', 'unix', 'dgram'],
  ['socket', 'unix', 'raw'],
  ['socket', 'netlink', 'raw'],
  ['socket', 'netlink', 'dgram'],
  ['mount', 'tmpfs', 'none', '/mnt'],
  ['mount', '', '/etc', '/mnt', 'bind'],
  ['mount', 'proc', 'proc', '/mnt'],
  ['umount', '/dev/shm'],
  ['umount', '/proc'],
  ['ptrace', 'trace', 'child'],
  ['ptrace', 'read', 'child'],
  ...['urg', 'term', 'kill', 'hup', 'usr1', 'exists'].map((signal) => ['signal', signal, 'child']),
  ['userns'],
  ['io_uring', 'sqpoll'],
  ['io_uring', 'override_creds'],
  ['mqueue', 'create', `/${NEW}`],
  ['change_profile', 'unconfined'],
];

/** What can be tried with: a file that can be linked to, a program that can be copied. */
interface Sources {
  readonly file: NamedFile | undefined;
  readonly program: string | undefined;
  /** A file of a folder's own. */
  readonly inFolder: ReadonlyMap<string, string>;
}

/**
 * @param look what a path is in the container.
 * @param self the label that the agent carries.
 * @param names that rules match, whether they are there or not: where only the name is missing it is made for a moment.
 */
export function candidatesIn(
  found: readonly NamedFile[],
  look: FileLookup,
  self: string,
  names: readonly string[] = [],
): Candidate[] {
  const files = found.filter(({ kind }) => kind === 'file');
  const sources: Sources = {
    file:
      files.find(({ path }) => path === '/etc/passwd') ??
      files.find(({ path }) => /^\/(?:etc|usr|bin|opt)\//.test(path)),
    program: PROGRAMS.find((path) => files.some((file) => file.path === path)) ?? files.find(isProgram)?.path,
    inFolder: new Map(files.map(({ path }) => [folderOf(path), path])),
  };
  const missing = names.filter(
    (name) => look(name, false)?.missing === true && look(folderOf(name), true)?.folder === true,
  );
  const devices = new Map(found.map(({ path, device }) => [path, device]));
  const made = missing.flatMap((name) => making(name, sources, devices.get(folderOf(name))));
  const all = [...PLAIN, ...found.flatMap((item) => operationsOn(item, look, sources)), ...made];
  return all.flatMap((words, i) => candidate(words, look, self, i) ?? []);
}

/** Small ones that most images have. */
const PROGRAMS = ['/usr/bin/env', '/bin/busybox', '/usr/bin/id'];

function isProgram({ path, mode }: NamedFile): boolean {
  return (mode & 0o111) !== 0 && /bin\//.test(path);
}

function operationsOn(item: NamedFile, look: FileLookup, sources: Sources): (readonly string[])[] {
  const { path, kind, mode } = item;
  const target = kind === 'link' ? look(path, true) : undefined;
  if (kind === 'link' && (target === undefined || target.missing)) return [];
  const folder = target?.folder ?? kind === 'folder';
  if (!folder) {
    const operations = [
      ['open', 'read', path],
      ['open', 'write', path],
      ['open', 'append', path],
      ['lock', 'flock', 'read', path],
      ['mmap', path],
      ['lock', 'fcntl', 'none', path],
    ];
    return (mode & 0o111) !== 0 ? [['exec', path], ...operations] : operations;
  }
  return [['readdir', path], ...making(`${path === '/' ? '' : path}/${NEW}`, sources, item.device)];
}

/** What makes something of this name, and takes it away again. */
function making(name: string, { file, program, inFolder }: Sources, device: number | undefined): (readonly string[])[] {
  const far = file?.device !== undefined && device !== undefined && device !== file.device;
  const source = far ? inFolder.get(folderOf(name)) : file?.path;
  return [
    ['open', 'create', name],
    ['mkdir', name],
    ...(source === undefined ? [] : [['link', source, name]]),
    ...(program === undefined ? [] : [['exec-copy', program, name]]),
  ];
}

function candidate(words: readonly string[], look: FileLookup, self: string, order: number): Candidate | undefined {
  const read = readOperation(words);
  if ('problem' in read) return undefined;
  const action: Action = { kind: 'operation', ...read, words };
  const ends = { self, other: self }; // children of the agent are all that it signals and traces
  const accesses = [...operationAccesses(action, look, ends), ...answeredAccesses(action, ends)];
  if (accesses.length === 0) return undefined;
  const path = words.findLast((word) => word.startsWith('/'));
  const seen = accesses.flatMap((access) => (access.class === 'file' ? [access.path.replace(/(?<=.)\/$/, '')] : []));
  const alias = path !== undefined && seen.length > 0 && !seen.includes(path);
  return {
    words,
    action,
    accesses,
    ...(path === undefined ? {} : { path }),
    alias,
    cost: costOf(path, order) + (words[0] === 'exec-copy' ? ROUNDABOUT : 0),
  };
}

/** What asks for more than it is tried for is the last choice. */
const ROUNDABOUT = 60;

/** Well-known names, of three parts if there are such, before others, those below /sys last; the order in which they were found decides between equals. */
function costOf(path: string | undefined, order: number): number {
  if (path === undefined) return order / 1e6;
  const depth = path.split('/').length - 1;
  const known =
    /^\/(?:etc\/(?:passwd|hostname|group)|usr\/bin\/(?:env|id|free)|proc\/(?:version|sysrq-trigger|kcore)|var\/tmp|tmp)/.test(
      path,
    );
  return (
    Math.abs(depth - 3) * 10 +
    path.length +
    (known ? -30 : 0) +
    (path.startsWith('/sys/') ? 20 : 0) +
    (/[^a-z/.-]/.test(path) ? 12 : 0) +
    order / 1e6
  );
}
