/** One record in words, for the sentence of a verdict. Pure. */
import type { AuditRecord } from '../model/model.ts';
import { oneLine } from '../text/visible.ts';

/** Longest text, in characters: the report has the whole record. */
const LINE = 300;

/**
 * @returns what was denied, in one visible line: `open /etc/shadow (r)`, `capability sys_admin`,
 * `signal term (send), peer x`. What stands in a record may come from a container.
 */
export function denialText({ fields }: AuditRecord): string {
  const { operation = 'an access', name, capname, family, sock_type: type, target } = fields;
  if (capname !== undefined) return oneLine(`capability ${capname}`, LINE);

  const words = [
    operation,
    fields['fstype'],
    fields['signal'],
    fields['rlimit'],
    fields['value'],
    family,
    type,
    name,
    target === undefined || target === name ? undefined : `-> ${target}`,
    maskText(fields, operation),
  ];
  const text = words.filter((word) => word !== undefined && word !== '').join(' ');
  const peer = fields['peer'];
  return oneLine(peer === undefined ? text : `${text}, peer ${peer}`, LINE);
}

/** The mask in brackets, unless the operation says as much. */
function maskText(fields: AuditRecord['fields'], operation: string): string | undefined {
  const mask = fields['denied_mask'] ?? fields['denied'];
  return mask === undefined || mask === operation ? undefined : `(${mask})`;
}
