/** What the rules of a hint have to allow, as records: what was denied, what else was asked, the other end. Pure. */
import { suggestRule } from '../audit/suggest-rule.ts';
import { recordAccesses } from '../coverage/record-accesses.ts';
import type { AuditRecord } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import type { Access } from '../profile/semantics/access.ts';
import type { ProfileText } from '../profile/syntax/ast.ts';
import { allowsAll, blockNamed, type AccessUnder, type Addition } from './add-rules.ts';

/**
 * An operation is refused at the first access that is not allowed: the others would be refused next.
 * @param record the denial, with names as written.
 * @param asked what the operation asks for, as far as it is known.
 * @returns the record with all that is missing for the same file, and one for each other file and capability.
 */
export function allNeeds(
  record: AuditRecord,
  asked: readonly AccessUnder[],
  text: ProfileText,
): readonly AuditRecord[] {
  if (!asked.some(({ access }) => isAbout(record, access))) return [record]; // it was not tried as we think
  const own = profileOf(record.fields);
  const missing = asked.filter((one) => one.profile === own && !allowsAll(text, [one])).map(({ access }) => access);

  const masks = new Map<string, string>();
  for (const access of missing)
    if (access.class === 'file' && access.permission !== 'l')
      masks.set(access.path, (masks.get(access.path) ?? '') + access.permission);
  const { name = '', denied_mask: mask = '', capname } = record.fields;
  const more = isOfFile(record) ? (masks.get(name) ?? '') : '';
  masks.delete(name);

  const files = [...masks].map(([path, letters]) => ({ class: 'file', name: path, denied_mask: letters }));
  const capabilities = missing.flatMap((access) =>
    access.class === 'capability' && access.name !== capname ? [{ operation: 'capable', capname: access.name }] : [],
  );
  const whole = more === '' ? record : { ...record, fields: { ...record.fields, denied_mask: mask + more } };
  return [whole, ...[...files, ...capabilities].map((need) => ({ ...record, fields: { profile: own, ...need } }))];
}

function isAbout({ fields }: AuditRecord, access: Access): boolean {
  if (access.class === 'capability') return access.name === fields['capname'];
  return access.class === 'file' && access.path === fields['name'];
}

function isOfFile(record: AuditRecord): boolean {
  return recordAccesses(record).some((access) => access.class === 'file' && access.permission !== 'l');
}

/** The rule for who asked, and for the other end, where that is a profile of the same file and needs one. */
export function rulesToAdd(record: AuditRecord, text: ProfileText): readonly Addition[] | undefined {
  const hasVariable = (variable: string): boolean => text.variables.has(variable);
  const own = profileOf(record.fields);
  const other = otherEnd(record, text);
  const isNeeded = other !== undefined && !allowsAll(text, accessesOf(other));
  const isSame = other !== undefined && profileOf(other.fields) === own;
  const first = suggestRule(isNeeded && isSame ? withBothMasks(record, other) : record, hasVariable);
  if (first === undefined) return undefined;

  const additions = [{ profile: own, rule: first }];
  if (!isNeeded || isSame) return additions;
  const second = suggestRule(other, hasVariable);
  return second === undefined ? additions : [...additions, { profile: profileOf(other.fields), rule: second }];
}

/** What was asked of the profile that the record is of, and of the profile at the other end. */
export function bothEnds(record: AuditRecord, text: ProfileText): readonly AccessUnder[] {
  const other = otherEnd(record, text);
  return [...accessesOf(record), ...(other === undefined ? [] : accessesOf(other))];
}

function accessesOf(record: AuditRecord): readonly AccessUnder[] {
  const profile = profileOf(record.fields);
  return recordAccesses(record).map((access) => ({ profile, access }));
}

/** What the other end has to allow, for each access. */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  send: 'receive',
  receive: 'send',
  trace: 'tracedby',
  tracedby: 'trace',
  read: 'readby',
  readby: 'read',
  connect: 'accept',
  accept: 'connect',
};

/** @returns the record that the other end's profile would have of it; undefined where that is not in the file. */
function otherEnd({ fields, ...rest }: AuditRecord, text: ProfileText): AuditRecord | undefined {
  const { peer, addr, peer_addr: peerAddr, denied_mask: mask = '' } = fields;
  if (peer === undefined || blockNamed(text, peer) === undefined) return undefined;
  const masks = mask.split(' ').map((word) => COUNTERPARTS[word]);
  if (masks.some((word) => word === undefined)) return undefined;
  const profile = profileOf(fields);
  const turned = { profile, peer: profile, denied_mask: masks.join(' '), addr: peerAddr, peer_addr: addr };
  return { ...rest, fields: defined({ ...fields, ...turned, profile: peer }) };
}

function withBothMasks(record: AuditRecord, { fields: { denied_mask: other = '' } }: AuditRecord): AuditRecord {
  const words = `${record.fields['denied_mask'] ?? ''} ${other}`.split(' ');
  // who acts comes first, as people write it
  const sorted = [...new Set(words)].sort((a, b) => Number(isAnswer(a)) - Number(isAnswer(b)));
  return { ...record, fields: { ...record.fields, denied_mask: sorted.join(' ') } };
}

function isAnswer(mask: string): boolean {
  return /^(?:receive|tracedby|readby|accept)$/.test(mask);
}

/** The profile that a record is of. */
export function profileOf(fields: AuditRecord['fields']): string {
  return fields['profile'] ?? fields['label'] ?? '';
}
