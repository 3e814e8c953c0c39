/**
 * The rule that would allow what a record denied, in the words of apparmor.d(5). Best effort: where no rule would help
 * (a missing label, no_new_privs, a disconnected path) or the record says too little, there is none.
 */
import type { AuditRecord } from '../model/model.ts';
import { quotePath } from './quote-rule.ts';

type Fields = AuditRecord['fields'];

/** A complete rule with its comma, or undefined. */
export function suggestRule(record: AuditRecord): string | undefined {
  if (record.type !== 'DENIED' && record.type !== 'ALLOWED' && record.type !== 'KILLED') return undefined;
  const { fields } = record;
  if (HOPELESS.test(fields['info'] ?? '')) return undefined;
  const operation = fields['operation'] ?? '';
  const maker =
    MAKERS[fields['class'] ?? ''] ?? BY_OPERATION.find(([pattern]) => pattern.test(operation))?.[1] ?? guess(fields);
  const rule = maker(fields, operation);
  return rule === undefined ? undefined : `${rule},`;
}

const HOPELESS =
  /^(?:no new privs|label not found|Failed name lookup|unconfined|ptrace prevents transition|conflicting profile|profile transition not found)/;

type Maker = (fields: Fields, operation: string) => string | undefined;

/** By `class=`, which Linux 6.2 introduced. Transitions are of class file too. */
const MAKERS: Readonly<Record<string, Maker>> = Object.assign(Object.create(null) as Record<string, Maker>, {
  file: (fields: Fields, operation: string) =>
    operation.startsWith('change_') || operation.startsWith('stack')
      ? transition(fields, operation)
      : file(fields, operation),
  cap: capability,
  net: network,
  mount,
  ptrace,
  signal,
  rlimits,
  namespace: userns,
  io_uring: ioUring,
  posix_mqueue: mqueue,
  sysv_mqueue: mqueue,
  dbus,
});

/** By `operation=`, for kernels that print no class. */
const BY_OPERATION: readonly (readonly [RegExp, Maker])[] = [
  [/^dbus_/, dbus],
  [/^capable$/, capability],
  [/^(?:u?mount|pivotroot|remount)$/, mount],
  [/^ptrace$/, ptrace],
  [/^signal$/, signal],
  [/^setrlimit$/, rlimits],
  [/^userns_create$/, userns],
  [/^uring_/, ioUring],
  [/^change_(?:profile|onexec|hat)|^stack/, transition],
  [/^sysv_mqueue$/, mqueue],
];

function guess(fields: Fields): Maker {
  return fields['family'] === undefined ? file : network;
}

const denied = (fields: Fields): string => fields['denied_mask'] ?? fields['denied'] ?? fields['mask'] ?? '';
const words = (fields: Fields): string => {
  const list = denied(fields)
    .split(/[ ,]+/)
    .filter((mask) => /^[a-z_]+$/.test(mask));
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
};
const peerOf = (fields: Fields): string => (fields['peer'] === undefined ? '' : ` peer=${quotePath(fields['peer'])}`);

/** Letters of the mask (security/apparmor/file.c, aa_file_perm_chrs) to those of a rule. */
function file(fields: Fields, operation: string): string | undefined {
  const name = fields['name'];
  if (name === undefined || !name.startsWith('/')) return undefined;
  const mask = denied(fields);
  if (/^(?:inode_|path_)?link$/.test(operation)) {
    const target = fields['target'] ?? fields['name2'];
    return target?.startsWith('/') === true ? `link ${quotePath(name)} -> ${quotePath(target)}` : undefined;
  }
  const has = (letters: string): boolean => [...letters].some((letter) => mask.includes(letter));
  const write = has('wcd') ? 'w' : has('a') ? 'a' : '';
  const letters = `${has('r') ? 'r' : ''}${write}${has('m') ? 'm' : ''}${has('k') ? 'k' : ''}${has('l') ? 'l' : ''}${has('x') ? 'ix' : ''}`;
  return letters === '' ? undefined : `${quotePath(name)} ${letters}`;
}

function transition(fields: Fields, operation: string): string | undefined {
  const target = fields['target'] ?? fields['name'];
  return target === undefined || !/^change_(?:profile|onexec)$/.test(operation)
    ? undefined
    : `change_profile -> ${quotePath(target)}`;
}

