/**
 * The accesses that an operation was granted when it succeeded, in the words of rules: what src/agent/ asks the kernel
 * for. Only what is certain: too little coverage does no harm, too much does. Pure.
 */
import { MOUNT_FLAGS, SOCKET_FAMILIES, SOCKET_TYPES, signalName } from '../model/linux.ts';
import type { FileLookup, Place } from '../model/file-lookup.ts';
import type { Action } from '../model/model.ts';
import type { Access, FilePermission } from '../profile/semantics/access.ts';

/** The labels of who tries and of who is at the other end; the latter unknown for a process that is not ours. */
interface Ends {
  readonly self: string;
  readonly other: string | undefined;
}

type Reader = (args: readonly string[], look: FileLookup, ends: Ends) => readonly (Access | undefined)[];

/**
 * What the kernel checks against the profile of who tries it.
 * @param look finds what a path is in the container.
 * @returns none for a command: only the kernel's records show what it accessed.
 */
export function operationAccesses(action: Action, look: FileLookup, ends: Ends): readonly Access[] {
  if (action.kind !== 'operation' || !Object.hasOwn(READERS, action.name)) return [];
  return (READERS[action.name]?.(action.args, look, ends) ?? []).filter((access) => access !== undefined);
}

/** What the kernel checks against the profile at the other end. */
export function answeredAccesses(action: Action, { self, other }: Ends): readonly Access[] {
  if (action.kind !== 'operation' || other === undefined) return [];
  if (action.name === 'signal')
    return [{ class: 'signal', access: 'receive', signal: signalOf(action.args), peer: self }];
  return action.name === 'ptrace'
    ? [{ class: 'ptrace', access: action.args[0] === 'read' ? 'readby' : 'tracedby', peer: self }]
    : [];
}

/** Whether a signal or ptrace goes to the agent's child or the container's first process: both have its label. */
export function isOwn(action: Action): boolean {
  return action.kind === 'operation' && ['child', '1'].includes(action.args[1] ?? '');
}

function signalOf([number]: readonly string[]): string {
  return (
    signalName(Number(number))
      ?.replace(/^SIG/, '')
      .toLowerCase()
      .replace(/^tstp$/, 'stp') ?? 'exists'
  ); // AppArmor's own word
}

/** With a slash at its end when it is a folder, or is about to be one. */
function name({ path, folder }: Place, asFolder = folder): string {
  return asFolder && path !== '/' ? `${path}/` : path;
}

/** A file's permissions, each an access. */
function file(
  letters: string,
  place: Place | undefined,
  more: { readonly asFolder?: boolean; readonly made?: boolean } = {},
): (Access | undefined)[] {
  if (place === undefined) return [];
  return [...letters].map((letter) => ({
    class: 'file',
    path: name(place, more.asFolder),
    permission: letter as FilePermission,
    ...(more.made === true ? { owner: true } : {}),
  }));
}

/** By mode: appending asks for that instead of writing (security/apparmor/include/file.h, aa_map_file_to_perms). */
function open([mode = '', path = '']: readonly string[], look: FileLookup): (Access | undefined)[] {
  const modes = mode.split(',');
  const has = (...words: string[]): boolean => words.some((word) => modes.includes(word));
  const writes = has('write', 'append', 'truncate') || !has('read');
  const letters = [
    has('read') ? 'r' : '',
    writes && has('append') ? 'a' : '',
    writes && !has('append') ? 'w' : '',
    has('create') ? 'c' : '',
    has('truncate') ? 'w' : '',
  ];
  return file([...new Set(letters)].join(''), look(path, true));
}

const socket: Reader = ([family, type]) => {
  const named = { family: nameOf(SOCKET_FAMILIES, family), type: nameOf(SOCKET_TYPES, type) };
  return named.family === undefined || named.type === undefined
    ? []
    : [{ class: 'network', family: named.family, type: named.type, access: 'create' }];
};

/** A number by its name. */
function nameOf(table: Readonly<Record<string, number>>, number: string | undefined): string | undefined {
  return Object.entries(table).find(([, value]) => String(value) === number)?.[0];
}

const inside = (args: readonly string[], at: number, look: FileLookup): string | undefined => {
  const place = look(args[at] ?? '', true);
  return place === undefined ? undefined : name(place, true);
};

