/**
 * The rules of a profile compiled: per domain one automaton, and what each of its expressions grants. The same profile
 * always gives the same policy; what was compiled is kept, since one profile answers very many questions.
 */
import { Automaton } from '../patterns/automaton.ts';
import type { GlobProblem } from '../patterns/glob.ts';
import { readRegex, type Nfa } from '../patterns/regex.ts';
import { DOMAINS, type Domain, type Grant, type Question, type Surroundings } from './grant-types.ts';
import { grantsOf } from './grants.ts';
import type { ProfileBlock, ProfileText, Rule } from '../syntax/ast.ts';

/** A rule with an expression that cannot be read: that expression grants nothing. */
/** A rule whose meaning is not known, and why. */
export interface UnreadableRule {
  readonly rule: Rule;
  readonly problem: string;
}

/** The rules of one domain. */
export interface CompiledDomain {
  readonly grants: readonly Grant[];
  /** Expressions, each once; the automaton's tags are its indexes. */
  readonly regexes: readonly string[];
  readonly automaton: Automaton;
  /** Per expression, the grants that have it. */
  readonly byTag: readonly (readonly Grant[])[];
}

/** A profile compiled. */
export interface Policy {
  readonly domains: Readonly<Record<Domain, CompiledDomain>>;
  readonly unreadable: readonly UnreadableRule[];
}

const NO_SURROUNDINGS: Surroundings = { aliases: [], children: false };

/** What the file around a profile adds to it. */
export function surroundingsOf(text: ProfileText, block: ProfileBlock): Surroundings {
  return { aliases: text.aliases, children: text.profiles.some(({ name }) => name.startsWith(`${block.name}//`)) };
}

/** The policy of each block, as last compiled. */
const policies = new WeakMap<ProfileBlock, { readonly surroundings: Surroundings; readonly policy: Policy }>();

/** @returns the profile compiled; the same object when it was compiled before. */
export function policyOf(block: ProfileBlock, surroundings: Surroundings = NO_SURROUNDINGS): Policy {
  const known = policies.get(block);
  if (known !== undefined && isSame(known.surroundings, surroundings)) return known.policy;
  const policy = compilePolicy(block, surroundings);
  policies.set(block, { surroundings, policy });
  return policy;
}

function isSame(a: Surroundings, b: Surroundings): boolean {
  return a.children === b.children && a.aliases === b.aliases;
}

function compilePolicy(block: ProfileBlock, surroundings: Surroundings): Policy {
  const grants = impliedGrants(block, surroundings);
  const unreadable: UnreadableRule[] = [];
  for (const rule of block.rules) {
    const { access: effect, priority = 0, audit } = rule.qualifiers;
    for (const part of grantsOf(rule, surroundings)) {
      if ('problem' in part) {
        unreadable.push({ rule, problem: part.problem });
        continue;
      }
      const problem = problemOf(part.regex);
      if (problem === undefined) grants.push({ rule, effect, priority, audit, ...part });
      else unreadable.push({ rule, problem });
    }
  }
  const domains = DOMAINS.map((domain) => [domain, compileGrants(grants.filter((grant) => grant.domain === domain))]);
  return { domains: Object.fromEntries(domains) as Record<Domain, CompiledDomain>, unreadable };
}

/** @returns an automaton over the expressions of these grants. */
export function compileGrants(grants: readonly Grant[]): CompiledDomain {
  const regexes = [...new Set(grants.map(({ regex }) => regex))];
  const byTag = regexes.map((regex) => grants.filter((grant) => grant.regex === regex));
  const automata = regexes.map(nfaOf).filter((nfa) => 'sets' in nfa);
  return { grants, regexes, automaton: new Automaton(automata), byTag };
}

/** Whether an expression has no wildcard: its exec mode takes precedence over others. */
export function isExact(regex: string): boolean {
  const nfa = nfaOf(regex);
  return 'exact' in nfa && nfa.exact;
}

function problemOf(regex: string): string | undefined {
  const nfa = nfaOf(regex);
  return 'problem' in nfa ? nfa.problem : undefined;
}

const MAX_KEPT_NFAS = 20_000;
const nfas = new Map<string, Nfa | GlobProblem>();

/** As `readRegex`; the same object when the expression was read before. */
function nfaOf(regex: string): Nfa | GlobProblem {
  const known = nfas.get(regex);
  if (known !== undefined) return known;
  const nfa = readRegex(regex);
  if (nfas.size < MAX_KEPT_NFAS) nfas.set(regex, nfa);
  return nfa;
}

/**
 * Files that the parser lets a profile with hats or change_profile rules use, where they belong to the user
 * (profile.cc, add_proc_access).
 */
function impliedGrants(block: ProfileBlock, { children }: Surroundings): Grant[] {
  const hasHats = block.kind === 'hat' || children;
  const changesProfile = block.rules.some(({ kind }) => kind === 'change_profile');
  const grants: Grant[] = [];
  if (hasHats || changesProfile) {
    grants.push(impliedGrant('/proc/[^/\\x00][^/\\x00]*/attr/apparmor/', 'r'));
    grants.push(impliedGrant('/sys/module/apparmor/parameters/enabled', 'r'));
  }
  if (hasHats) grants.push(impliedGrant('/proc/[0-9][^/\\x00]*/attr/(apparmor/|)current', 'w'));
  if (changesProfile) grants.push(impliedGrant('/proc/[^/\\x00][^/\\x00]*/attr/(apparmor/|)(current|exec)', 'w'));
  return grants;
}

function impliedGrant(regex: string, letter: string): Grant {
  return {
    rule: undefined,
    domain: 'file',
    words: [new Set(letter), new Set(['owner'])],
    regex,
    effect: 'allow',
    priority: 0,
    audit: false,
  };
}

/** @returns every grant that covers a question. */
export function grantsFor(policy: Policy, question: Question): Grant[] {
  const { automaton, byTag } = policy.domains[question.domain];
  const matching = automaton.match(question.key).flatMap((tag) => byTag[tag] ?? []);
  return matching.filter((grant) => covers(grant, question.words));
}

/** Whether a grant covers these words, whatever the key. */
export function covers(grant: Grant, words: readonly string[]): boolean {
  return words.every((word, position) => grant.words[position]?.has(word) ?? true);
}
