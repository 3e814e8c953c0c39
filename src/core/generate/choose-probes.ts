/**
 * Chooses the probes of a spec from what the kernel confirmed: as few as show every rule, every letter of it and every
 * change. Pure.
 */
import type { Rule } from '../profile/syntax/ast.ts';
import type { Predicted } from './predict.ts';
import type { Goal } from './shortlist.ts';

/** A probe of the spec, and the first rule that it was chosen for. */
export interface Choice {
  readonly predicted: Predicted;
  readonly rule: Rule;
  readonly alias: boolean;
}

export interface Chosen {
  readonly choices: readonly Choice[];
  /** Goals that no candidate in this image reaches. */
  readonly open: readonly Goal[];
}

/** `clean`: only the profile decided. `noted`: another layer denies as well. Undefined: it did not come true. */
export type ConfirmedProbe = 'clean' | 'noted' | undefined;

/** @param confirmed whether the prediction for a candidate came true. */
export function chooseProbes(goals: readonly Goal[], confirmed: (predicted: Predicted) => ConfirmedProbe): Chosen {
  const choices: Choice[] = [];
  const chosen = new Set<Predicted>();
  const open: Goal[] = [];
  // what shows a rule comes first: it may show changes of others as well
  for (const goal of [...goals].sort((a, b) => ORDER.indexOf(a.purpose) - ORDER.indexOf(b.purpose))) {
    if (goal.variant !== undefined && choices.some(({ predicted }) => goal.variant?.shows(predicted))) continue;

    const usable = [
      ...goal.options.filter((option) => confirmed(option) === 'clean'),
      ...goal.options.filter((option) => confirmed(option) === 'noted'),
    ];
    if (usable.some((option) => chosen.has(option))) continue;

    const [best] = usable;
    if (best === undefined) {
      open.push(goal);
      continue;
    }
    chosen.add(best);
    choices.push({ predicted: best, rule: goal.rule, alias: goal.purpose === 'alias' });
  }
  return { choices, open };
}

const ORDER = ['shows', 'alias', 'neighbour', 'change'];
