/**
 * Rules as grants: what an access must be for a rule to have a say in it, in one form for all classes. An access is a
 * question: a domain, words (a permission and whose file; a socket's family and type; …) and a key that expressions
 * match (a path, a label, several texts with NULs between). Pure.
 */
import { fileGrants, linkGrants } from './file-grants.ts';
import { mountGrants } from './mount-grants.ts';
import { networkGrants } from './network-grants.ts';
import { changeProfileGrants, peerGrants } from './peer-grants.ts';
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

/** @returns the rule's parts: several where it has several expressions, or says something in several domains. */
export function parts(rule: Rule, surroundings: Surroundings): Part[] {
  switch (rule.kind) {
    case 'file':
      return fileGrants(rule, surroundings);
    case 'link':
      return linkGrants(rule, surroundings);
    case 'capability':
      return [{ domain: 'capability', words: [some(rule.names)], regex: '' }];
    case 'network':
      return networkGrants(rule);
    case 'mount':
    case 'remount':
    case 'umount':
    case 'pivot_root':
      return mountGrants(rule);
    case 'ptrace':
    case 'signal':
    case 'dbus':
    case 'unix':
    case 'mqueue':
    case 'io_uring':
      return peerGrants(rule);
    case 'change_profile':
      return changeProfileGrants(rule);
    case 'userns':
      return [{ domain: 'userns', words: [some(rule.access)], regex: '' }];
    case 'rlimit':
      return []; // sets a limit, and answers no question
    case 'all':
      return everything(rule.qualifiers.priority ?? 0);
  }
}

/** `all,`: every class, and execution at a priority two lower than the rule's own (all_rule.cc). */
function everything(priority: number): Part[] {
  const any = '[\\000-\\377]*';
  const rest = DOMAINS.filter((domain) => domain !== 'file').map((domain): Part => ({
    domain,
    words: [],
    regex: domain === 'capability' || domain === 'network' || domain === 'userns' ? '' : any,
  }));
  const path = '/[^\\000]*';
  return [
    ...rest,
    { domain: 'file', words: [new Set('rwakm')], regex: path },
    { domain: 'file', words: [new Set('x')], regex: path, detail: 'ix', priority: priority - 2 },
  ];
}

/** A set of words; empty stands for all. */
export function some(words: readonly string[]): Words | undefined {
  return words.length === 0 ? undefined : new Set(words);
}
