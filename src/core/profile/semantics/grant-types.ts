/**
 * The common form of all rules and all accesses, whatever their class. An access is a question: a domain, words (a
 * permission and whose file it is; a socket's family and type; …), and a key that expressions match (a path, a label,
 * several texts with NULs between). A rule is a list of grants, each of which covers some questions. Plain data.
 */
import type { GlobProblem } from '../patterns/glob.ts';
import type { Conditions, Rule } from '../syntax/ast.ts';

/** The classes of questions; those of a hard link are not among those of a file. */
export const DOMAINS = [
  'file',
  'link',
  'capability',
  'network',
  'mount',
  'umount',
  'pivot_root',
  'ptrace',
  'signal',
  'dbus',
  'unix',
  'mqueue',
  'io_uring',
  'change_profile',
  'userns',
] as const;

/** One of {@link DOMAINS}. */
export type Domain = (typeof DOMAINS)[number];

/** Whether this access is allowed. */
export interface Question {
  readonly domain: Domain;
  readonly words: readonly string[];
  /** Empty for domains whose rules have no expressions. */
  readonly key: string;
}

/** The words that a rule covers; iterated, those that it names. */
export type Words = Pick<ReadonlySet<string>, 'has'> & Iterable<string>;

/** Covers all questions whose words are among its own and whose key its expression matches. */
export interface Grant {
  /** Undefined: the parser adds it by itself. */
  readonly rule: Rule | undefined;
  readonly domain: Domain;
  /** In the order of the question's words; undefined: any. */
  readonly words: readonly (Words | undefined)[];
  readonly regex: string;
  readonly effect: 'allow' | 'deny' | 'prompt';
  readonly priority: number;
  /** Whether the rule says `audit`: an allow rule then logs, a deny rule no longer suppresses the record. */
  readonly audit: boolean;
  /**
   * For execution: the mode and its target. For pivot_root: its target. For mounts: their kind and the flags as
   * numbers. For links and change_profile: under which condition.
   */
  readonly detail?: string;
}

/** What the file around a profile adds to its meaning. */
export interface Surroundings {
  readonly aliases: readonly { readonly from: string; readonly to: string }[];
  /** Whether it has hats or child profiles. */
  readonly children: boolean;
}

/** A grant without what all grants of a rule have in common. `priority`: where it is not the rule's own. */
export type RuleGrant = Omit<Grant, 'rule' | 'effect' | 'priority' | 'audit'> & { readonly priority?: number };

/** The grants of one rule; a problem in place of one whose expression cannot be read. */
export type RuleGrants = readonly (RuleGrant | GlobProblem)[];

/** A set of words; undefined, which covers all, where none is named. */
export function wordSet(words: readonly string[]): Words | undefined {
  return words.length === 0 ? undefined : new Set(words);
}

/**
 * Conditions that no expression of the key stands for: together they are one word, which covers only itself. So a rule
 * that loses one of them, or gets another, covers other questions than before.
 * @param consumed keys that are asked about in another way.
 */
export function conditionWords(conditions: Conditions, consumed: readonly string[] = []): Words | undefined {
  const texts = Object.entries(conditions)
    .filter(([key]) => !consumed.includes(key))
    .map(([key, { expanded }]) => `${key}=${expanded.join(',')}`);
  return wordSet(texts.length === 0 ? [] : [texts.sort().join(' ')]);
}
