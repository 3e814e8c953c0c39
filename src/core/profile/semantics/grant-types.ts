/**
 * The form that every rule and every access is brought to, so that one can be held against the other. An access is a
 * question: a domain, words (a permission and whose file; a socket's family and type; …) and a key that expressions
 * match (a path, a label, several texts with NULs between). A rule is the grants that answer it. Plain data.
 */
import type { Rule } from '../syntax/ast.ts';

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
export type Domain = (typeof DOMAINS)[number];

/** A question that policy answers. */
export interface Question {
  readonly domain: Domain;
  readonly words: readonly string[];
  readonly key: string;
}

/** Words that a rule covers, and of these the ones that it names. */
export type Words = Pick<ReadonlySet<string>, 'has'> & Iterable<string>;

/** What a rule says to all questions whose words are among its own and whose key its expression matches. */
export interface Grant {
  /** Undefined: the parser adds it by itself. */
  readonly rule: Rule | undefined;
  readonly domain: Domain;
  /** In the order of the question's words; undefined: any. */
  readonly words: readonly (Words | undefined)[];
  readonly regex: string;
  readonly effect: 'allow' | 'deny' | 'prompt';
  readonly priority: number;
  /** Whether it asks for a record; a deny rule that does not keeps the kernel quiet. */
  readonly audit: boolean;
  /** For execution: the mode and its target. For mounts: the flags as numbers. */
  readonly detail?: string;
}

/** What surrounds a profile in its file and has a part in its meaning. */
export interface Surroundings {
  readonly aliases: readonly { readonly from: string; readonly to: string }[];
  /** Whether hats or child profiles are its own. */
  readonly children: boolean;
}

/** A grant without what every grant of a rule has in common, or why an expression of the rule cannot be read. */
export type Part =
  | (Omit<Grant, 'rule' | 'effect' | 'priority' | 'audit'> & { readonly priority?: number })
  | { readonly problem: string };

/** A set of words; empty stands for all. */
export function some(words: readonly string[]): Words | undefined {
  return words.length === 0 ? undefined : new Set(words);
}
