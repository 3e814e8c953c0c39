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
];

/** Operations of class file without a mask: AA_AUDIT_FILE_MASK lacks theirs. */
const CHANGES = /^(?:change_|stack)/;

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
      (pair.ofDenials === undefined || isDenial) &&
      (pair.class === undefined || pair.class === fields['class']),
  );
  if (broken !== undefined) return `the record ends before ${broken.then}=`;
  const isAccess = fields['class'] === 'file' && isDenial && !CHANGES.test(fields['operation'] ?? '');
  return isAccess && !has('requested_mask') ? 'the record ends before requested_mask=' : undefined;
}

function isOfKernel(fields: Readonly<Record<string, string>>): boolean {
  return !/^dbus_/.test(fields['operation'] ?? '') && !Object.keys(fields).some((key) => key.startsWith('outer_'));
}
