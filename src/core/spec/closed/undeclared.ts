/**
 * What a profile's rules allow of a closed class beyond what is declared, whether the container has it or not: no
 * attempt reaches a mount point, a label or a capability that nobody there can have. Pure.
 */
import type { ClosedClass } from '../../model/model.ts';
import { answer, rulesOf } from '../../profile/semantics/decide-access.ts';
import type { Domain } from '../../profile/semantics/grant-types.ts';
import { compileGrants, covers, type Policy } from '../../profile/semantics/policy.ts';
import { NAME_SHAPES, wordsOf } from '../../profile/semantics/question-space.ts';
import type { Rule } from '../../profile/syntax/ast.ts';
import { allows } from './allow.ts';
import { isNeverAsked, isOtherHalf } from './peer-members.ts';

/** Something that is allowed and not declared. */
export interface Undeclared {
  /** As `allow:` would name it. */
  readonly words: readonly string[];
  /** The rules that allow it. */
  readonly rules: readonly Rule[];
}

/** A question to a profile's rules, in the words of the members of a class. */
interface Reading {
  readonly words: readonly string[];
  /** The parts of the key that the rules' expressions match. */
  readonly key: readonly string[];
  /** The profile under test, as its author wrote it. */
  readonly profile: string;
}

/** @returns the members that a question is about. */
type MembersOfQuestion = (reading: Reading) => readonly (readonly string[])[];

const EXAMPLES_PER_SET = 3;
const PROPAGATIONS = ['unbindable', 'private', 'slave', 'shared'];

/** Of each class: which rules it is about, and what they say of its members. Programs and files are asked otherwise. */
const DOMAINS: Readonly<Record<string, Readonly<Partial<Record<Domain, MembersOfQuestion>>>>> = {
  capability: { capability: ({ words: [name = ''] }) => [[name]] },
  network: {
    network: ({ words: [family = '', type = '', access = ''] }) => (access === 'create' ? [[family, type]] : []),
  },
  mount: {
    mount: ({ words: [flags = ''], key: [, , type = ''] }) => [mountWords(flags.split(','), type)],
    umount: () => [['umount']],
    pivot_root: () => [['pivot_root']],
  },
  userns: { userns: ({ words: [access = ''] }) => [[access]] },
  io_uring: { io_uring: ({ words: [use = ''] }) => [[use]] },
  mqueue: { mqueue: ({ words: [access = ''] }) => (MQUEUE_ACCESSES.has(access) ? [[access]] : []) },
  ptrace: { ptrace: ({ words: [access = ''], key: [label = ''], profile }) => [[access, labelIn(label, profile)]] },
  signal: {
    signal: ({ words: [access = '', signal = ''], key: [label = ''], profile }) =>
      signal === NO_SIGNAL ? [] : [[access, labelIn(label, profile), signal]],
  },
  change_profile: {
    change_profile: ({ key: [program = '', label = ''] }) =>
      program === '' ? ['change_profile', 'stack'].map((change) => [change, label]) : [['change_onexec', label]],
  },
};

const MQUEUE_ACCESSES: ReadonlySet<string> = new Set(['create', 'read', 'write', 'delete']);

/** The parser knows it; no kernel of these architectures has it. */
const NO_SIGNAL = 'emt';

/** A label that no peer has stands for all of which the spec has no name. */
const OTHER = 'other';

/**
 * @param peers the labels that members of the class have by name.
 * @returns for each set of rules one thing that they allow and the class does not declare.
 */
export function undeclaredIn(
  { class: name, allow, open = [] }: Pick<ClosedClass, 'class' | 'allow' | 'open'>,
  policy: Policy,
  { profile, peers }: { readonly profile: string; readonly peers: readonly string[] },
): readonly Undeclared[] {
  const named = new Set(['own', 'unconfined', ...peers]);
  const isDeclared = (words: readonly string[]): boolean => {
    const [access = '', label = '', ...rest] = words;
    const forms = LABELLED.has(name) && !named.has(label) ? [words, [access, OTHER, ...rest]] : [words];
    return [...allow, ...open].some((entry) => forms.some((form) => allows(withinMember(entry, form), form)));
  };
  const domains = Object.entries(DOMAINS[name] ?? {}) as [Domain, MembersOfQuestion][];
  const found = domains.flatMap(([domain, membersOf]) =>
    allowedIn(policy, domain).flatMap(({ words, key, rules }) =>
      membersOf({ words, key: key.split('\0'), profile })
        .filter((member) => !isNeverAsked(member) && !isOtherHalf(member) && !isDeclared(member))
        .map((member): Undeclared => ({ words: member, rules })),
    ),
  );
  const byRules = new Map(found.reverse().map((one) => [one.rules.map(({ id }) => id).join(' '), one]));
  return [...byRules.values()].reverse();
}

const LABELLED: ReadonlySet<string> = new Set(['ptrace', 'signal']);

/** An entry can say more than rules can: of a socket its protocol. */
function withinMember(entry: string, { length }: readonly string[]): string {
  return entry.trim().split(/\s+/).slice(0, length).join(' ');
}

interface Allowed {
  readonly words: readonly string[];
  readonly key: string;
  readonly rules: readonly Rule[];
}

/** An example, at least, of all that the rules of a domain allow. */
function allowedIn({ domains }: Policy, domain: Domain): readonly Allowed[] {
  // grants that the parser adds are no rule's, and the same for every profile
  const ofRules = domains[domain].grants.filter(({ rule }) => rule !== undefined);
  const { grants, byTag, automaton } = compileGrants(ofRules);
  if (grants.length === 0) return [];
  const combinations = wordsOf(domain, grants);
  const { sets } = automaton.tagSets(NAME_SHAPES[domain], { examples: EXAMPLES_PER_SET });
  return sets.flatMap(({ tags, examples }) => {
    const matching = tags.flatMap((tag) => byTag[tag] ?? []);
    const answers = combinations.flatMap((words) => {
      const { allowed, deciding } = answer(matching.filter((grant) => covers(grant, words)));
      return allowed ? [{ words, rules: rulesOf(deciding) }] : [];
    });
    const keys = examples.map((bytes) => Buffer.from(bytes).toString());
    return answers.flatMap((one) => keys.map((key): Allowed => ({ ...one, key })));
  });
}

function mountWords(flags: readonly string[], type: string): readonly string[] {
  const names = flags.map((flag) => flag.replace(/^make-/, ''));
  const spread = PROPAGATIONS.find((word) => names.includes(word) || names.includes(`r${word}`));
  if (flags.includes('remount')) return ['remount'];
  if (flags.includes('rbind')) return ['rbind'];
  if (flags.includes('bind')) return ['bind'];
  if (spread !== undefined) return [`make-${names.includes(`r${spread}`) ? 'r' : ''}${spread}`];
  return flags.includes('move') ? ['move'] : ['new', type];
}

function labelIn(label: string, profile: string): string {
  return label === profile ? 'own' : label;
}
