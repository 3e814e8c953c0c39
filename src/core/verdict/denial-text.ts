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

/** @returns the same as part of a sentence about a start: `exec of /usr/bin/ping (x)`. */
export function startDenialText(record: AuditRecord): string {
  return denialText(record).replace(/^(\w+) (?=\/)/, '$1 of ');
}

/** Fields that tell what was accessed, in the order in which a person would name them. */
const NAMING_FIELDS = ['operation', 'name', 'capname', 'family', 'sock_type', 'signal', 'fstype', 'srcname'] as const;

/** @returns a condition of a spec that this record meets and few others do: `{operation: open, name: /etc/shadow}`. */
export function recordCondition({ fields }: AuditRecord): string {
  const pairs = NAMING_FIELDS.flatMap((key) => {
    const value = fields[key];
    return value === undefined ? [] : [`${key}: ${yamlText(value)}`];
  });
  return `{${oneLine(pairs.join(', '), LINE)}}`;
}

/** JSON is YAML: what is not plainly a word or a path goes in double quotes. */
function yamlText(value: string): string {
  return /^[\w/][\w@%+./-]*$/.test(value) && !/^[\d.]+$/.test(value) ? value : JSON.stringify(value);
}

/** The mask in brackets, unless the operation says as much. */
function maskText(fields: AuditRecord['fields'], operation: string): string | undefined {
  const mask = fields['denied_mask'] ?? fields['denied'];
  return mask === undefined || mask === operation ? undefined : `(${mask})`;
}
