/** The label that a program gets by an exec rule, where the profile's own file says it for certain. Pure. */
import type { Candidate } from './candidates.ts';

/** The mode and target of an exec rule as decided: `Cx -> child`, `pix -> other`, `ux`. */
const TRANSITION = /^(?<kind>[cpu])(?<fallback>[iu]?)x(?: -> (?<target>.+))?$/i;

/**
 * @param transition as `answer()` gives it for the execution.
 * @param profile the name of the profile that the program is executed from.
 * @param known names of every profile and child of the file: `p`, `p//child`.
 * @returns undefined for a program that keeps its label, and where the label depends on more than the file.
 */
export function labelAfterExec(
  { words }: Pick<Candidate, 'words'>,
  transition: string | undefined,
  profile: string,
  known: ReadonlySet<string>,
): string | undefined {
  const [operation, path = ''] = words;
  if (operation !== 'exec' || words.length !== 2 || transition === undefined) return undefined;

  const { kind, fallback, target = path } = TRANSITION.exec(transition)?.groups ?? {};
  if (kind === undefined) return undefined;
  if (kind.toLowerCase() === 'u') return fallback === '' ? 'unconfined' : undefined;

  const label = kind.toLowerCase() === 'c' ? `${profile}//${target}` : target;
  return known.has(label) ? label : undefined;
}
