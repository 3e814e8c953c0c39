/** Ways out of the profile for programs that exist: `ux`, `pux`, `px`, `cx`. Pure. */
import { wholeLiteralsOf } from '../../profile/patterns/literals.ts';
import { literal, quoted, type AddContext, type AddOperator } from './add-context.ts';

const MODES = ['ux', 'pux', 'px', 'cx'];

/** What somebody would most likely add a rule for. */
const LIKELY = /\/(?:sh|bash|dash|busybox|env|nginx|apt|python3|perl)$/;
const MOST_PROGRAMS = 5;

export const addExec: AddOperator = (context) => {
  const [label] = context.world.labels;
  const targets = label === undefined ? [] : [`/** px -> ${quoted(label)}`];
  return [
    ...programsOf(context).flatMap((path) => MODES.map((mode) => `${literal(path)} ${mode}`)),
    '/** ux',
    '/** pux',
    ...targets,
  ];
};

/** Programs that the profile names come first, then those that most images have; any where there are neither. */
function programsOf({ block, world }: AddContext): string[] {
  const existing = new Set(world.programs);
  const named = block.rules
    .filter(({ via }) => via.length === 0)
    .flatMap((rule) => (rule.kind === 'file' ? (rule.path?.expanded ?? []) : []))
    .flatMap(wholeLiteralsOf)
    .filter((path) => existing.has(path));
  const likely = world.programs.filter((path) => LIKELY.test(path));
  const chosen = [...named, ...likely];
  return [...new Set(chosen.length > 0 ? chosen : world.programs)].slice(0, MOST_PROGRAMS);
}
