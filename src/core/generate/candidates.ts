/** Everything that could be tried in a container: operations of a spec, with the accesses that each needs. Pure. */
import { answeredAccesses, operationAccesses } from '../coverage/operation-accesses.ts';
import type { FileLookup } from '../model/file-lookup.ts';
import { CAPABILITIES } from '../model/linux.ts';
import type { Action } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { Access } from '../profile/semantics/access.ts';
import { folderOf } from '../profile/patterns/literals.ts';
import { readOperation } from '../spec/read-operation.ts';
import { costOf } from './candidate-cost.ts';

/** One operation that could be a probe. */
export interface Candidate {
  /** As in a spec: `open write /etc/passwd`, `socket inet raw icmp`. */
  readonly words: readonly string[];
  /** Who tries it, where that is not the container's own user. */
  readonly user?: string;
  readonly action: Action;
  readonly accesses: readonly Access[];
  /** The path that is tried, as written. */
  readonly path?: string;
  /** The path leads through a link, so the kernel checks another name. */
  readonly alias: boolean;
  /** Candidates that are plain to a reader cost least: see candidate-cost.ts. */
  readonly cost: number;
}

/** What there is in the container; see adapters/container/rootfs. */
export interface NamedFile {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly mode: number;
  /** Number of its file system: a link does not lead from one into another. */
  readonly device?: number;
}

/** A user who owns nothing in an image; a number, because not every image names it. */
export const STRANGER = '65534:65534';

/** Name of a file or folder that a probe creates and removes again. */
const NEW_NAME = 'thing';

/** Operations that need no file of the image. */
const PATHLESS_OPERATIONS: readonly (readonly string[])[] = [
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
  ['mqueue', 'create', `/${NEW_NAME}`],
  ['change_profile', 'unconfined'],
];

/** What other operations need: a file that can be linked to, a program that can be copied. */
interface Sources {
  readonly file: NamedFile | undefined;
  readonly program: string | undefined;
  /** One file of each folder. */
  readonly inFolder: ReadonlyMap<string, string>;
}

interface CandidateOptions {
  /** Paths that rules match; one that is missing while its folder exists becomes a path for probes to create. */
  readonly names?: readonly string[];
  /** Also what somebody may try who does not own the files: rules with `owner` tell them apart. */
  readonly withStranger?: boolean;
}

/**
 * @param inventory the files of the container.
 * @param look what a path is in the container.
 * @param self the label of the agent.
 */
export function candidatesIn(
  inventory: readonly NamedFile[],
  look: FileLookup,
  self: string,
  { names = [], withStranger = false }: CandidateOptions = {},
): Candidate[] {
  const files = inventory.filter(({ kind }) => kind === 'file');
  const sources: Sources = {
    file:
      files.find(({ path }) => path === '/etc/passwd') ??
      files.find(({ path }) => /^\/(?:etc|usr|bin|opt)\//.test(path)),
    program: PROGRAMS.find((path) => files.some((file) => file.path === path)) ?? files.find(isProgram)?.path,
    inFolder: new Map(files.map(({ path }) => [folderOf(path), path])),
  };
  const paths = [...new Set(names.map((name) => name.replace(/(?<=.)\/$/, '')))];
  const missing = paths.filter(
    (name) => look(name, false)?.missing === true && look(folderOf(name), true)?.folder === true,
  );
  const devices = new Map(inventory.map(({ path, device }) => [path, device]));
  const all = [
    ...PATHLESS_OPERATIONS,
    ...inventory.flatMap((item) => operationsOn(item, look, sources)),
    ...missing.flatMap((name) => creating(name, sources, devices.get(folderOf(name)))),
  ];
  const ofStranger = withStranger ? inventory.flatMap(strangersOperations) : [];
  return [
    ...all.flatMap((words, order) => candidate(words, { look, self, order }) ?? []),
    ...ofStranger.flatMap((words, i) => candidate(words, { look, self, order: all.length + i, user: STRANGER }) ?? []),
  ];
}

/** What the file's mode lets everybody do, so that only the profile decides. */
function strangersOperations({ path, kind, mode }: NamedFile): (readonly string[])[] {
  if (kind !== 'file') return [];
  return [...((mode & 0o004) === 0 ? [] : [['open', 'read', path]]), ...((mode & 0o001) === 0 ? [] : [['exec', path]])];
}

/** Small programs that most images have. */
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
  return [['readdir', path], ...creating(`${path === '/' ? '' : path}/${NEW_NAME}`, sources, item.device)];
}

/** Operations that create something with this name, and remove it again. */
function creating(
  name: string,
  { file, program, inFolder }: Sources,
  device: number | undefined,
): (readonly string[])[] {
  const isElsewhere = file?.device !== undefined && device !== undefined && device !== file.device;
  const source = isElsewhere ? inFolder.get(folderOf(name)) : file?.path;
  return [
    ['open', 'create', name],
    ['mkdir', name],
    ...(source === undefined ? [] : [['link', source, name]]),
    ...(program === undefined ? [] : [['exec-copy', program, name]]),
  ];
}

/** Only where the container's own user shows no difference. */
const COST_OF_STRANGER = 100;

interface Context {
  readonly look: FileLookup;
  readonly self: string;
  /** Place in the list of all operations: it decides between equals. */
  readonly order: number;
  readonly user?: string;
}

function candidate(words: readonly string[], { look, self, order, user }: Context): Candidate | undefined {
  const read = readOperation(words);
  if ('problem' in read) return undefined;
  const action: Action = { kind: 'operation', ...read, words };
  const ends = { self, other: self }; // the agent signals and traces only its own children
  const asked = [...operationAccesses(action, look, ends), ...answeredAccesses(action, ends)];
  const accesses = user === undefined ? asked : asked.map(byStranger);
  if (accesses.length === 0) return undefined;
  const path = words.findLast((word) => word.startsWith('/'));
  const checked = accesses.flatMap((access) => (access.class === 'file' ? [access.path.replace(/(?<=.)\/$/, '')] : []));
  const alias = path !== undefined && checked.length > 0 && !checked.includes(path);
  const cost = costOf(words, path, order) + (user === undefined ? 0 : COST_OF_STRANGER);
  return defined({ words, user, action, accesses, path, alias, cost });
}

function byStranger(access: Access): Access {
  return access.class === 'file' ? { ...access, owner: false } : access;
}
