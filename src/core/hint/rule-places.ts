/** Rules of a profile as hints name them. Pure. */
import type { ProfileText, Rule } from '../profile/syntax/ast.ts';
import type { Place } from './hint-texts.ts';

/** A rule longer than this is cut where it is quoted. */
const MAX_RULE = 300;

/** @returns `line 12`; with the file before the line where it is one that the profile includes. */
export function placeOf({ file }: ProfileText, { span }: Rule): Place {
  return span.file === file ? `line ${span.line}` : `${span.file}:${span.line}`;
}

/** @returns the rule as written, without its comma. */
export function ruleText({ text }: Rule): string {
  return text.length > MAX_RULE ? `${text.slice(0, MAX_RULE)}…` : text;
}
