/** The literal paths that a profile's deny rules name. Pure. */
import type { FileRule, ProfileText, Rule } from '../syntax/ast.ts';
import { unquote } from '../syntax/unquote.ts';

interface LiteralDenial {
  /** Where the rule begins; 1-based. */
  readonly line: number;
  readonly path: string;
}

/** @returns every deny rule of the file itself whose path has no wildcard and no variable in it. */
export function literalDenials({ file, profiles }: ProfileText): LiteralDenial[] {
  return profiles
    .flatMap(({ rules }) => rules)
    .filter((rule): rule is FileRule => isFileDenial(rule) && rule.span.file === file)
    .map(({ span, path }) => ({ line: span.line, path: unquote(path?.text ?? '') }))
    .filter(({ path }) => path.startsWith('/') && !/[*?[\]{}@^\\]/.test(path));
}

function isFileDenial(rule: Rule): boolean {
  return rule.kind === 'file' && rule.qualifiers.access === 'deny';
}
