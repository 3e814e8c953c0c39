/** A rule that denies what it allowed, and the reverse. Pure. */
import type { Edit } from '../text/edits.ts';
import { writtenQualifiers, type WrittenQualifier } from './mutant.ts';
import type { Rule } from '../profile/syntax/ast.ts';

/** Deny becomes allow and the reverse. A word of the rule's own overrules the block around it. */
export function flipEdits(source: string, rule: Rule): Edit[] {
  const qualifier = accessEdit(source, rule);
  if (rule.kind !== 'file') return [qualifier];

  const denies = rule.qualifiers.access === 'deny';
  // `file,` implies how to execute, which a deny rule must not have
  if (rule.path === undefined && !denies) {
    return [{ ...qualifier, end: rule.span.end, text: `${qualifier.text}/** mrwklx,` }];
  }
  const letters = rule.permissionsSpan;
  if (letters === undefined) return [qualifier];

  // an allow rule has to name the execute mode, a deny rule must not
  const given = source.slice(letters.start, letters.end);
  const flipped = denies ? given.replace(/x/, 'ix') : given.replace(/[pPcCuUi]*x/, 'x');
  if (flipped === given) return [qualifier];
  return [qualifier, { start: letters.start, end: letters.end, text: flipped }];
}

/** Puts the opposite of a rule's access in place of its word, or adds a word where the rule has none. */
function accessEdit(source: string, rule: Rule): Edit {
  const qualifiers = writtenQualifiers(source, rule);
  const written = qualifiers.find(({ word }) => word === 'deny' || word === 'allow' || word === 'prompt');
  const denies = rule.qualifiers.access === 'deny';
  if (written !== undefined) return { start: written.start, end: written.end, text: denies ? '' : 'deny ' };

  const place = placeForAccess(qualifiers, rule);
  return { start: place, end: place, text: denies ? 'allow ' : 'deny ' };
}

/** Ahead of `owner`, after `audit` and `priority`. */
function placeForAccess(qualifiers: readonly WrittenQualifier[], { span }: Rule): number {
  const last = qualifiers.filter(({ word }) => word === 'audit' || word.startsWith('priority')).at(-1);
  return last?.end ?? span.start;
}
