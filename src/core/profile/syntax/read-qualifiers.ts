/** Reads what stands before a rule: `priority=N audit deny owner`. Pure. */
import type { Cursor } from './cursor.ts';
import type { Qualifiers } from './ast.ts';

const WORD = /(?:audit|deny|allow|prompt|owner|user|other)(?=[\s{])|priority[ \t]*=[ \t]*[+-]?[0-9]+/y;

/** @param outer of the block around, which hold where the rule says nothing. */
export function readQualifiers(cursor: Cursor, outer: Partial<Qualifiers>): Qualifiers {
  let { audit = false, access = 'allow', owner, priority } = outer;
  for (let word = cursor.match(WORD)?.text; word !== undefined; word = cursor.match(WORD)?.text) {
    if (word === 'audit') audit = true;
    else if (word === 'deny' || word === 'allow' || word === 'prompt') access = word;
    else if (word === 'owner' || word === 'user') owner = 'owner';
    else if (word === 'other') owner = 'other';
    else priority = Number(/[+-]?[0-9]+$/.exec(word)?.[0] ?? 0);
  }
  return { audit, access, ...(owner === undefined ? {} : { owner }), ...(priority === undefined ? {} : { priority }) };
}
