/** What a profile was seen to allow of each class, as the closed classes of a spec. Pure. */
import type { ClosedResult, DeclaredFiles, Entry } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { memberState, tallyOf } from '../verdict/closed-class.ts';

/** The classes of a spec that is to be. */
export interface FoundClasses {
  /** Classes of which something is denied, each with what is allowed of it. */
  readonly closed: readonly ({ readonly name: string } & DeclaredFiles)[];
  /** Classes of which nothing was seen to be denied. */
  readonly open: readonly string[];
}

/** More entries tell a reader nothing: such a class counts as open. */
const MOST_ALLOWED = 100;

/** @param results of classes of which nothing was declared allowed. */
export function foundClasses(results: readonly ClosedResult[]): FoundClasses {
  const classes = results.map((result): Found => {
    if (result.files !== undefined) return filesFound(result);
    return {
      name: result.class,
      isRestricted: result.class === 'exec' || tallyOf(result).denied > 0,
      allow: result.class === 'exec' ? programsOf(result) : allowedOf(result),
    };
  });
  const isClosed = ({ isRestricted, allow, except = [] }: Found): boolean =>
    isRestricted && allow.length + except.length <= MOST_ALLOWED;
  return {
    closed: classes.filter(isClosed).map(({ name, allow, except }) => defined({ name, allow, except })),
    open: classes.filter((one) => !isClosed(one)).map(({ name }) => name),
  };
}

interface Found extends DeclaredFiles {
  readonly name: string;
  readonly isRestricted: boolean;
}

/** Of files the rules are declared, and it was seen whether that holds. */
function filesFound(result: ClosedResult): Found {
  const { class: name, allow, except } = result;
  const { kind, denied } = tallyOf(result);
  return defined({ name, allow, except, isRestricted: kind === 'pass' && denied > 0 });
}

/** The fewest first words that name everything that was let through, and nothing that was denied. */
function allowedOf({ entries }: ClosedResult): readonly string[] {
  const members = entries.map((entry) => ({ words: wordsOf(entry), state: memberState(entry) }));
  const allowed = members.filter(({ state }) => state === 'failed').map(({ words }) => words);
  const refused = members.filter(({ state }) => state === 'denied' || state === 'undecided').map(({ words }) => words);
  const prefixes = allowed.map((words) => {
    const length = words.findIndex((_, i) => !refused.some((other) => beginsWith(other, words.slice(0, i + 1))));
    return words.slice(0, length < 0 ? words.length : length + 1).join(' ');
  });
  return [...new Set(prefixes)];
}

function wordsOf({ probe }: Entry): readonly string[] {
  return (probe.closed?.member ?? '').split(' ');
}

function beginsWith(words: readonly string[], first: readonly string[]): boolean {
  return first.every((word, i) => words[i] === word);
}

/** Programs that start under another label, with it; where that could not be seen, any label is declared. */
function programsOf({ entries }: ClosedResult): readonly string[] {
  return entries.flatMap(({ probe, verdict, observation }) => {
    if (verdict.code === 'may-leave') return [`${probe.closed?.member ?? ''} *`];
    const label = observation?.carried?.label;
    return verdict.code === 'other-label' && label !== undefined ? [`${probe.closed?.member ?? ''} ${label}`] : [];
  });
}
