/** Which candidates are worth trying for which rule: what shows it at work, what it leaves alone, what a change of it would show. Pure. */
import type { Access } from '../profile/semantics/access.ts';
import { answer, rulesOf } from '../profile/semantics/decide-access.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import type { Pool, Predicted, Variant } from './predict.ts';
import type { Change } from './variants.ts';

/** Why a candidate is tried. */
type Purpose = 'shows' | 'neighbour' | 'alias' | 'change';

/** One thing to show, with candidates that would, the plainest first. */
export interface Goal {
  readonly rule: Rule;
  readonly purpose: Purpose;
  /** `shows`: the letter or word that is asked for. `change`: what is changed. */
  readonly of: string;
  readonly options: readonly Predicted[];
  /** The change that is to be shown: any probe that shows it will do. */
  readonly variant?: Variant;
}

const OPTIONS = { shows: 8, neighbour: 6, alias: 4, change: 6 } as const;
/** Where a link leads to what a rule names, this is asked first. */
const ALIASES = ['x', 'w', 'r'];

/** A rule for every file has a say in more than need be looked at. */
const MOST_OF_A_RULE = 4000;
/** A change is asked of no more candidates than it takes to choose. */
const ENOUGH = 60;

/** What every name that a rule, or a change of one place in it, can match begins with. */
function headsOf(rule: Rule): readonly string[] {
  return rule.kind === 'file' && rule.path !== undefined
    ? rule.path.expanded.map((text) => text.replace(/[*?[{\\][\s\S]*$/, ''))
    : [''];
}

function some<T>(all: readonly T[], test: (one: T) => boolean, most: number): T[] {
  const found: T[] = [];
  for (const one of all) {
    if (test(one)) found.push(one);
    if (found.length >= most) break;
  }
  return found;
}

/** @param changes the rule's mutants by what they change. */
export function goalsOf(rule: Rule, pool: Pool, changes: readonly Change[]): Goal[] {
  const own = some(pool.all, ({ rules }) => rules.has(rule), MOST_OF_A_RULE);
  const byLetter = new Map<string, Predicted[]>();
  for (const one of own)
    for (const letter of lettersShown(one, rule)) byLetter.set(letter, [...(byLetter.get(letter) ?? []), one]);
  const goals: Goal[] = [];
  for (const [letter, shown] of byLetter) {
    const plain = shown.filter(({ candidate }) => !candidate.alias);
    if (plain.length > 0) goals.push({ rule, purpose: 'shows', of: letter, options: spread(plain, OPTIONS.shows) });
  }
  const by =
    rule.qualifiers.access === 'deny'
      ? ALIASES.find((letter) => byLetter.get(letter)?.some(({ candidate }) => candidate.alias))
      : undefined;
  if (by !== undefined)
    goals.push({
      rule,
      purpose: 'alias',
      of: by,
      options: spread(
        (byLetter.get(by) ?? []).filter(({ candidate }) => candidate.alias),
        OPTIONS.alias,
      ),
    });
  const first = goals.find(({ purpose }) => purpose === 'shows')?.options[0];
  if (first !== undefined) {
    const beside = neighbours(first, rule, pool.all);
    if (beside.length > 0) goals.push({ rule, purpose: 'neighbour', of: '', options: beside });
  }
  for (const change of changes) {
    const options = showing(change, rule, own, pool);
    if (options.length > 0) goals.push({ rule, purpose: 'change', of: change.what, options, variant: change.variant });
  }
  return goals;
}

/** Candidates that would end otherwise with the rule changed, the plainest first. */
export function killersOf(change: Change, rule: Rule, pool: Pool): Predicted[] {
  return showing(
    change,
    rule,
    some(pool.all, ({ rules }) => rules.has(rule), MOST_OF_A_RULE),
    pool,
  );
}

function showing({ variant, moves }: Change, rule: Rule, own: readonly Predicted[], pool: Pool): Predicted[] {
  const others = moves ? pool.reached(variant.changed, headsOf(rule)).filter(({ rules }) => !rules.has(rule)) : [];
  return spread(
    some(
      [...own, ...others].filter(({ candidate }) => !candidate.alias),
      (one) => variant.shows(one),
      ENOUGH,
    ),
    OPTIONS.change,
  );
}

/** The letters or words of a candidate's accesses that this rule alone decides, where nothing else stands in the way. */
function lettersShown({ candidate: { accesses }, grants, allowed }: Predicted, rule: Rule): string[] {
  const denies = rule.qualifiers.access === 'deny';
  if (allowed === denies) return [];
  return accesses.flatMap((access, i) => {
    const said = grants[i] ?? [];
    if (denies) {
      const { allowed: passes, deciding } = answer(said);
      const others = grants.some((grant, j) => {
        const other = accesses[j];
        return j !== i && other !== undefined && letterOf(other) !== letterOf(access) && !answer(grant).allowed;
      });
      return !passes && !others && rulesOf(deciding).length === 1 && rulesOf(deciding)[0] === rule
        ? [letterOf(access)]
        : [];
    }
    return answer(said.filter((grant) => grant.rule !== rule)).allowed ? [] : [letterOf(access)];
  });
}

function letterOf(access: Access): string {
  if (access.class === 'file') return 'acd'.includes(access.permission) ? 'w' : access.permission;
  return access.class;
}

/** The same operation where the rule has no say and the answer is the other one, as near as possible. */
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
    .slice(0, OPTIONS.neighbour);
}

/** What is done, without what it is done to. */
function formOf({ candidate: { words, path } }: Predicted): string {
  return path === undefined ? (words[0] ?? '') : words.filter((word) => word !== path).join(' ');
}

function commonHead(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}

/** The plainest ones, of different forms and from different folders as far as there are any: what stands in one's way may stand in all of a folder's. */
function spread(all: readonly Predicted[], most: number): Predicted[] {
  const sorted = [...all].sort((a, b) => a.candidate.cost - b.candidate.cost);
  const folders = new Set<string>();
  const firsts = sorted.filter((one) => {
    const folder = `${formOf(one)} ${(one.candidate.path ?? '').replace(/\/[^/]*$/, '')}`;
    return folders.has(folder) ? false : folders.add(folder);
  });
  // one of each form before a second of any: where one fails, it may fail in every folder
  const counts = new Map<string, number>();
  const turns = new Map(
    firsts.map((one) => {
      const turn = counts.get(formOf(one)) ?? 0;
      counts.set(formOf(one), turn + 1);
      return [one, turn];
    }),
  );
  const inTurn = firsts.sort((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0));
  return [...new Set([...inTurn.slice(0, most - 2), ...sorted])].slice(0, most);
}
