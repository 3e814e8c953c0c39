/** Several expressions as one regular expression. Pure. */
import { ANY, translate } from './glob.ts';
import type { Expression } from '../syntax/ast.ts';

/** A regular expression for texts with NULs between. Where an expression stands for several values, any of them. */
export function joined(
  values: readonly (Expression | undefined)[],
  path = false,
): string | { readonly problem: string } {
  const all: string[] = [];
  for (const value of values) {
    const translated = (value?.alternation === undefined ? (value?.expanded ?? []) : [value.alternation]).map((text) =>
      translate(text, { path }),
    );
    const problem = translated.find((one) => 'problem' in one);
    if (problem !== undefined && 'problem' in problem) return problem;
    const regexes = translated.flatMap((one) => ('regex' in one ? [one.regex] : []));
    all.push(regexes.length === 0 ? ANY : regexes.length === 1 ? regexes.join('') : `(${regexes.join('|')})`);
  }
  return all.join('\\000');
}
