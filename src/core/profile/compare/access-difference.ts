/** Accesses that two profiles answer differently, found from their expressions, with examples. Pure. */
import { defined } from '#core/model/optional.ts';
import { accessOf, type Access } from '../semantics/access.ts';
import { answer, rulesOf, type Answer, type Condition } from '../semantics/decide-access.ts';
import { DOMAINS, type Domain, type Grant, type Question, type Surroundings } from '../semantics/grant-types.ts';
import { compileGrants, covers, policyOf, type UnreadableRule } from '../semantics/policy.ts';
import { NAME_SHAPES, wordsOf } from '../semantics/question-space.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';
import type { Change, Difference } from './access-change.ts';
import { blockDifferences } from './block-difference.ts';
import { ruleMeaning } from './rule-changes.ts';

interface Comparison {
  readonly differences: readonly Difference[];
  /** Rules that cannot be read, and are the same on both sides, in sentences. */
  readonly notes: readonly string[];
  /** What could not be compared, in sentences: more may differ. */
  readonly gaps: readonly string[];
}

/** What surrounds each profile in its file, and what is reported. */
export interface CompareOptions {
  readonly base?: Surroundings;
  readonly head?: Surroundings;
  /** Examples for each difference; default 3. */
  readonly examples?: number;
}

const DEFAULT_EXAMPLES = 3;

/** @returns what HEAD answers differently from BASE; nothing when they differ in form only. */
export function compareBlocks(base: ProfileBlock, head: ProfileBlock, options: CompareOptions = {}): Comparison {
  const before = policyOf(base, options.base);
  const after = policyOf(head, options.head);
  const unreadable = [...before.unreadable, ...after.unreadable];
  const isUnchanged = ({ rule }: UnreadableRule): boolean =>
    [base, head].every(({ rules }) => rules.some((other) => ruleMeaning(other) === ruleMeaning(rule)));
  const notes = unreadable.filter(isUnchanged).map(unreadableText);
  const gaps = unreadable.filter((each) => !isUnchanged(each)).map(unreadableText);

  const changes = DOMAINS.flatMap((domain) => {
    const grants = { before: before.domains[domain].grants, after: after.domains[domain].grants };
    const result = compareDomain(domain, grants, { mode: commonMode(base, head), ...options });
    if (!result.complete) {
      gaps.push(`Rules of the class ${domain} are too many to look through them all: there may be more differences.`);
    }
    return result.changes;
  });
  const differences = merge(changes, options.examples ?? DEFAULT_EXAMPLES);
  return { differences: [...blockDifferences(base, head), ...differences], notes, gaps };
}

function unreadableText({ rule, problem }: UnreadableRule): string {
  return `${rule.span.file}:${rule.span.line}: the rule \`${rule.text}\` cannot be compared: ${problem}.`;
}

/** Questions with the same words that are answered differently, because of the same rules. */
interface AnswerChange {
  readonly change: Change;
  /** What is not seen in the answer to an access. */
  readonly detail: string | undefined;
  readonly domain: Domain;
  readonly words: readonly string[];
  /** Examples of their keys. */
  readonly keys: readonly string[];
  readonly base: readonly Rule[];
  readonly head: readonly Rule[];
}

function compareDomain(
  domain: Domain,
  { before, after }: { readonly before: readonly Grant[]; readonly after: readonly Grant[] },
  { examples = DEFAULT_EXAMPLES, mode }: CompareOptions & { readonly mode: CommonMode },
): { readonly changes: readonly AnswerChange[]; readonly complete: boolean } {
  const { isGone, isNew } = changedGrants(before, after);
  const changed = [...before.filter(isGone), ...after.filter(isNew)];
  if (changed.length === 0) return { changes: [], complete: true };

  const { automaton, regexes } = compileGrants([...before, ...after]);
  const focus = new Set(changed.map(({ regex }) => regexes.indexOf(regex)));
  const { sets, complete } = automaton.tagSets(NAME_SHAPES[domain], { focus, examples });
  const combinations = wordsOf(domain, [...before, ...after]);
  const beforeByTag = regexes.map((regex) => before.filter((grant) => grant.regex === regex));
  const afterByTag = regexes.map((regex) => after.filter((grant) => grant.regex === regex));

  const concerned = sets.filter(({ tags }) => tags.some((tag) => focus.has(tag)));
  const changes = concerned.flatMap((set) => {
    const old = set.tags.flatMap((tag) => beforeByTag[tag] ?? []);
    const current = set.tags.flatMap((tag) => afterByTag[tag] ?? []);
    const keys = set.examples.map((key) => Buffer.from(key).toString());
    return combinations.flatMap((words): AnswerChange[] => {
      const was = answer(old.filter((grant) => covers(grant, words)));
      const is = answer(current.filter((grant) => covers(grant, words)));
      const change = changeOf(was, is, mode);
      if (change === undefined) return [];
      const detail = detailOf(change, was, is);
      const rules = { base: rulesOf(was.deciding.filter(isGone)), head: rulesOf(is.deciding.filter(isNew)) };
      return [{ change, detail, domain, words, keys, ...rules }];
    });
  });
  return { changes, complete };
}

interface ChangedGrants {
  readonly isGone: (grant: Grant) => boolean;
  readonly isNew: (grant: Grant) => boolean;
}

