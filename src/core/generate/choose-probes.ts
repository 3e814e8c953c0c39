/** From what proved true on the kernel to the probes of a spec: as few as show every rule, every letter of it and every change. Pure. */
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
  /** Goals that nothing in this image reaches. */
  readonly open: readonly Goal[];
}

/** How a prediction came true: by the profile alone, or where something else would have stood in the way as well. */
export type ConfirmedProbe = 'clean' | 'noted' | undefined;

/** @param held whether a candidate's prediction came true. */
export function chooseProbes(goals: readonly Goal[], held: (one: Predicted) => ConfirmedProbe): Chosen {
  const choices: Choice[] = [];
  const taken = new Set<Predicted>();
  const open: Goal[] = [];
  // what shows a rule comes first: it may show changes of others as well
  for (const goal of [...goals].sort((a, b) => ORDER.indexOf(a.purpose) - ORDER.indexOf(b.purpose))) {
    if (goal.variant !== undefined && choices.some(({ predicted }) => goal.variant?.shows(predicted))) continue;
    const good = [
      ...goal.options.filter((one) => held(one) === 'clean'),
      ...goal.options.filter((one) => held(one) === 'noted'),
    ];
    const known = good.find((one) => taken.has(one));
    if (known !== undefined) continue;
    const [best] = good;
    if (best === undefined) {
      open.push(goal);
      continue;
    }
    taken.add(best);
    choices.push({ predicted: best, rule: goal.rule, alias: goal.purpose === 'alias' });
  }
  return { choices, open };
}

const ORDER = ['shows', 'alias', 'neighbour', 'change'];
