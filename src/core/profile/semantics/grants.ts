/** The grants of a rule, by its class. Pure. */
import { fileGrants, linkGrants } from './file-grants.ts';
import { DOMAINS, wordSet, type Domain, type RuleGrant, type RuleGrants, type Surroundings } from './grant-types.ts';
import { mountGrants } from './mount-grants.ts';
import { networkGrants } from './network-grants.ts';
import { changeProfileGrants, peerGrants } from './peer-grants.ts';
import type { FileRule, PlainRule, Rule } from '../syntax/ast.ts';

/** The rule that a kind belongs to. */
type RuleOf<K extends Rule['kind'], R extends Rule = Rule> = R extends Rule ? (K extends R['kind'] ? R : never) : never;

/** How rules of each kind become grants. Several for a rule with several expressions, or one of several domains. */
const GRANTS: { readonly [K in Rule['kind']]: (rule: RuleOf<K>, surroundings: Surroundings) => RuleGrants } = {
  file: fileGrants,
  link: linkGrants,
  capability: ({ names }) => [{ domain: 'capability', words: [wordSet(names)], regex: '' }],
  network: networkGrants,
  mount: mountGrants,
  remount: mountGrants,
  umount: mountGrants,
  pivot_root: mountGrants,
  ptrace: peerGrants,
  signal: peerGrants,
  dbus: peerGrants,
  unix: peerGrants,
  mqueue: peerGrants,
  io_uring: peerGrants,
  change_profile: changeProfileGrants,
  userns: ({ access }) => [{ domain: 'userns', words: [wordSet(access)], regex: '' }],
  rlimit: () => [], // sets a limit, and covers no access
  all: (rule, surroundings) => allGrants(rule, surroundings),
};

/** @returns the grants of a rule, and what is wrong with those of its expressions that cannot be read. */
export function grantsOf(rule: Rule, surroundings: Surroundings): RuleGrants {
  const grants = GRANTS[rule.kind] as (rule: Rule, surroundings: Surroundings) => RuleGrants; // the one for its kind
  return grants(rule, surroundings);
}

/** Domains whose questions have an empty key. */
const WITHOUT_KEY: readonly Domain[] = ['capability', 'network', 'userns'];

/** `all,`: every class. Files as by `file,`, but execution has a priority two lower than the rule's (all_rule.cc). */
function allGrants(rule: PlainRule, surroundings: Surroundings): RuleGrants {
  const others = DOMAINS.filter((domain) => domain !== 'file' && domain !== 'link').map((domain): RuleGrant => ({
    domain,
    words: [],
    regex: WITHOUT_KEY.includes(domain) ? '' : '[\\000-\\377]*',
  }));
  const files = fileGrants({ ...rule, kind: 'file', permissions: 'rwlkm' }, surroundings);
  const execution: FileRule = { ...rule, kind: 'file', permissions: 'x', exec: { mode: 'ix' } };
  const priority = (rule.qualifiers.priority ?? 0) - 2;
  return [...others, ...files, ...fileGrants(execution, surroundings).map((grant) => ({ ...grant, priority }))];
}
