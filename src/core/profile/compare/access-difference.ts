/** Accesses that two profiles answer differently, found from their expressions, with examples. Pure. */
import { accessOf, type Access } from '../semantics/access.ts';
import { answer, rulesOf, type Answer } from '../semantics/decide-access.ts';
import { DOMAINS, type Domain, type Grant, type Question, type Surroundings } from '../semantics/grant-types.ts';
import { compileGrants, covers, policyOf } from '../semantics/policy.ts';
import type { Change, Difference } from './access-change.ts';
import { blockDifferences } from './block-difference.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';
import { NAME_SHAPES, wordsOf } from '../semantics/question-space.ts';

interface Comparison {
  readonly differences: readonly Difference[];
  /** What could not be looked through. */
  readonly notes: readonly string[];
}

export interface CompareOptions {
  readonly base?: Surroundings;
  readonly head?: Surroundings;
  /** Also where only the record differs. */
  readonly logging?: boolean;
  /** Examples for each difference; default 3. */
  readonly examples?: number;
}

/** @returns what HEAD answers differently from BASE; empty when they differ in form only. */
export function differences(
  base: ProfileBlock,
  head: ProfileBlock,
  options: CompareOptions = {},
): readonly Difference[] {
  return compare(base, head, options).differences;
}

/** As `differences`, and what could not be compared. */
export function compare(base: ProfileBlock, head: ProfileBlock, options: CompareOptions = {}): Comparison {
  const before = policyOf(base, options.base);
  const after = policyOf(head, options.head);
  const notes = [...before.unreadable, ...after.unreadable].map(
    ({ rule, problem }) =>
      `${rule.span.file}:${rule.span.line}: the rule \`${rule.text}\` cannot be compared: ${problem}.`,
  );
  const found = DOMAINS.flatMap((domain) => {
    const one = compareDomain(domain, before.domains[domain].grants, after.domains[domain].grants, options);
    if (!one.complete)
      notes.push(`Rules of the class ${domain} are too many to look through them all: there may be more differences.`);
    return one.found;
  });
  return { differences: [...blockDifferences(base, head), ...merge(found, options.examples ?? 3)], notes };
}

interface Found {
  readonly change: Change;
  readonly domain: Domain;
  readonly words: readonly string[];
  readonly keys: readonly string[];
  readonly base: readonly Rule[];
  readonly head: readonly Rule[];
}

function compareDomain(
  domain: Domain,
  before: readonly Grant[],
  after: readonly Grant[],
  options: CompareOptions,
): { found: Found[]; complete: boolean } {
  const had = new Set(before.map(meaning));
  const has = new Set(after.map(meaning));
  const isNew = (grant: Grant): boolean => !had.has(meaning(grant));
  const isGone = (grant: Grant): boolean => !has.has(meaning(grant));
  const changed = [...before.filter(isGone), ...after.filter(isNew)];
  if (changed.length === 0) return { found: [], complete: true };
  const { automaton, regexes } = compileGrants([...before, ...after]);
  const focus = new Set(changed.map(({ regex }) => regexes.indexOf(regex)));
  const { sets, complete } = automaton.tagSets(NAME_SHAPES[domain], { focus, examples: options.examples ?? 3 });
  const combinations = wordsOf(domain, [...before, ...after]);
  const [oldByTag, newByTag] = [before, after].map((grants) =>
    regexes.map((regex) => grants.filter((grant) => grant.regex === regex)),
  );
  const found = sets
    .filter(({ tags }) => tags.some((tag) => focus.has(tag)))
    .flatMap(({ tags, examples }) => {
      const [old, young] = [oldByTag, newByTag].map((byTag) => tags.flatMap((tag) => byTag?.[tag] ?? []));
      return combinations.flatMap((words): Found[] => {
        const was = answer((old ?? []).filter((grant) => covers(grant, words)));
        const is = answer((young ?? []).filter((grant) => covers(grant, words)));
        const change = changeOf(was, is, options.logging === true);
        if (change === undefined) return [];
        return [
          {
            change,
            domain,
            words,
            keys: examples.map((key) => Buffer.from(key).toString()),
            base: rulesOf(was.deciding.filter(isGone)),
            head: rulesOf(is.deciding.filter(isNew)),
          },
        ];
      });
    });
  return { found, complete };
}

function changeOf(was: Answer, is: Answer, logging: boolean): Change | undefined {
  if (was.allowed !== is.allowed) return is.allowed ? 'allowed' : 'denied';
  if (was.transition !== is.transition) return 'transition';
  return logging && was.logged !== is.logged ? 'logging' : undefined;
}

/** The same for grants that mean the same, whatever rule they come from. */
function meaning({ domain, words, regex, effect, priority, audit, detail }: Grant): string {
  return JSON.stringify([
    domain,
    words.map((set) => (set === undefined ? null : [...set].sort())),
    regex,
    effect,
    priority,
    audit,
    detail,
  ]);
}

/** One entry for what the same rules changed in the same way. */
function merge(found: readonly Found[], most: number): Difference[] {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const key = JSON.stringify([
      one.change,
      className(one.domain),
      one.base.map(({ id }) => id),
      one.head.map(({ id }) => id),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group): Difference[] => {
    const [first] = group;
    if (first === undefined) return [];
    const permissions = [...new Set(group.map(({ domain, words }) => permissionOf(domain, words)))];
    return [
      {
        change: first.change,
        class: className(first.domain),
        permissions: permissions.filter((one) => one !== 'a' || !permissions.includes('w')),
        examples: pick(group, most),
        base: first.base,
        head: first.head,
      },
    ];
  });
}

function className(domain: Domain): string {
  return domain === 'link' ? 'file' : domain;
}

function permissionOf(domain: Domain, words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (domain === 'link') return 'l';
  return domain === 'network' ? `${first} ${second}` : domain === 'signal' ? `${first} ${second}` : first;
}

/** The plainest keys, each with another permission if there are several. */
function pick(group: readonly Found[], most: number): Access[] {
  const all = group
    .flatMap(({ domain, words, keys }) => keys.map((key) => ({ domain, words, key })))
    .sort((a, b) => a.key.length - b.key.length);
  const owned = all.filter(({ words }) => !words.includes('other')); // what is true of the owner is the plainer example
  const plain = owned.length > 0 ? owned : all;
  const chosen: typeof plain = [];
  for (const fresh of [({ key }: Question) => key, ({ domain, words }: Question) => permissionOf(domain, words)]) {
    for (const one of plain)
      if (chosen.length < most && !chosen.includes(one) && !chosen.some((other) => fresh(other) === fresh(one)))
        chosen.push(one);
  }
  return chosen.map(accessOf);
}
