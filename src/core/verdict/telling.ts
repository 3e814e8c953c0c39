/** Whether `audit` of a spec tells which record it means, or is met by what programs are refused by the way. Pure. */
import type { Expectation, RecordMatch, TextMatch } from '../model/model.ts';
import { matchText } from './match.ts';

/** Fields that most records of a probe share: they tell who asked and how, not what was accessed. */
const SHARED_FIELDS: ReadonlySet<string> = new Set([
  'apparmor',
  'profile',
  'label',
  'namespace',
  'comm',
  'pid',
  'fsuid',
  'ouid',
  'error',
  'requested_mask',
  'denied_mask',
  'requested',
  'denied',
]);

/** What programs ask for by the way, by the field: who names two of these means neither. */
const BY_THE_WAY: Readonly<Record<string, readonly string[]>> = {
  name: ['/dev/tty', '/proc/filesystems', '/proc/1/status', '/etc/nsswitch.conf', '/etc/passwd', '/usr/lib/libc.so.6'],
  capname: ['dac_read_search', 'sys_ptrace', 'net_admin', 'sys_admin', 'sys_resource'],
  family: ['unix', 'netlink'],
};

/** Values that name nothing: with one of these, any program is refused something by the way. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  operation: ['open', 'getattr', 'file_mmap', 'file_perm', 'create', 'connect', 'capable', 'ptrace'],
  class: ['file', 'net', 'unix', 'cap', 'ptrace'],
  sock_type: ['stream', 'dgram'],
};

/** A pattern that matches two of these matches anything. */
const ANYTHING = ['a', '/b', '10', 'Z_z'];

/** Whether `audit` names a record by what was accessed. */
export function isTelling(audit: Expectation['audit']): audit is RecordMatch {
  if (audit === undefined || audit === 'none') return false;
  return Object.entries(audit).some(([key, pattern]) => !SHARED_FIELDS.has(key) && names(key, pattern));
}

/** What a value must not be leaves all others open. */
function names(key: string, pattern: TextMatch): boolean {
  const { equals, contains, matches } = pattern;
  if (![equals, contains, matches].some((text) => text !== undefined && text !== '')) return false;
  const matching = (samples: readonly string[] = []): number =>
    samples.filter((sample) => matchText(pattern, sample) === undefined).length;
  return matching(COMMON[key]) === 0 && matching(BY_THE_WAY[key]) <= 1 && matching(ANYTHING) <= 1;
}
