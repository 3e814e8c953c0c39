/** A record as one line of JSON, under the kernel's own key names. */
import type { AuditRecord } from '../model/model.ts';
import type { PastedHeader } from './pasted-form.ts';
import { envelopeOf } from './parse-record.ts';

/**
 * Keys, in this order:
 * - `type`: the audit type as printed (`1400`, `AVC`, `USER_AVC`); `audit_id`: `SEC.MSEC:SERIAL` as printed; `epoch`:
 *   its seconds and `serial`: its serial number, both as numbers. Absent where the line has none.
 * - `apparmor`: what the record is, also for records of old kernels that have it in the audit type only.
 * - every printed pair under the name that the kernel printed, as a string; `outer_pid` and the like for the frame
 *   around a user-space record. The kernel prints no key named as above in a record of AppArmor; were there one, it
 *   would be found under `field:` and its name.
 * - `date`: what `ausearch -i` prints in place of `epoch`, in the format and the time zone of its host, which it does
 *   not name.
 * - `damaged`: why fields may be missing, when they may.
 * @param header of a line whose own words are not the record's header
 */
export function toJson(record: AuditRecord, damaged?: string, header?: PastedHeader): string {
  const object = Object.assign(Object.create(null) as Record<string, string | number>, header ?? headerOf(record));
  object['apparmor'] = record.type;
  for (const [key, value] of Object.entries(record.fields)) {
    if (key === 'apparmor') continue;
    object[RESERVED.has(key) ? `field:${key}` : key] = value;
  }
  if (damaged !== undefined) object['damaged'] = damaged;
  return JSON.stringify(object);
}

function headerOf(record: AuditRecord): Record<string, string | number> {
  const envelope = envelopeOf(record);
  const header: Record<string, string | number> = {};
  if (envelope !== undefined && envelope.type !== '') header['type'] = envelope.type;
  if (envelope?.stamp !== undefined) {
    header['audit_id'] = envelope.stamp.id;
    header['epoch'] = envelope.stamp.seconds;
    header['serial'] = envelope.stamp.serial;
  }
  return header;
}

const RESERVED = new Set(['type', 'audit_id', 'epoch', 'serial', 'date', 'damaged']);
