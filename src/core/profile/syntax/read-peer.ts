/** Rules of accesses and conditions: network, ptrace, signal, dbus, unix, mqueue, io_uring. Pure. */
import { conditionsOf, readConditions, readWords } from './conditions.ts';
import { ENDS, type Cursor, type Word } from './cursor.ts';
import type { Body } from './read-rule.ts';
import { expression, type Scope } from './scope.ts';
import type { Expression, PeerRule } from './ast.ts';
import { unquote } from './unquote.ts';

const SOCKET = [
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
];

/** Every access of a family, under the name that the language's manual gives it first. */
const ACCESSES: Readonly<Record<string, readonly string[]>> = {
  network: SOCKET,
  unix: SOCKET,
  dbus: ['send', 'receive', 'bind', 'eavesdrop'],
  signal: ['send', 'receive'],
  ptrace: ['trace', 'read', 'tracedby', 'readby'],
  mqueue: ['create', 'open', 'delete', 'read', 'write', 'getattr', 'setattr'],
  userns: ['create'],
  io_uring: ['override_creds', 'sqpoll'],
};

/** What `read` and `write` mean in a family; `r`, `w`, `rw` are short for them. */
const MEANINGS: Readonly<Record<string, { readonly read: string; readonly write: string }>> = {
  ptrace: { read: 'read', write: 'trace' },
  mqueue: { read: 'read', write: 'write' },
};

/** One access, several in brackets, or none. */
export function readAccess(cursor: Cursor, family: string): readonly string[] {
  cursor.blank();
  if (cursor.sees('(')) return [...new Set(readWords(cursor).flatMap((word) => accessesOf(cursor, family, word)))];
  const start = cursor.at;
  const word = cursor.match(/[a-z_]+(?=[\s,])/y);
  const accesses = word && named(family, word.text);
  if (!accesses) cursor.at = start;
  return accesses ?? [];
}

function accessesOf(cursor: Cursor, family: string, word: Word): readonly string[] {
  return named(family, unquote(word.text)) ?? cursor.fail(`${word.text} is no access of ${family} rules`, word.start);
}

function named(family: string, word: string): readonly string[] | undefined {
  if (ACCESSES[family]?.includes(word)) return [word];
  const meaning = MEANINGS[family] ?? { read: 'receive', write: 'send' };
  if (family === 'userns' || family === 'io_uring') return undefined;
  if (word === 'read' || word === 'write') return [meaning[word]];
  return /^[rw]{1,2}$/.test(word)
    ? [...word].map((letter) => (letter === 'r' ? meaning.read : meaning.write))
    : undefined;
}

/** Two words at most name family and type, or a type or protocol alone. */
export function readNetwork(cursor: Cursor, scope: Scope): Body {
  const access = readAccess(cursor, 'network');
  const found = new Map<string, Expression>();
  readConditions(cursor, scope, found);
  const first = readWord(cursor);
  const second = first && found.size === 0 ? readWord(cursor) : undefined;
  readConditions(cursor, scope, found);
  const names = second
    ? { family: first, type: second }
    : first === undefined
      ? {}
      : ONLY_TYPES.test(first)
        ? { type: first }
        : { family: first };
  return {
    kind: 'network',
    access,
    ...(names.family === undefined ? {} : { family: names.family }),
    ...(names.type === undefined ? {} : { type: names.type }),
    conditions: conditionsOf(found),
  };
}

/** Words that are no family: `packet` is one first. */
const ONLY_TYPES = /^(stream|dgram|seqpacket|rdm|raw|tcp|udp|icmp)$/;

function readWord(cursor: Cursor): string | undefined {
  const word = cursor.match(/[A-Za-z0-9_]+(?=[\s,])/y);
  return word?.text;
}

export function readPeer(cursor: Cursor, scope: Scope, keyword: string): Body {
  const kind = keyword as PeerRule['kind'];
  const access = readAccess(cursor, kind);
  const found = new Map<string, Expression>();
  readConditions(cursor, scope, found);
  const name = kind === 'mqueue' ? cursor.word(ENDS.beforeEquals) : undefined;
  const set = found.get('set');
  return {
    kind,
    access,
    conditions: conditionsOf(found),
    ...(name ? { name: expression(cursor, scope, name) } : {}),
    ...(kind === 'signal' && set ? { signals: set.expanded } : {}),
  };
}
