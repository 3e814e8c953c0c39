/** Which probes are likeliest to notice a mutant, by the words that both have: an order, and no decision. Pure. */
import type { Probe } from '#core/model/model.ts';
import type { Mutant } from '#core/mutation/mutant.ts';

/** @returns how much a probe has to do with what a mutant changes: 0 for nothing. */
export type Likelihood = (probe: Probe) => number;

/** What belongs to many probes tells them less apart than a word that both have. */
const SLIGHT = 0.5;

export function likelihoodFor({ before, after, widens }: Pick<Mutant, 'before' | 'after' | 'widens'>): Likelihood {
  const was = wordsOf(before);
  const is = wordsOf(after);
  const changed = [...is.filter((word) => !was.includes(word)), ...was.filter((word) => !is.includes(word))];
  const words = new Set(changed);
  const folders = changed.flatMap(folderOf);
  return (probe) => {
    const own = wordsOfProbe(probe);
    const shared = own.filter((word) => words.has(word)).length;
    const isBelow = folders.some((folder) => own.some((word) => word.startsWith(folder)));
    const isOpened = widens && probe.expect.access === 'denied';
    return shared + (isBelow ? 1 : 0) + (isOpened ? SLIGHT : 0);
  };
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,()="]+/).filter((word) => word !== '');
}

/** The part of an expression before its first special sign; none where that says nothing. */
function folderOf(word: string): readonly string[] {
  const [, folder = ''] = /^(\/[^*?[{@\\]+)[*?[{]/.exec(word) ?? [];
  return folder.length > 1 ? [folder] : [];
}

function wordsOfProbe({ action, closed, from }: Probe): readonly string[] {
  if (action.kind !== 'operation') return action.kind === 'run' ? action.argv : [];
  const words = [...action.words, action.class, ...(closed === undefined ? [] : closed.member.split(' '))];
  return [...new Set(from === undefined ? words : [...words, from])];
}
