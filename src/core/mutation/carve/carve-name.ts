/** One path of the container out of a glob that denies: the `**` at its end matches every name but one. Pure. */
import { withBody, type CarveOperator } from './carve-context.ts';
import { matchingFiles } from './carve-letter.ts';
import { withValues } from './existing-paths.ts';

/** Longer names make expressions that nobody can read. */
const LONGEST = 30;

export const carveName: CarveOperator = (context) => {
  const { rule, text, body } = context;
  if (rule.kind !== 'file' || rule.qualifiers.access !== 'deny' || rule.path === undefined) return [];
  const parts = /^([^*?[{]*\/|@\{\w+\}[^*?[{]*\/)(\*\*?)$/.exec(rule.path.text);
  if (parts === null) return [];
  const [expression, head = '', stars = ''] = parts;

  const folder = withValues(head, text);
  const name = matchingFiles(expression, context)
    .filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length))
    .find((rest) => /^[A-Za-z0-9_./]*[A-Za-z0-9_.]$/.test(rest) && rest.length <= LONGEST);
  if (name === undefined) return [];
  return [
    withBody(
      context,
      body.replace(expression, () => `${head}{${everyOther(name, stars).join(',')}}`),
    ),
  ];
};

/** Expressions that together match every name but this one: it differs in some letter, ends earlier, or goes on. */
function everyOther(name: string, stars: string): string[] {
  const letters = [...name];
  const differing = letters.map((letter, i) => `${name.slice(0, i)}[^${letter}]${stars}`);
  const shorter = letters.slice(1).map((_letter, i) => name.slice(0, i + 1));
  return [...differing, ...shorter, `${name}?${stars}`, ...(stars === '**' ? [`${name}/**`] : [])];
}
