/** Several globs as one regular expression. Pure. */
import { ANY, translate, type Translation } from './glob.ts';
import type { Expression } from '../syntax/ast.ts';

/** The globs that the parser compiles for an expression: every value, or the one alternation that it makes of them. */
export function globsOf({ expanded, alternation }: Expression): readonly string[] {
  return alternation === undefined ? expanded : [alternation];
}

/**
 * @param fields expressions for the parts of a key, in their order; undefined: any text.
 * @param path whether they are paths: slashes in a row count as one.
 * @returns an expression for the parts with a NUL between each two; or the first problem.
 */
export function joinGlobs(fields: readonly (Expression | undefined)[], { path = false } = {}): Translation {
  const regexes: string[] = [];
  for (const field of fields) {
    const translation = anyOf(field === undefined ? [] : globsOf(field), path);
    if ('problem' in translation) return translation;
    regexes.push(translation.regex);
  }
  return { regex: regexes.join('\\000') };
}

/** @returns an expression that matches what any of these globs matches; without globs, any text. */
function anyOf(globs: readonly string[], path: boolean): Translation {
  const regexes: string[] = [];
  for (const glob of globs) {
    const translation = translate(glob, { path });
    if ('problem' in translation) return translation;
    regexes.push(translation.regex);
  }
  if (regexes.length > 1) return { regex: `(${regexes.join('|')})` };
  return { regex: regexes[0] ?? ANY };
}
