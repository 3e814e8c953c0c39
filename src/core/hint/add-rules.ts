/** A copy of a profile with rules added, and what it answers then. Pure. */
import type { Access } from '../profile/semantics/access.ts';
import { decideAccess } from '../profile/semantics/decide-access.ts';
import { surroundingsOf } from '../profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { applyEdits } from '../text/edits.ts';

/** A rule, and the full name of the profile, child or hat that it is for. */
export interface Addition {
  readonly profile: string;
  /** With its comma. */
  readonly rule: string;
}

/** An access, and the profile that decides it. */
export interface AccessUnder {
  readonly profile: string;
  readonly access: Access;
}

/**
 * @returns the text of the profile's own file with each rule as the last one of its block; undefined where a block is
 * missing, or stands in an included file.
 */
export function withRules(text: ProfileText, additions: readonly Addition[]): string | undefined {
  const edits = additions.map(({ profile, rule }) => {
    const block = blockNamed(text, profile);
    if (block === undefined || block.span.file !== text.file) return undefined;
    const brace = block.span.end - 1;
    return { start: brace, end: brace, text: `\n  ${rule}\n` };
  });
  const known = edits.filter((edit) => edit !== undefined);
  if (known.length < edits.length) return undefined;
  return applyEdits(text.files.get(text.file) ?? '', joined(known));
}

/** Two rules for one block are one edit: their order would not be kept. */
function joined(edits: readonly { start: number; end: number; text: string }[]): typeof edits {
  const places = new Map<number, string>();
  for (const { start, text } of edits) places.set(start, (places.get(start) ?? '') + text);
  return [...places].map(([start, text]) => ({ start, end: start, text }));
}

/** The profile, child or hat of that full name. */
export function blockNamed({ profiles }: ProfileText, name: string): ProfileBlock | undefined {
  return profiles.find((block) => block.name === name);
}

/** Whether a profile allows all of these accesses; of one that it does not have, not. */
export function allowsAll(text: ProfileText, accesses: readonly AccessUnder[]): boolean {
  return accesses.every(({ profile, access }) => {
    const block = blockNamed(text, profile);
    return block !== undefined && decideAccess(block, access, surroundingsOf(text, block)).allowed;
  });
}

/** @returns the first deny rule that decides one of these accesses, and under which profile. */
export function denyRuleOf(
  text: ProfileText,
  accesses: readonly AccessUnder[],
): { readonly rule: Rule; readonly profile: string } | undefined {
  for (const { profile, access } of accesses) {
    const block = blockNamed(text, profile);
    if (block === undefined) continue;
    const { deciding } = decideAccess(block, access, surroundingsOf(text, block));
    const rule = deciding.find(({ qualifiers }) => qualifiers.access === 'deny');
    if (rule !== undefined) return { rule, profile };
  }
  return undefined;
}
