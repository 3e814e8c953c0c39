/**
 * The rule that would allow what a record denied, in the words of apparmor.d(5). Best effort: where no rule would help
 * (a missing label, no_new_privs, a disconnected path) or the record has too little information, there is none. Whether
 * it would really allow the access is not known here: core/hint/ finds out.
 */
import type { AuditRecord } from '../model/model.ts';
import { lastingPath, type HasVariable } from './lasting-path.ts';
import { quotePath, quotePattern } from './quote-rule.ts';

type Fields = AuditRecord['fields'];

/**
 * @param hasVariable which variables the rule may use.
 * @returns a complete rule with its comma, or undefined.
 */
export function suggestRule(record: AuditRecord, hasVariable?: HasVariable): string | undefined {
  if (record.type !== 'DENIED' && record.type !== 'ALLOWED' && record.type !== 'KILLED') return undefined;
  const { fields } = record;
  const info = fields['info'] ?? '';
  if (NOT_BY_RULE.some((reason) => info.startsWith(reason))) return undefined;

  const operation = fields['operation'] ?? '';
  const writer = BY_CLASS[fields['class'] ?? ''] ?? writerFor(operation) ?? guess(fields);
  const rule = writer(fields, operation, hasVariable);
  return rule === undefined || NOT_UTF8.test(rule) ? undefined : `${rule},`;
}

/** What decodeBytes makes of a byte that is not UTF-8, its backslash escaped: the file may have either in its name. */
const NOT_UTF8 = /\\\\x[89A-F][0-9A-F]/;

/** Values of `info=` with which no rule would have allowed the access. */
const NOT_BY_RULE = [
  'no new privs',
  'label not found',
  'Failed name lookup',
  'unconfined',
  'ptrace prevents transition',
  'conflicting profile',
  'profile transition not found',
];

/** Writes the rule of one class; undefined where the record has too little information. */
type RuleWriter = (fields: Fields, operation: string, hasVariable?: HasVariable) => string | undefined;

/** By `class=`, which Linux 6.2 introduced. Transitions are of class file too. */
const BY_CLASS: Readonly<Record<string, RuleWriter>> = Object.assign(
  Object.create(null) as Record<string, RuleWriter>,
  {
    file: (fields: Fields, operation: string, hasVariable?: HasVariable) =>
      operation.startsWith('change_') || operation.startsWith('stack')
        ? transition(fields, operation)
        : file(fields, operation, hasVariable),
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
  },
);

/** By `operation=`, for kernels that print no class. */
const BY_OPERATION: readonly (readonly [RegExp, RuleWriter])[] = [
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

function writerFor(operation: string): RuleWriter | undefined {
  return BY_OPERATION.find(([pattern]) => pattern.test(operation))?.[1];
}

function guess(fields: Fields): RuleWriter {
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

/** What the harness itself puts into a container: a rule for it would be none of the profile's. */
const HARNESS_FILES = /^\/\.apparmor-probe/;

/** Letters of the mask (security/apparmor/file.c, aa_file_perm_chrs) to those of a rule. */
function file(fields: Fields, operation: string, hasVariable?: HasVariable): string | undefined {
  const name = fields['name'];
  if (name === undefined || !name.startsWith('/') || HARNESS_FILES.test(name)) return undefined;
  const mask = denied(fields);
  const path = quotePattern(lastingPath(name, hasVariable));
  const owner = isOwnersAlone(fields) ? 'owner ' : '';
  if (/^(?:inode_|path_)?link$/.test(operation)) {
    const target = fields['target'] ?? fields['name2'];
    return target?.startsWith('/') === true && mask.includes('l')
      ? `${owner}link ${path} -> ${quotePattern(lastingPath(target, hasVariable))}`
      : undefined;
  }
  const letters = permissionsFor(mask);
  return letters === '' ? undefined : `${owner}${path} ${letters}`;
}

/**
 * Whether it was the owner who asked, and that says something: root owns nearly everything in a container, so there
 * `owner` would only stand in the way of the other users; but what a process has below /proc is nobody else's.
 */
function isOwnersAlone({ fsuid, ouid, name = '' }: Fields): boolean {
  return fsuid !== undefined && fsuid === ouid && (fsuid !== '0' || /^\/proc\/\d+\//.test(name));
}

function permissionsFor(mask: string): string {
  const writes = /[wcd]/.test(mask);
  return [
    mask.includes('r') ? 'r' : '',
    writes ? 'w' : '',
    !writes && mask.includes('a') ? 'a' : '',
    mask.includes('m') ? 'm' : '',
    mask.includes('k') ? 'k' : '',
    mask.includes('l') ? 'l' : '',
    mask.includes('x') ? 'ix' : '',
  ].join('');
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
  const typed = known ? [`type=${type}`] : [];
  return [`unix${words(fields)}`, ...typed, ...address('addr'), ...peerList(peer)].join(' ');
}

function peerList(conditions: readonly string[]): string[] {
  return conditions.length === 0 ? [] : [`peer=(${conditions.join(', ')})`];
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
    ? `set rlimit ${rlimit} <= ${limitText(rlimit, value)}`
    : undefined;
}

/** The kernel counts niceness from 20 down (setrlimit(2), RLIMIT_NICE), rules have it as nice(1) does. */
function limitText(limit: string, value: string): string {
  if (limit === 'nice') return `${Math.max(-20, 20 - Number(value))}`;
  return value === '18446744073709551615' ? 'infinity' : value;
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
  const message = `${part('path', path)}${part('interface', api)}${part('member', member)}`;
  return [`${head}${message}`, ...peerList(peer)].join(' ');
}