function capability(fields: Fields): string | undefined {
  const name = fields['capname'] ?? fields['name'];
  return name !== undefined && /^[a-z_]+$/.test(name) ? `capability ${name}` : undefined;
}

function network(fields: Fields): string | undefined {
  const { family = '', sock_type: type = '' } = fields;
  if (!/^[a-z0-9_]+$/.test(family)) return undefined;
  const known = /^[a-z_]+$/.test(type);
  if (family !== 'unix' || (fields['addr'] === undefined && fields['peer_addr'] === undefined)) {
    return `network ${family}${known ? ` ${type}` : ''}`;
  }
  const address = (key: string): string[] => {
    const value = fields[key];
    return value === undefined || value === '' ? [] : [`addr=${value === 'none' ? value : quotePath(value)}`];
  };
  const peer = [
    ...(fields['peer'] === undefined ? [] : [`label=${quotePath(fields['peer'])}`]),
    ...address('peer_addr'),
  ];
  return `unix${words(fields)}${known ? ` type=${type}` : ''}${address('addr')
    .map((part) => ` ${part}`)
    .join('')}${peer.length === 0 ? '' : ` peer=(${peer.join(', ')})`}`;
}

function signal(fields: Fields): string {
  const name = fields['signal'] ?? '';
  return `signal${words(fields)}${/^[a-z0-9+]+$/.test(name) ? ` set=(${name})` : ''}${peerOf(fields)}`;
}

function ptrace(fields: Fields): string {
  return `ptrace${words(fields)}${peerOf(fields)}`;
}

function mount(fields: Fields, operation: string): string | undefined {
  const { name, srcname: source, flags, fstype } = fields;
  if (name === undefined) return undefined;
  if (operation === 'umount') return `umount ${quotePath(name)}`;
  if (operation === 'pivotroot')
    return `pivot_root${source === undefined ? '' : ` oldroot=${quotePath(source)}`} ${quotePath(name)}`;
  const type = fstype === undefined ? '' : ` fstype=${quotePath(fstype)}`;
  const options = flags === undefined || !/^[a-z, ]+$/.test(flags) ? '' : ` options=(${flags})`;
  return `mount${type}${options}${source === undefined ? '' : ` ${quotePath(source)}`} -> ${quotePath(name)}`;
}

function rlimits({ rlimit = '', value = '' }: Fields): string | undefined {
  return /^[a-z]+$/.test(rlimit) && /^\d+$/.test(value)
    ? `set rlimit ${rlimit} <= ${value === '18446744073709551615' ? 'infinity' : value}`
    : undefined;
}

function userns(): string {
  return 'userns create';
}

function ioUring(fields: Fields, operation: string): string | undefined {
  if (operation === 'uring_sqpoll') return 'io_uring sqpoll';
  const label = fields['tcontext'];
  return operation === 'uring_override'
    ? `io_uring override_creds${label === undefined ? '' : ` label=${quotePath(label)}`}`
    : undefined;
}

function mqueue(fields: Fields): string | undefined {
  const name = fields['name'];
  if (name === undefined) return undefined;
  return `mqueue${words(fields)} type=${name.startsWith('/') ? 'posix' : 'sysv'} ${quotePath(name)}`;
}

function dbus(fields: Fields, operation: string): string | undefined {
  const { bus, name, path, interface: api } = fields;
  const member = fields['member'] ?? fields['method'];
  const part = (key: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${key}=${quotePath(value)}`;
  const head = `dbus${words(fields)}${part('bus', bus)}`;
  if (operation === 'dbus_eavesdrop') return head;
  if (operation === 'dbus_bind') return name === undefined ? undefined : `${head}${part('name', name)}`;
  const label = fields['peer_label'] ?? fields['peer_profile'];
  const peer = [
    ...(name === undefined ? [] : [`name=${quotePath(name)}`]),
    ...(label === undefined ? [] : [`label=${quotePath(label)}`]),
  ];
  return `${head}${part('path', path)}${part('interface', api)}${part('member', member)}${peer.length === 0 ? '' : ` peer=(${peer.join(', ')})`}`;
}
