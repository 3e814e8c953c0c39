/** A record in the words of the profile's author: a run loads profiles under names of its own. Pure. */
import { asWritten, type Names } from '../model/labels.ts';
import type { AuditRecord } from '../model/model.ts';

/** Fields whose values are labels. */
const LABELS = ['profile', 'label', 'peer', 'target', 'tcontext', 'peer_label', 'peer_profile'];

/** @returns the record with the names that the profile's author wrote. */
export function withWrittenNames(record: AuditRecord, names: Names): AuditRecord {
  const isChange = /^(?:change_|stack)/.test(record.fields['operation'] ?? '');
  const fields = Object.entries(record.fields).map(([key, value]) => {
    const isLabel = LABELS.includes(key) || (key === 'name' && isChange);
    return [key, isLabel ? asWritten(value, names) : value] as const;
  });
  return { ...record, fields: Object.fromEntries(fields) };
}
