/** Rules of accesses and conditions: network, ptrace, signal, dbus, unix, mqueue, io_uring. Pure. */
import { defined } from '#core/model/optional.ts';
import { readAccess } from './accesses.ts';
import { conditionsOf, readConditions, type ConditionMap } from './conditions.ts';
import { ENDS, type Cursor } from './cursor.ts';
import { expression, type Scope } from './scope.ts';
import type { Body, NetworkRule, PeerRule } from './ast.ts';

/** Words that name no family. `packet` is both, and read as a family. */
const LONE_TYPES = /^(stream|dgram|seqpacket|rdm|raw|tcp|udp|icmp)$/;

/** `network [access] [conditions] [family] [type] [conditions]`; the two words may also be a type or protocol alone. */
export function readNetwork(cursor: Cursor, scope: Scope): Body {
  const access = readAccess(cursor, 'network');
  const conditions: ConditionMap = new Map();
  readConditions(cursor, scope, conditions);
  const first = readWord(cursor);
  const second = first !== undefined && conditions.size === 0 ? readWord(cursor) : undefined;
  readConditions(cursor, scope, conditions);
  return {
    kind: 'network',
    access,
    ...familyAndType(first, second),
    conditions: conditionsOf(conditions),
  };
}

function familyAndType(first: string | undefined, second: string | undefined): Pick<NetworkRule, 'family' | 'type'> {
  if (first === undefined) return {};
  if (second !== undefined) return { family: first, type: second };
  return LONE_TYPES.test(first) ? { type: first } : { family: first };
}

function readWord(cursor: Cursor): string | undefined {
  return cursor.match(/[A-Za-z0-9_]+(?=[\s,])/y)?.text;
}

/** `signal [access] [conditions]` and the like; for mqueue the name of the queue follows. */
export function readPeer(cursor: Cursor, scope: Scope, keyword: string): Body {
  const kind = keyword as PeerRule['kind'];
  const access = readAccess(cursor, kind);
  const conditions: ConditionMap = new Map();
  readConditions(cursor, scope, conditions);
  const name = kind === 'mqueue' ? cursor.word(ENDS.beforeEquals) : undefined;
  return defined({
    kind,
    access,
    conditions: conditionsOf(conditions),
    name: name && expression(cursor, scope, name),
    signals: kind === 'signal' ? conditions.get('set')?.expanded : undefined,
  });
}
