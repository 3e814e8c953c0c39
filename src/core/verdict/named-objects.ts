/** Whether a text, a command line or a message, names what an audit record is about. Pure; all of it is hostile. */
import type { AuditRecord } from '../model/model.ts';

/**
 * How exactly a text names the object of a record.
 * - 3: by its path.
 * - 2: by the last part of its path, or by what the access is about (`socket`, `chown`).
 * - 1: by a folder above it, or by a name that its own begins with.
 * - 0: not at all.
 */
export type Exactness = 0 | 1 | 2 | 3;

/** Fields with paths: of a mount, `name` is where and `srcname` is what. */
const PATH_FIELDS = ['name', 'target', 'srcname'] as const;

/** Words that a message or a command line has where an access without a path was refused, by a field's value. */
const TOPICS: readonly (readonly [field: string, value: RegExp, words: RegExp])[] = [
  ['operation', /^signal$/, /\bkill|signal/i],
  ['operation', /^ptrace$/, /ptrace|attach|namespace|\/proc\/|\/ns\//i],
  ['operation', /mount|pivotroot/, /mount|propagation|pivot|overlay|unshare/i],
  ['operation', /^userns_create$/, /unshare|namespace|clone/i],
  ['family', /netlink/, /netlink|audit interface/i],
  ['family', /./, /socket|connect|\bbind|network|\bping|\/dev\/(tcp|udp)|SOCK_|https?:/i],
  ['capname', /chown/, /chown|owner/i],
  ['capname', /sys_chroot/, /chroot|root directory/i],
  ['capname', /sys_time/, /date|clock|time/i],
  ['capname', /syslog/, /dmesg|kernel buffer|syslog/i],
  ['capname', /setuid|setgid/, /set(re|res)?[ug]id|user|group|\bsu\b/i],
  ['capname', /net_raw/, /socket|\bping|raw/i],
  ['capname', /fowner|fsetid/, /chmod|mode|attr|times/i],
  ['capname', /mknod/, /mknod|device/i],
  ['capname', /kill/, /kill|signal/i],
];

/** @returns how exactly the text names the object of the record. */
export function exactnessOf(text: string, { fields }: AuditRecord): Exactness {
  const paths = PATH_FIELDS.flatMap((key) => (fields[key]?.startsWith('/') === true ? [fields[key]] : []));
  if (paths.length === 0) return isAbout(text, fields) ? 2 : 0;

  const plain = withoutProcessIds(text);
  const levels = paths.map((path) => pathExactness(plain, withoutProcessIds(path).replace(/\/$/, '')));
  const best = Math.max(...levels) as Exactness;
  return best === 0 && fields['operation']?.includes('mount') === true && isAbout(text, fields) ? 2 : best;
}

function isAbout(text: string, fields: AuditRecord['fields']): boolean {
  return TOPICS.some(([field, value, words]) => {
    const actual = fields[field];
    return actual !== undefined && value.test(actual) && words.test(text);
  });
}

/** `/proc/self` of a command is `/proc/PID` in its record, and the other way round. */
function withoutProcessIds(text: string): string {
  return text.replace(/\/proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?(?=\/)/g, '/proc/self');
}

function pathExactness(text: string, path: string): Exactness {
  if (path === '') return 0; // the root folder: any path would name it
  if (/[^\w./~@%+-]/.test(path)) return text.includes(path) ? 3 : 0; // it would fall apart into words
  const tokens = text.match(/[^\s'"`(){}[\]<>|;&,=:]+/g) ?? [];
  const words = tokens.map((token) => token.replace(/[.!?]+$/, '').replace(/(.)\/+$/, '$1'));

  if (words.includes(path)) return 3;
  if (words.some((word) => isSameEnd(word, path))) return 2;
  return words.some((word) => isAbove(word, path)) ? 1 : 0;
}

/** Whether a word ends in the last part of the path, and an absolute one can be the same file. */
function isSameEnd(word: string, path: string): boolean {
  const last = path.slice(path.lastIndexOf('/') + 1);
  if (!/[a-z]{2}/i.test(last) || word.slice(word.lastIndexOf('/') + 1) !== last) return false;
  return !word.startsWith('/') || path.endsWith(word) || word.endsWith(path);
}

/** Whether a word is a folder above the path, or what a temporary or lock file beside it is named after. */
function isAbove(word: string, path: string): boolean {
  if (!/^\/[^/]/.test(word)) return false;
  if (path.startsWith(`${word}/`)) return true;
  if (/X{3}/.test(word)) return folderOf(word) === folderOf(path);
  return path.startsWith(word) && /^[.~+-]\w{0,16}[~+-]?$/.test(path.slice(word.length));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
