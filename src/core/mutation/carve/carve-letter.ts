/**
 * One letter out of a glob that denies: `[^f]` no longer matches another letter, and `**` no longer begins with one.
 * Where the container has a file that is carved out, the letter is its. Pure.
 */
import { classEnd } from '../mutate-expression.ts';
import { withBody, type CarveContext, type CarveOperator } from './carve-context.ts';
import { matcherOf, withValues } from './existing-paths.ts';

/** Letters that names have; those of the container's own files are tried first. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789._';
/** How many letters are tried in search of one that carves out a file. */
const MOST_TRIED = 12;
/** How many files a letter is looked for in. */
const MOST_FILES = 200;

export const carveLetter: CarveOperator = (context) => {
  const { rule } = context;
  if (rule.kind !== 'file' || rule.qualifiers.access !== 'deny' || rule.path === undefined) return [];
  const expression = rule.path.text;
  const files = matchingFiles(expression, context);
  const changed = placesOf(expression).flatMap((place) => carved(place, { expression, files, context }) ?? []);
  return changed.map((text) =>
    withBody(
      context,
      context.body.replace(expression, () => text),
    ),
  );
};

/** A place of an expression, and what stands there without one more letter. */
interface Place {
  readonly start: number;
  readonly end: number;
  without(letter: string): string;
}

function placesOf(expression: string): Place[] {
  const places: Place[] = [];
  for (let i = 0; i < expression.length; i += 1) {
    const c = expression[i] ?? '';
    if (c === '\\') i += 1;
    else if (c === '[') {
      const end = classEnd(expression, i);
      const members = expression.slice(i + 1, end - 1);
      if (members.startsWith('^')) places.push({ start: i, end, without: (letter) => `[${members}${letter}]` });
      i = end - 1;
    } else if (c === '*') {
      const isDouble = expression[i + 1] === '*';
      const end = i + (isDouble ? 2 : 1);
      const without = (letter: string): string => (isDouble ? `[^${letter}]**` : `[^${letter}/]*`);
      places.push({ start: i, end, without });
      i = end - 1;
    }
  }
  return places;
}

interface Carving {
  readonly expression: string;
  /** Those of the container that the expression matches. */
  readonly files: readonly string[];
  readonly context: CarveContext;
}

/** Undefined where nothing that exists is carved out and nothing can be made there. */
function carved(place: Place, { expression, files, context }: Carving): string | undefined {
  const without = (letter: string): string =>
    expression.slice(0, place.start) + place.without(letter) + expression.slice(place.end);
  const head = withValues(expression.slice(0, place.start), context.text);
  const letters = lettersOf(files, head).filter((letter) => !expression.slice(place.start, place.end).includes(letter));
  const isFixed = context.world.files.length > 0 && withValues(expression, context.text).startsWith('/proc/');
  const found = letters.slice(0, isFixed ? letters.length : MOST_TRIED).find((letter) => {
    const matches = matcherOf(without(letter), context.text);
    return matches !== undefined && files.some((file) => !matches(file));
  });
  return found === undefined && isFixed ? undefined : without(found ?? letters[0] ?? 'a');
}

/** The letter after the part that is the same for all, if there is such a part; then every other. */
function lettersOf(files: readonly string[], head: string): string[] {
  const next = files.flatMap((file) => (file.startsWith(head) ? [file.charAt(head.length)] : []));
  const others = files.flatMap((file) => Array.from(file));
  const letters = new Set([...next, ...others, ...Array.from(LETTERS)]);
  return [...letters].filter((letter) => letter !== '' && LETTERS.includes(letter));
}

export function matchingFiles(expression: string, { world, text }: CarveContext): string[] {
  const matches = matcherOf(expression, text);
  return matches === undefined ? [] : world.files.filter(matches).slice(0, MOST_FILES);
}
