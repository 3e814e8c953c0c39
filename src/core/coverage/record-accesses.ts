/** The accesses that a record of the kernel is about, in the words of rules. Pure. */
import type { AuditRecord } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { Access, FilePermission } from '../profile/semantics/access.ts';

type Fields = AuditRecord['fields'];

/** A record that the kernel cut or filled with something else yields none. */
type Reader = (fields: Fields, words: readonly string[]) => readonly Access[];

/**
 * Each access by itself: a record of `rw` is about two. Labels stay as the record has them.
 * @returns none for a record of a class that no rule names, or with too little information.
 */
export function recordAccesses(record: AuditRecord): readonly Access[] {
  const { fields, type } = record;
  const mask =
    type === 'AUDIT' ? (fields['requested_mask'] ?? fields['requested']) : (fields['denied_mask'] ?? fields['denied']);
  const operation = fields['operation'] ?? '';
  const reader =
    READERS.find(([pattern]) => pattern.test(operation))?.[1] ?? (fields['family'] === undefined ? file : network);
  return reader(fields, (mask ?? '').split(/[ ,]+/).filter(Boolean));
}

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^capable$/, ({ capname }) => (capname === undefined ? [] : [{ class: 'capability', name: capname }])],
  [/^(?:re)?mount$/, mount],
  [/^umount$/, ({ name }) => (name === undefined ? [] : [{ class: 'umount', target: name }])],
  [
    /^pivotroot$/,
    ({ name, srcname }) =>
      name === undefined ? [] : [defined({ class: 'pivot_root' as const, target: name, oldroot: srcname })],
  ],
  [
    /^ptrace$/,
    ({ peer }, words) => (peer === undefined ? [] : words.map((access) => ({ class: 'ptrace', access, peer }))),
  ],
  [
    /^signal$/,
    ({ peer, signal }, words) =>
      peer === undefined || signal === undefined
        ? []
        : words.map((access) => ({ class: 'signal', access, signal, peer })),
  ],
  [
    /^change_(?:profile|onexec)$/,
    ({ target, name }) =>
      (target ?? name) === undefined ? [] : [{ class: 'change_profile', target: target ?? name ?? '' }],
  ],
  [/^userns_create$/, () => [{ class: 'userns', access: 'create' }]],
  [/^uring_sqpoll$/, () => [{ class: 'io_uring', access: 'sqpoll' }]],
  [
    /^uring_override$/,
    ({ tcontext }) => [defined({ class: 'io_uring' as const, access: 'override_creds', label: tcontext })],
  ],
  [
    /^(?:posix|sysv)_mqueue|^mq_/,
    ({ name }, words) =>
      name === undefined
        ? []
        : words.map((access) => ({ class: 'mqueue', access, type: name.startsWith('/') ? 'posix' : 'sysv', name })),
  ],
  [/^(?:setrlimit|stack|change_hat|dbus_)/, () => []],
];

const LETTERS = 'rwaxmklcd';

/** A name without a slash at its start is one that the kernel could not place: no rule matched it. */
function file({ name, target, fsuid, ouid }: Fields, words: readonly string[]): readonly Access[] {
  if (name === undefined || !name.startsWith('/')) return [];
  const owner = fsuid === undefined || ouid === undefined ? undefined : fsuid === ouid;
  const letters = [...new Set(words.join(''))].filter((letter): letter is FilePermission => LETTERS.includes(letter));
  return letters.map((permission) =>
    defined({
      class: 'file' as const,
      path: name,
      permission,
      owner,
      target: permission === 'l' ? target : undefined,
    }),
  );
}

function network(
  { family, sock_type: type, addr, peer, peer_addr: peerAddr }: Fields,
  words: readonly string[],
): readonly Access[] {
  if (family === undefined || type === undefined) return [];
  if (family !== 'unix' || (addr === undefined && peerAddr === undefined))
    return words.map((access) => ({ class: 'network', family, type, access }));
  return words.map((access) => defined({ class: 'unix' as const, access, type, addr, peerAddr, peerLabel: peer }));
}

function mount({ name, srcname, fstype, flags }: Fields): readonly Access[] {
  if (name === undefined) return [];
  const words = (flags ?? '').split(/[ ,]+/).filter(Boolean);
  return [defined({ class: 'mount' as const, target: name, flags: words, source: srcname, fstype })];
}
