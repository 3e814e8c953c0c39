/**
 * Which candidates are worth trying for which rule: what shows the rule at work, what it leaves alone, and what a
 * change of it would show. Pure.
 */
import type { Access } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Grant } from '../profile/semantics/grant-types.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import type { Pool, Predicted, Variant } from './predict.ts';
import type { Change } from './variants.ts';

/** Why a candidate is tried. */
type Purpose = 'shows' | 'neighbour' | 'alias' | 'change';

/** One thing to show, with candidates that would, the plainest first. */
export interface Goal {
  readonly rule: Rule;
  readonly purpose: Purpose;
  /** `shows`: the letter or word that is checked. `change`: what is changed. */
  readonly of: string;
  readonly options: readonly Predicted[];
  /** The change that is to be shown: any probe that shows it will do. */
  readonly variant?: Variant;
}

/** How many candidates are tried for a goal. */
const MAX_OPTIONS = { shows: 8, neighbour: 6, alias: 4, change: 6 } as const;

/** Which letter of a rule is tried through a link. */
const ALIAS_LETTERS = ['x', 'w', 'r'];

/** A rule for every file concerns more candidates than are needed. */
const MAX_PER_RULE = 4000;

/** Candidates that would show a change, to choose from. */
const MAX_PER_CHANGE = 60;

