/** Reads what stands before a rule: `priority=N audit deny owner`. Pure. */
import { defined } from '#core/model/optional.ts';
import type { Cursor } from './cursor.ts';
import type { Qualifiers } from './ast.ts';

const WORD = /(?:audit|deny|allow|prompt|owner|user|other)(?=[\s{])|priority[ \t]*=[ \t]*[+-]?[0-9]+/y;

const MEANINGS: Readonly<Record<string, Partial<Qualifiers>>> = {
  audit: { audit: true },
  deny: { access: 'deny' },
  allow: { access: 'allow' },
  prompt: { access: 'prompt' },
  owner: { owner: 'owner' },
  user: { owner: 'owner' },
  other: { owner: 'other' },
};

/** @param outer those of the block around, which apply where the rule says nothing else. */
export function readQualifiers(cursor: Cursor, outer: Partial<Qualifiers>): Qualifiers {
  let qualifiers: Qualifiers = { audit: false, access: 'allow', ...outer };
  for (;;) {
    const word = cursor.match(WORD)?.text;
    if (word === undefined) break;
    qualifiers = { ...qualifiers, ...(MEANINGS[word] ?? { priority: priorityOf(word) }) };
  }

  // rules are compared as JSON, so the order of the keys must not depend on that of the words
  const { audit, access, owner, priority } = qualifiers;
  return defined({ audit, access, owner, priority });
}

function priorityOf(word: string): number {
  return Number(/[+-]?[0-9]+$/.exec(word)?.[0] ?? 0);
}
