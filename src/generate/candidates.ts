/** Everything that could be tried in a container, as operations of a spec with the accesses that each asks for. Pure. */
import { answeredAccesses, operationAccesses, type Look } from '../coverage/operation-accesses.ts';
import { CAPABILITIES } from '../linux.ts';
import type { Action } from '../model.ts';
import type { Access } from '../profile/access.ts';
import { readOperation } from '../spec/operations.ts';

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
export interface Found {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly mode: number;
}

/** Name of what is made for a moment. */
const NEW = 'thing';

/** Operations without a path: one or two of each kind that rules speak of. */
const PLAIN: readonly (readonly string[])[] = [
  ...CAPABILITIES.map((name) => ['capable', name]),
  ...['inet', 'inet6'].flatMap((family) => [['socket', family, 'stream'], ['socket', family, 'dgram']]),
  ['socket', 'inet', 'raw', 'icmp'], ['socket', 'inet6', 'raw', 'icmpv6'], ['socket', 'packet', 'dgram'], ['socket', 'packet', 'raw'], ['socket', 'unix', 'stream'], ['socket', 'unix', 'dgram'], ['socket', 'unix', 'raw'], ['socket', 'netlink', 'raw'], ['socket', 'netlink', 'dgram'],
  ['mount', 'tmpfs', 'none', '/mnt'], ['mount', '', '/etc', '/mnt', 'bind'], ['mount', 'proc', 'proc', '/mnt'], ['umount', '/dev/shm'], ['umount', '/proc'],
  ['ptrace', 'trace', 'child'], ['ptrace', 'read', 'child'],
  ...['urg', 'term', 'kill', 'hup', 'usr1', 'exists'].map((signal) => ['signal', signal, 'child']),
  ['userns'], ['io_uring', 'sqpoll'], ['io_uring', 'override_creds'], ['mqueue', 'create', `/${NEW}`], ['change_profile', 'unconfined'],
];

/**
 * @param look what a path is in the container.
 * @param self the label that the agent carries.
 */
export function candidatesIn(found: readonly Found[], look: Look, self: string): Candidate[] {
  const source = found.find(({ path, kind }) => path === '/etc/passwd' && kind === 'file') ?? found.find(({ path, kind }) => kind === 'file' && /^\/(?:etc|usr|bin|opt)\//.test(path));
  const all = [...PLAIN, ...found.flatMap((item) => operationsOn(item, look, source?.path))];
  return all.flatMap((words, i) => candidate(words, look, self, i) ?? []);
}

function operationsOn({ path, kind, mode }: Found, look: Look, source: string | undefined): (readonly string[])[] {
  const target = kind === 'link' ? look(path, true) : undefined;
  if (kind === 'link' && (target === undefined || target.missing)) return [];
  const folder = target?.folder ?? kind === 'folder';
  if (!folder) {
    const operations = [['open', 'read', path], ['open', 'write', path], ['open', 'append', path], ['lock', 'flock', 'read', path], ['mmap', path]];
    return (mode & 0o111) !== 0 && /bin\//.test(path) ? [['exec', path], ...operations] : operations;
  }
  const inside = `${path === '/' ? '' : path}/${NEW}`;
  return [['open', 'create', inside], ['mkdir', inside], ['readdir', path], ...(source === undefined ? [] : [['link', source, inside]])];
}

function candidate(words: readonly string[], look: Look, self: string, order: number): Candidate | undefined {
  const read = readOperation(words);
  if ('problem' in read) return undefined;
  const action: Action = { kind: 'operation', ...read, words };
  const ends = { self, other: self }; // children of the agent are all that it signals and traces
  const accesses = [...operationAccesses(action, look, ends), ...answeredAccesses(action, ends)];
  if (accesses.length === 0) return undefined;
  const path = words.findLast((word) => word.startsWith('/'));
  const seen = accesses.flatMap((access) => access.class === 'file' ? [access.path.replace(/(?<=.)\/$/, '')] : []);
  const alias = path !== undefined && seen.length > 0 && !seen.includes(path);
  return { words, action, accesses, ...(path === undefined ? {} : { path }), alias, cost: costOf(path, order) };
}

/** Well-known names, of three parts if there are such, before others; the order in which they were found decides between equals. */
function costOf(path: string | undefined, order: number): number {
  if (path === undefined) return order / 1e6;
  const depth = path.split('/').length - 1;
  const known = /^\/(?:etc\/(?:passwd|hostname|group)|usr\/bin\/(?:env|id|free)|proc\/(?:version|sysrq-trigger|kcore)|var\/tmp|tmp|sys\/kernel\/security)/.test(path);
  return Math.abs(depth - 3) * 10 + path.length + (known ? -30 : 0) + (/[^a-z/.-]/.test(path) ? 12 : 0) + order / 1e6;
}