/** What every name that a rule, or a change of one place in it, can match begins with. */
function headsOf(rule: Rule): readonly string[] {
  return rule.kind === 'file' && rule.path !== undefined
    ? rule.path.expanded.map((text) => text.replace(/[*?[{\\][\s\S]*$/, ''))
    : [''];
}

function firstMatching<T>(all: readonly T[], test: (item: T) => boolean, max: number): T[] {
  const matching: T[] = [];
  for (const item of all) {
    if (test(item)) matching.push(item);
    if (matching.length >= max) break;
  }
  return matching;
}

/** @param changes the rule's mutants by what they change. */
export function goalsOf(rule: Rule, pool: Pool, changes: readonly Change[]): Goal[] {
  const ofRule = firstMatching(pool.all, ({ rules }) => rules.has(rule), MAX_PER_RULE);
  const byLetter = candidatesByLetter(ofRule, rule);
  const shown = letterGoals(rule, byLetter);
  return [
    ...shown,
    ...aliasGoals(rule, byLetter),
    ...neighbourGoals(rule, shown[0]?.options[0], pool),
    ...changes.flatMap((change): Goal[] => {
      const options = showing(change, rule, ofRule, pool);
      if (options.length === 0) return [];
      return [{ rule, purpose: 'change', of: change.what, options, variant: change.variant }];
    }),
  ];
}

type ByLetter = ReadonlyMap<string, readonly Predicted[]>;

function candidatesByLetter(candidates: readonly Predicted[], rule: Rule): ByLetter {
  const byLetter = new Map<string, Predicted[]>();
  for (const predicted of candidates) {
    for (const letter of lettersShown(predicted, rule)) {
      byLetter.set(letter, [...(byLetter.get(letter) ?? []), predicted]);
    }
  }
  return byLetter;
}

function letterGoals(rule: Rule, byLetter: ByLetter): Goal[] {
  return [...byLetter].flatMap(([letter, candidates]): Goal[] => {
    const plain = candidates.filter(({ candidate }) => !candidate.alias);
    if (plain.length === 0) return [];
    return [{ rule, purpose: 'shows', of: letter, options: spread(plain, MAX_OPTIONS.shows) }];
  });
}

/** A deny rule also has to hold for a link that leads to what it names. */
function aliasGoals(rule: Rule, byLetter: ByLetter): Goal[] {
  if (rule.qualifiers.access !== 'deny') return [];

  const aliases = (letter: string): Predicted[] =>
    (byLetter.get(letter) ?? []).filter(({ candidate }) => candidate.alias);
  const letter = ALIAS_LETTERS.find((each) => aliases(each).length > 0);
  if (letter === undefined) return [];
  return [{ rule, purpose: 'alias', of: letter, options: spread(aliases(letter), MAX_OPTIONS.alias) }];
}

/** @param main the candidate that shows the rule at work. */
function neighbourGoals(rule: Rule, main: Predicted | undefined, pool: Pool): Goal[] {
  const options = main === undefined ? [] : neighbours(main, rule, pool.all);
  return options.length === 0 ? [] : [{ rule, purpose: 'neighbour', of: '', options }];
}

/** Candidates that the changed rule decides otherwise, the plainest first. */
export function killersOf(change: Change, rule: Rule, pool: Pool): Predicted[] {
  return showing(
    change,
    rule,
    firstMatching(pool.all, ({ rules }) => rules.has(rule), MAX_PER_RULE),
    pool,
  );
}

function showing({ variant, moves }: Change, rule: Rule, own: readonly Predicted[], pool: Pool): Predicted[] {
  const others = moves ? pool.reached(variant.changed, headsOf(rule)).filter(({ rules }) => !rules.has(rule)) : [];
  return spread(
    firstMatching(
      [...own, ...others].filter(({ candidate }) => !candidate.alias),
      (one) => variant.shows(one),
      MAX_PER_CHANGE,
    ),
    MAX_OPTIONS.change,
  );
}

/** The letters or words of a candidate's accesses that this rule alone decides, and nothing else denies. */
function lettersShown(predicted: Predicted, rule: Rule): string[] {
  const denies = rule.qualifiers.access === 'deny';
  if (predicted.allowed === denies) return [];
  return predicted.candidate.accesses
    .filter((_access, i) => (denies ? isDeniedBy(rule, predicted, i) : isAllowedBy(rule, predicted.grants[i] ?? [])))
    .map(letterOf);
}

/** Whether it alone denies one of the candidate's accesses, and no other letter of the candidate is denied. */
function isDeniedBy(rule: Rule, { candidate: { accesses }, grants }: Predicted, index: number): boolean {
  const letters = accesses.map(letterOf);
  const { allowed, deciding } = answer(grants[index] ?? []);
  const deniedElsewhere = letters.some(
    (letter, i) => i !== index && letter !== letters[index] && !answer(grants[i] ?? []).allowed,
  );
  const rules = rulesOf(deciding);
  return !allowed && !deniedElsewhere && rules.length === 1 && rules[0] === rule;
}

/** Whether the access would be denied without it. */
function isAllowedBy(rule: Rule, grants: readonly Grant[]): boolean {
  return !answer(grants.filter((grant) => grant.rule !== rule)).allowed;
}

function letterOf(access: Access): string {
  if (access.class === 'file') return 'acd'.includes(access.permission) ? 'w' : access.permission;
  return access.class;
}

/** The same operation on a path, as similar as possible, that the rule does not decide, with the opposite answer. */
function neighbours(main: Predicted, rule: Rule, all: readonly Predicted[]): Predicted[] {
  const form = formOf(main);
  const path = main.candidate.path ?? '';
  return all
    .filter(
      (one) => formOf(one) === form && one.allowed !== main.allowed && !one.rules.has(rule) && !one.candidate.alias,
    )
    .sort(
      (a, b) =>
        commonHead(b.candidate.path ?? '', path) - commonHead(a.candidate.path ?? '', path) ||
        a.candidate.cost - b.candidate.cost,
    )
    .slice(0, MAX_OPTIONS.neighbour);
}

/** What is done and by whom, without what it is done to. */
function formOf({ candidate: { words, path, user = '' } }: Predicted): string {
  const form = path === undefined ? (words[0] ?? '') : words.filter((word) => word !== path).join(' ');
  return `${form} ${user}`;
}

function commonHead(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}

/**
 * The plainest candidates, of different forms and from different folders where possible: what makes one fail may make
 * every other in its folder fail.
 */
function spread(all: readonly Predicted[], max: number): Predicted[] {
  const sorted = [...all].sort((a, b) => a.candidate.cost - b.candidate.cost);
  const varied = inTurns(firstOfEachFolder(sorted));
  return [...new Set([...varied.slice(0, max - 2), ...sorted])].slice(0, max);
}

/** The first candidate of each form in each folder. */
function firstOfEachFolder(sorted: readonly Predicted[]): Predicted[] {
  const folders = new Set<string>();
  return sorted.filter((predicted) => {
    const folder = `${formOf(predicted)} ${(predicted.candidate.path ?? '').replace(/\/[^/]*$/, '')}`;
    if (folders.has(folder)) return false;
    folders.add(folder);
    return true;
  });
}

/** One candidate of each form ahead of a second of any: where one form fails, it may fail in every folder. */
function inTurns(candidates: readonly Predicted[]): Predicted[] {
  const counts = new Map<string, number>();
  const turns = candidates.map((predicted) => {
    const turn = counts.get(formOf(predicted)) ?? 0;
    counts.set(formOf(predicted), turn + 1);
    return { predicted, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ predicted }) => predicted);
}
