/** A record as one line of JSON, under the kernel's own key names. */
import type { AuditRecord } from '../model/model.ts';
import { envelopeOf } from './parse-record.ts';

/**
 * Keys, in this order:
 * - `type`: the audit type as printed (`1400`, `AVC`, `USER_AVC`); `audit_id`: `SEC.MSEC:SERIAL` as printed; `epoch`:
 *   its seconds and `serial`: its serial number, both as numbers. Absent where the line has none.
 * - `apparmor`: what the record is, also for records of old kernels that have it in the audit type only.
 * - every printed pair under the name that the kernel printed, as a string; `outer_pid` and the like for the frame
 *   around a user-space record. The kernel prints no key named as above in a record of AppArmor; were there one, it
 *   would be found under `field:` and its name.
 * - `damaged`: why fields may be missing, when they may.
 */
export function toJson(record: AuditRecord, damaged?: string): string {
  const envelope = envelopeOf(record);
  const object = Object.create(null) as Record<string, string | number>;
  if (envelope !== undefined && envelope.type !== '') object['type'] = envelope.type;
  if (envelope?.stamp !== undefined) {
    object['audit_id'] = envelope.stamp.id;
    object['epoch'] = envelope.stamp.seconds;
    object['serial'] = envelope.stamp.serial;
  }
  object['apparmor'] = record.type;
  for (const [key, value] of Object.entries(record.fields)) {
    if (key === 'apparmor') continue;
    object[RESERVED.has(key) ? `field:${key}` : key] = value;
  }
  if (damaged !== undefined) object['damaged'] = damaged;
  return JSON.stringify(object);
}

const RESERVED = new Set(['type', 'audit_id', 'epoch', 'serial', 'damaged']);
