/** A profile's rules compiled: per domain one automaton, and what each of its expressions grants. Pure. */
import { Automaton } from '../patterns/automaton.ts';
import { DOMAINS, type Domain, type Grant, type Question, type Surroundings } from './grant-types.ts';
import { parts } from './grants.ts';
import { readRegex, type Nfa } from '../patterns/regex.ts';
import type { ProfileBlock, ProfileText, Rule } from '../syntax/ast.ts';

/** A rule whose expression cannot be read: it grants nothing. */
interface Unreadable {
  readonly rule: Rule;
  readonly problem: string;
}

/** The rules of one domain. */
export interface CompiledRule {
  readonly grants: readonly Grant[];
  /** Expressions, each once; the automaton's tags are its indexes. */
  readonly regexes: readonly string[];
  readonly automaton: Automaton;
  readonly byTag: readonly (readonly Grant[])[];
}

export interface Policy {
  readonly domains: Readonly<Record<Domain, CompiledRule>>;
  readonly unreadable: readonly Unreadable[];
}

const ALONE: Surroundings = { aliases: [], children: false };
const policies = new WeakMap<ProfileBlock, { surroundings: Surroundings; policy: Policy }>();
const automata = new Map<string, ReturnType<typeof readRegex>>();

/** What the file around a profile adds to it. */
export function surroundingsOf(text: ProfileText, block: ProfileBlock): Surroundings {
  return { aliases: text.aliases, children: text.profiles.some(({ name }) => name.startsWith(`${block.name}//`)) };
}

/** @returns the profile compiled; from memory when it was compiled before. */
export function policyOf(block: ProfileBlock, surroundings: Surroundings = ALONE): Policy {
  const known = policies.get(block);
  if (
    known !== undefined &&
    known.surroundings.children === surroundings.children &&
    known.surroundings.aliases === surroundings.aliases
  )
    return known.policy;
  const policy = compilePolicy(block, surroundings);
  policies.set(block, { surroundings, policy });
  return policy;
}

function compilePolicy(block: ProfileBlock, surroundings: Surroundings): Policy {
  const grants: Grant[] = implied(block, surroundings);
  const unreadable: Unreadable[] = [];
  for (const rule of block.rules) {
    const { access: effect, priority = 0, audit } = rule.qualifiers;
    for (const part of parts(rule, surroundings)) {
      if ('problem' in part) {
        unreadable.push({ rule, problem: part.problem });
        continue;
      }
      const nfa = expressionOf(part.regex);
      if ('problem' in nfa) unreadable.push({ rule, problem: nfa.problem });
      else grants.push({ rule, effect, priority, audit, ...part });
    }
  }
  const domains = Object.fromEntries(
    DOMAINS.map((domain) => [domain, compileGrants(grants.filter((grant) => grant.domain === domain))]),
  ) as Record<Domain, CompiledRule>;
  return { domains, unreadable };
}

/** @returns an automaton over the expressions of these grants. */
export function compileGrants(grants: readonly Grant[]): CompiledRule {
  const regexes = [...new Set(grants.map(({ regex }) => regex))];
  const byTag = regexes.map((regex) => grants.filter((grant) => grant.regex === regex));
  const nfas = regexes.map(expressionOf).filter((nfa) => 'sets' in nfa);
  return { grants, regexes, automaton: new Automaton(nfas), byTag };
}

/** Whether an expression has no wildcard: its exec mode goes before others. */
export function isExact(regex: string): boolean {
  const nfa = expressionOf(regex);
  return 'exact' in nfa && nfa.exact;
}

function expressionOf(regex: string): Nfa | { readonly problem: string } {
  const known = automata.get(regex);
  if (known !== undefined) return known;
  const nfa = readRegex(regex);
  if (automata.size < 20_000) automata.set(regex, nfa);
  return nfa;
}

/** Files that the parser lets a profile use so that it can change profile or hat; only where they are its own. */
function implied(block: ProfileBlock, { children }: Surroundings): Grant[] {
  const hats = block.kind === 'hat' || children;
  const changes = block.rules.some(({ kind }) => kind === 'change_profile');
  const grant = (regex: string, letter: string): Grant => ({
    rule: undefined,
    domain: 'file',
    words: [new Set(letter), new Set(['owner'])],
    regex,
    effect: 'allow',
    priority: 0,
    audit: false,
  });
  return [
    ...(hats || changes
      ? [grant('/proc/[^/\\x00][^/\\x00]*/attr/apparmor/', 'r'), grant('/sys/module/apparmor/parameters/enabled', 'r')]
      : []),
    ...(hats ? [grant('/proc/[0-9][^/\\x00]*/attr/(apparmor/|)current', 'w')] : []),
    ...(changes ? [grant('/proc/[^/\\x00][^/\\x00]*/attr/(apparmor/|)(current|exec)', 'w')] : []),
  ];
}

/** Everything that the policy says to a question. */
export function grantsFor(policy: Policy, question: Question): Grant[] {
  const compiled = policy.domains[question.domain];
  return compiled.automaton
    .match(question.key)
    .flatMap((tag) => compiled.byTag[tag] ?? [])
    .filter((grant) => covers(grant, question.words));
}

export function covers(grant: Grant, words: readonly string[]): boolean {
  return words.every((word, i) => grant.words[i]?.has(word) ?? true);
}
