/** Which of the container's paths an expression of a rule matches. Pure. */
import { Automaton } from '../../profile/patterns/automaton.ts';
import { translate } from '../../profile/patterns/glob.ts';
import { readRegex } from '../../profile/patterns/regex.ts';
import type { ProfileText } from '../../profile/syntax/ast.ts';

/** Variables may name others, to this depth. */
const DEEPEST = 5;

/** The expression with its variables replaced: of several values an alternation. */
export function withValues(expression: string, { variables }: ProfileText): string {
  let text = expression;
  for (let depth = 0; depth < DEEPEST && text.includes('@{'); depth += 1)
    text = text.replaceAll(/@\{(\w+)\}/g, (_whole, name: string) => {
      const values = (variables.get(name) ?? variables.get(`@{${name}}`) ?? []).map((value) =>
        value.replace(/\/$/, ''),
      );
      return values.length > 1 ? `{${values.join(',')}}` : (values[0] ?? '');
    });
  return text;
}

/**
 * @param expression as written, with its variables and quotes
 * @returns whether it matches a path, where folders have a slash at their end; undefined where it cannot be read
 */
export function matcherOf(expression: string, text: ProfileText): ((path: string) => boolean) | undefined {
  const glob = translate(withValues(expression.replaceAll('"', ''), text), { path: true });
  if ('problem' in glob) return undefined;
  const nfa = readRegex(glob.regex);
  if ('problem' in nfa) return undefined;
  const automaton = new Automaton([nfa]);
  return (path) => automaton.match(path).length > 0;
}