/** Which grants have no counterpart on the other side that means the same. */
function changedGrants(before: readonly Grant[], after: readonly Grant[]): ChangedGrants {
  const had = new Set(before.map(meaning));
  const has = new Set(after.map(meaning));
  return { isGone: (grant) => !has.has(meaning(grant)), isNew: (grant) => !had.has(meaning(grant)) };
}

/** The mode that both profiles are in, where it decides what no rule allows. */
type CommonMode = 'complain' | 'default_allow' | undefined;

function commonMode(base: ProfileBlock, head: ProfileBlock): CommonMode {
  const modes = ['complain', 'default_allow'] as const;
  return modes.find((mode) => base.flags.includes(mode) && head.flags.includes(mode));
}

/** By the rules as they are; where those answer alike, also by what the mode makes of a denial. */
function changeOf(was: Answer, is: Answer, mode: CommonMode): Change | undefined {
  if (was.allowed !== is.allowed) return is.allowed ? 'allowed' : 'denied';
  const leeway = leewayOf(is) - leewayOf(was) || Number(isLetThrough(is, mode)) - Number(isLetThrough(was, mode));
  if (leeway !== 0) return leeway > 0 ? 'loosened' : 'tightened';
  if (was.transition !== is.transition) return 'transition';
  return was.logged === is.logged ? undefined : 'logging';
}

/** More for an answer under which more is possible. */
function leewayOf({ allowed, condition, prompts = false }: Answer): number {
  if (allowed) return condition === undefined ? 3 : 2;
  return prompts ? 1 : 0;
}

/** Complain mode stops only what a rule denies silently; a profile that allows by default, only what a rule denies. */
function isLetThrough({ allowed, deciding, logged }: Answer, mode: CommonMode): boolean {
  if (allowed || mode === undefined) return allowed;
  return mode === 'complain' ? logged : deciding.length === 0;
}

/** What tells the answers apart, where the words of the access do not. */
function detailOf(change: Change, was: Answer, is: Answer): string | undefined {
  if (change === 'transition') return transitionText(was.transition, is.transition);
  const condition = change === 'tightened' ? is.condition : was.condition;
  if ((change !== 'loosened' && change !== 'tightened') || !was.allowed || !is.allowed) return undefined;
  return condition && CONDITION[condition];
}

const CONDITION: Readonly<Record<Condition, string>> = {
  subset: 'a link that has more permissions than its target',
  secure: 'a program under another profile whose environment is not cleared',
};

/** Modes in small letters keep the environment, those with a capital first letter clear it. */
function transitionText(was = '', is = ''): string {
  const text = `was ${was || 'none'} and is ${is || 'none'}`;
  const isOnlyCase = was !== is && was.slice(1) === is.slice(1) && was.toLowerCase() === is.toLowerCase();
  if (!isOnlyCase) return text;
  return `${text}: the environment is ${/^[a-z]/.test(is) ? 'no longer' : 'now'} cleared`;
}

/** The same text for grants that mean the same, whatever rule they come from. */
function meaning({ domain, words, regex, effect, priority, audit, detail }: Grant): string {
  const named = words.map((set) => (set === undefined ? null : [...set].sort()));
  return JSON.stringify([domain, named, regex, effect, priority, audit, detail]);
}

/** One difference for all that the same rules changed in the same way. */
function merge(changes: readonly AnswerChange[], examples: number): Difference[] {
  const groups = new Map<string, AnswerChange[]>();
  for (const change of changes) {
    const { domain, detail, base, head } = change;
    const key = JSON.stringify([change.change, className(domain), idsOf(base), idsOf(head), detail]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].flatMap((group) => differenceOf(group, examples));
}

function idsOf(rules: readonly Rule[]): readonly string[] {
  return rules.map(({ id }) => id);
}

function differenceOf(group: readonly AnswerChange[], examples: number): Difference[] {
  const [first] = group;
  if (first === undefined) return [];
  const permissions = [...new Set(group.map(({ domain, words }) => permissionOf(domain, words)))];
  return [
    defined({
      change: first.change,
      detail: first.detail,
      class: className(first.domain),
      // who may write may append: no need to say both
      permissions: permissions.filter((permission) => permission !== 'a' || !permissions.includes('w')),
      examples: pickExamples(group, examples),
      base: first.base,
      head: first.head,
    }),
  ];
}

function className(domain: Domain): string {
  return domain === 'link' ? 'file' : domain;
}

function permissionOf(domain: Domain, words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (domain === 'link') return 'l';
  return domain === 'network' || domain === 'signal' ? `${first} ${second}` : first;
}

/** The shortest keys: first one for each key, then for each permission that has none yet. */
function pickExamples(group: readonly AnswerChange[], most: number): Access[] {
  const questions = group
    .flatMap(({ domain, words, keys }) => keys.map((key): Question => ({ domain, words, key })))
    .sort((a, b) => a.key.length - b.key.length);
  const owned = questions.filter(({ words }) => !words.includes('other')); // the owner's access is the plainer example
  const plain = owned.length > 0 ? owned : questions;

  const chosen: Question[] = [];
  const aspects = [
    ({ key }: Question): string => key,
    ({ domain, words }: Question): string => permissionOf(domain, words),
  ];
  for (const aspect of aspects) {
    for (const question of plain) {
      const isFresh = chosen.every((other) => other !== question && aspect(other) !== aspect(question));
      if (isFresh && chosen.length < most) chosen.push(question);
    }
  }
  return chosen.map(accessOf);
}
