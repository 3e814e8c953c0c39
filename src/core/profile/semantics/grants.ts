/** Each rule as grants, by its class. Pure. */
import { fileGrants, linkGrants } from './file-grants.ts';
import { DOMAINS, some, type Part, type Surroundings } from './grant-types.ts';
import { mountGrants } from './mount-grants.ts';
import { networkGrants } from './network-grants.ts';
import { changeProfileGrants, peerGrants } from './peer-grants.ts';
import type { Rule } from '../syntax/ast.ts';

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