function mount(
  [fstype = '', source = '', target = '', number = '0']: readonly string[],
  look: FileLookup,
): (Access | undefined)[] {
  const bits = Number(number);
  const flags = Object.entries(MOUNT_FLAGS)
    .filter(([, bit]) => bit !== 0 && (bits & bit) === bit)
    .map(([word]) => word);
  const place = look(target, true);
  const from = source.startsWith('/') ? look(source, true) : undefined;
  if (place === undefined) return [];
  return [
    {
      class: 'mount',
      target: name(place),
      flags,
      source: from === undefined ? source : name(from),
      ...(fstype === '' ? {} : { fstype }),
    },
  ];
}

function lockPermissions(call: string, type: string): string {
  if (type === 'none') return 'k';
  return call === 'fcntl' && type === 'write' ? 'rwk' : 'rk';
}

const made = { made: true } as const;
const attribute: Reader = ([path = ''], look) => file('w', look(path, true));

/** What each operation asks of the kernel. */
const READERS: Readonly<Record<string, Reader>> = {
  open,
  readdir: ([path = ''], look) => file('r', look(path, true), { asFolder: true }),
  unlink: ([path = ''], look) => file('d', look(path, false)),
  rmdir: ([path = ''], look) => file('d', look(path, false), { asFolder: true }),
  delete: ([path = ''], look) => file('d', look(path, false)),
  rename: ([from = '', to = ''], look) => {
    const source = look(from, false);
    return [...file('rwd', source), ...file('wc', look(to, false), { asFolder: source?.folder ?? false })];
  },
  link: ([from = '', to = ''], look) => {
    const source = look(from, false);
    const target = look(to, false);
    return source === undefined || target === undefined
      ? []
      : [{ class: 'file', path: target.path, permission: 'l', target: source.path }];
  },
  symlink: ([, to = ''], look) => file('c', look(to, false), made),
  mkdir: ([path = ''], look) => file('c', look(path, false), { ...made, asFolder: true }),
  mknod: ([kind = '', path = ''], look) => [
    ...file('c', look(path, false), made),
    ...(kind === 'char' || kind === 'block' ? [{ class: 'capability', name: 'mknod' } as const] : []),
  ],
  chmod: attribute,
  truncate: attribute,
  chown: ([path = ''], look) => file('w', look(path, false)),
  lock: ([call = '', type = '', path = ''], look) => file(lockPermissions(call, type), look(path, true)),
  mmap: ([path = ''], look) => file('rm', look(path, true)),
  // overlayfs does not check `m` here, so success shows nothing about it
  mprotect: ([path = ''], look) => file('r', look(path, true)),
  'receive-fd': ([path = ''], look) => file('r', look(path, true)),
  exec: ([path = ''], look) => file('x', look(path, true)),
  'exec-copy': ([from = '', to = ''], look) => [...file('r', look(from, true)), ...file('cwx', look(to, false), made)],
  'exec-script': ([, to = ''], look) => file('cwx', look(to, false), made),
  'exec-memfd': ([from = ''], look) => file('r', look(from, true)),
  'exec-loader': ([loader = '', path = ''], look) => [
    ...file('x', look(loader, true)),
    ...file('rm', look(path, true)),
  ],
  change_profile: ([target = '']) => [{ class: 'change_profile', target }],
  change_onexec: ([target = '']) => [{ class: 'change_profile', target }],
  capable: ([capability = '']) => [{ class: 'capability', name: capability }],
  socket,
  bind: socket,
  listen: socket,
  accept: socket,
  connect: socket,
  send: socket,
  receive: socket,
  getpeername: socket,
  shutdown: socket,
  getsockopt: socket,
  setsockopt: socket,
  getsockname: socket,
  mount,
  umount: (args, look) => {
    const target = inside(args, 0, look);
    return target === undefined ? [] : [{ class: 'umount', target }];
  },
  pivot_root: (args, look) => {
    const target = inside(args, 0, look);
    const oldroot = inside(args, 1, look);
    return target === undefined || oldroot === undefined ? [] : [{ class: 'pivot_root', target, oldroot }];
  },
  ptrace: ([access = ''], _look, { other }) => (other === undefined ? [] : [{ class: 'ptrace', access, peer: other }]),
  signal: (args, _look, { other }) =>
    other === undefined ? [] : [{ class: 'signal', access: 'send', signal: signalOf(args), peer: other }],
  userns: () => [{ class: 'userns', access: 'create' }],
  io_uring: ([access = ''], _look, { self }) =>
    access === 'setup' ? [] : [{ class: 'io_uring', access, label: self }],
  mqueue: ([access = '', path = ''], _look, { self }) => [
    { class: 'mqueue', access, type: 'posix', name: path, label: self },
  ],
};
