/** The accesses that rules of a class name: `(send, receive)`, `rw`. Pure. */
import { readWords } from './conditions.ts';
import type { Cursor, Word } from './cursor.ts';
import { unquote } from './unquote.ts';

/** apparmor.d(5), NETWORK PERM and UNIX PERM. */
const SOCKET_ACCESSES = [
  'create',
  'bind',
  'listen',
  'accept',
  'connect',
  'shutdown',
  'getattr',
  'setattr',
  'getopt',
  'setopt',
  'send',
  'receive',
] as const;

/** Every access of a class, under the name that apparmor.d(5) gives it first. */
export const ACCESSES = {
  network: SOCKET_ACCESSES,
  unix: SOCKET_ACCESSES,
  dbus: ['send', 'receive', 'bind', 'eavesdrop'],
  signal: ['send', 'receive'],
  ptrace: ['trace', 'read', 'tracedby', 'readby'],
  mqueue: ['create', 'open', 'delete', 'read', 'write', 'getattr', 'setattr'],
  userns: ['create'],
  io_uring: ['sqpoll', 'override_creds'],
} as const satisfies Record<string, readonly string[]>;

type AccessClass = keyof typeof ACCESSES;

const SEND_RECEIVE = { read: 'receive', write: 'send' };

/** What `read` and `write`, or `r` and `w` for short, mean in a class; userns and io_uring rules have neither. */
const READ_WRITE: Partial<Record<AccessClass, { readonly read: string; readonly write: string }>> = {
  network: SEND_RECEIVE,
  unix: SEND_RECEIVE,
  dbus: SEND_RECEIVE,
  signal: SEND_RECEIVE,
  ptrace: { read: 'read', write: 'trace' },
  mqueue: { read: 'read', write: 'write' },
};

/** Reads one access, several in brackets, or none: then a condition may follow, and nothing is taken. */
export function readAccess(cursor: Cursor, ruleClass: AccessClass): readonly string[] {
  cursor.skip();
  if (cursor.sees('(')) {
    return [...new Set(readWords(cursor).flatMap((word) => accessesOf(cursor, ruleClass, word)))];
  }

  const start = cursor.at;
  const word = cursor.match(/[a-z_]+(?=[\s,])/y);
  const accesses = word && accessesNamed(ruleClass, word.text);
  if (accesses === undefined) cursor.at = start;
  return accesses ?? [];
}

function accessesOf(cursor: Cursor, ruleClass: AccessClass, word: Word): readonly string[] {
  const accesses = accessesNamed(ruleClass, unquote(word.text));
  return accesses ?? cursor.fail(`${word.text} is not an access of ${ruleClass} rules`, word.start);
}

function accessesNamed(ruleClass: AccessClass, word: string): readonly string[] | undefined {
  const names: readonly string[] = ACCESSES[ruleClass];
  if (names.includes(word)) return [word];

  const meaning = READ_WRITE[ruleClass];
  if (meaning === undefined) return undefined;
  if (word === 'read' || word === 'write') return [meaning[word]];
  if (!/^[rw]{1,2}$/.test(word)) return undefined;
  return [...word].map((letter) => (letter === 'r' ? meaning.read : meaning.write));
}
