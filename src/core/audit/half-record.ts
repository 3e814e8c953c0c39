/**
 * Records that end too early, told by the keys that the kernel always prints. Only for people's copies of a log: a
 * copied line may have lost its end, which its punctuation does not show. Pure.
 * Formats: audit_pre (security/apparmor/audit.c), dump_common_audit_data (security/lsm_audit.c), and the callbacks of
 * the classes: file_audit_cb, audit_signal_cb, audit_ptrace_cb, audit_caps, audit_net_cb.
 */
import type { AuditRecord } from '../model/model.ts';

interface Pair {
  /** A key after which `then` always comes. */
  readonly key: string;
  readonly then: string;
  /** What other versions of Linux print in place of `then`. */
  readonly or?: string;
  /** The pair holds only for accesses that were refused, or would be. */
  readonly ofDenials?: true;
  /** The pair holds for this class only. */
  readonly class?: string;
}

const PAIRS: readonly Pair[] = [
  { key: 'requested_mask', then: 'denied_mask', ofDenials: true },
  { key: 'requested', then: 'denied', ofDenials: true },
  { key: 'fsuid', then: 'ouid' },
  { key: 'capability', then: 'capname' },
  { key: 'signal', then: 'peer' },
  { key: 'requested_mask', then: 'ouid', class: 'file' },
  { key: 'requested_mask', then: 'peer', class: 'signal' },
  { key: 'requested_mask', then: 'peer', class: 'ptrace' },
  { key: 'comm', then: 'peer', class: 'signal' },
  { key: 'comm', then: 'peer', class: 'ptrace' },
  { key: 'comm', then: 'capability', class: 'cap' },
  { key: 'comm', then: 'denied', or: 'denied_mask', class: 'net', ofDenials: true },
];

/** Operations of files, also for kernels that print no class. Sockets are inherited and read by these names too. */
const FILE_OPERATIONS = new Set([
  ...['open', 'exec', 'mknod', 'mkdir', 'rmdir', 'unlink', 'link', 'symlink', 'rename_src', 'rename_dest'],
  ...['truncate', 'chmod', 'chown', 'getattr', 'file_perm', 'file_lock', 'file_mmap', 'file_mprotect'],
  ...['file_inherit', 'file_receive'],
]);

/** @returns why the record is half of one, or undefined when nothing is known to be missing. */
export function missingEnd(record: AuditRecord): string | undefined {
  const { fields, type } = record;
  // Linux before 2.6.36 has no apparmor=, and dbus-daemon has pairs of its own.
  if (fields['apparmor'] === undefined || !isOfKernel(fields)) return undefined;
  const has = (key: string): boolean => Object.hasOwn(fields, key);
  const isDenial = type === 'DENIED' || type === 'ALLOWED' || type === 'KILLED';

  if (!has('comm')) return 'the record ends before comm=';
  const broken = PAIRS.find(
    (pair) =>
      has(pair.key) &&
      !has(pair.then) &&
      (pair.or === undefined || !has(pair.or)) &&
      (pair.ofDenials === undefined || isDenial) &&
      (pair.class === undefined || pair.class === fields['class']),
  );
  if (broken !== undefined) return `the record ends before ${broken.then}=`;
  if (isDenial && isFileAccess(fields) && !has('ouid')) return 'the record ends before ouid=';
  return fields['operation'] === 'capable' && !has('capability') ? 'the record ends before capability=' : undefined;
}

function isOfKernel(fields: Readonly<Record<string, string>>): boolean {
  return !/^dbus_/.test(fields['operation'] ?? '') && !Object.keys(fields).some((key) => key.startsWith('outer_'));
}

function isFileAccess(fields: Readonly<Record<string, string>>): boolean {
  const isOfFiles = fields['class'] === undefined ? fields['family'] === undefined : fields['class'] === 'file';
  return isOfFiles && fields['name'] !== undefined && FILE_OPERATIONS.has(fields['operation'] ?? '');
}
