/**
 * Entries of journald as records. Only fields that begin with `_` are journald's own: `_TRANSPORT=audit` came from the
 * kernel's audit socket, `_TRANSPORT=kernel` from /dev/kmsg, to which programs can write, but not with facility 0.
 */

type JournalEntry =
  | { readonly kind: 'audit' | 'kernel'; readonly text: string }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'other' };

/** One line of `journalctl --output=json`. An audit entry gets back the stamp that journald took off. */
export function parseEntry(line: string): JournalEntry {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { kind: 'lost', why: 'a line of journalctl is broken' };
  }
  const field = (name: string): string | undefined => textOf(entry[name]);
  const message = field('MESSAGE') ?? '';
  switch (field('_TRANSPORT') ?? '') {
    case 'kernel':
      return field('SYSLOG_FACILITY') === '0' ? { kind: 'kernel', text: message } : { kind: 'other' };
    case 'audit': {
      const type = field('_AUDIT_TYPE');
      const serial = field('_AUDIT_ID');
      const micros = field('_SOURCE_REALTIME_TIMESTAMP');
      const name = field('_AUDIT_TYPE_NAME');
      if (
        type === undefined ||
        serial === undefined ||
        micros === undefined ||
        name === undefined ||
        !message.startsWith(`${name} `)
      )
        return { kind: 'lost', why: 'an audit entry of the journal is incomplete' };
      const stamp = `${micros.slice(0, -6)}.${micros.slice(-6, -3)}:${serial}`;
      // as auditd writes it, and not as the kernel log has it: nothing was cut here
      const typeName = /^[A-Z0-9_]+$/.test(name) ? name : `UNKNOWN[${type}]`;
      return { kind: 'audit', text: `type=${typeName} msg=audit(${stamp}): ${message.slice(name.length + 1)}` };
    }
    // journald on itself: it has read /dev/kmsg too late, or could not write
    case 'driver':
      return /^(?:Missed|Suppressed) \d+ /.test(message)
        ? { kind: 'lost', why: `journald: ${message}` }
        : { kind: 'other' };
    default:
      return { kind: 'other' };
  }
}

/** Text that is not UTF-8 comes as an array of bytes. A field that occurs twice, an array of texts, is not trusted. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number')
    ? Buffer.from(value).toString('utf8')
    : undefined;
}
