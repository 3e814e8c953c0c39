/**
 * What a profile says to one access: deny goes before allow, a higher priority before a lower one, and an exec rule
 * without wildcards before others (libapparmor_re/hfa.cc, accept_perms). Pure.
 */
import { questionOf, type Access } from './access.ts';
import type { Grant, Surroundings } from './grant-types.ts';
import { grantsFor, isExact, policyOf } from './policy.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

interface Decision {
  readonly allowed: boolean;
  /** Every rule that says something to this access. */
  readonly matching: readonly Rule[];
  /** Those that made the answer what it is; empty when no rule allows it. */
  readonly deciding: readonly Rule[];
  /** For execution that is allowed: the mode and its target, as written. */
  readonly transition?: string;
}

/** An answer with the grants behind it. */
export interface Answer {
  readonly allowed: boolean;
  readonly deciding: readonly Grant[];
  readonly transition?: string;
  /** Whether the kernel writes a record. */
  readonly logged: boolean;
}

/**
 * The answer of the compiled policy; whether other layers of the system agree is not asked. A hard link that
 * passes here may still fail where the link would permit more than its target.
 */
export function decideAccess(block: ProfileBlock, access: Access, surroundings?: Surroundings): Decision {
  const grants = grantsFor(policyOf(block, surroundings), questionOf(access));
  const { allowed, deciding, transition } = answer(grants);
  return {
    allowed,
    matching: rulesOf(grants),
    deciding: rulesOf(deciding),
    ...(transition === undefined ? {} : { transition }),
  };
}

/** @param grants all that speak to one question. */
export function answer(grants: readonly Grant[]): Answer {
  const top = grants.reduce((most, { priority }) => Math.max(most, priority), -Infinity);
  const heard = grants.filter(({ priority }) => priority === top);
  const denials = heard.filter(({ effect }) => effect === 'deny');
  if (denials.length > 0) return { allowed: false, deciding: denials, logged: denials.every(({ audit }) => audit) };
  const allows = heard.filter(({ effect }) => effect === 'allow'); // a prompt needs someone who answers it
  if (allows.length === 0) return { allowed: false, deciding: [], logged: true };
  const moded = allows.filter(({ domain, detail }) => domain === 'file' && detail !== undefined);
  const exact = moded.filter(({ regex }) => isExact(regex));
  const modes = exact.length > 0 ? exact : moded;
  const transition = modes[0]?.detail;
  return {
    allowed: true,
    deciding: modes.length > 0 ? modes : allows,
    logged: allows.some(({ audit }) => audit),
    ...(transition === undefined ? {} : { transition }),
  };
}

/** Their rules, each once; what the parser added has none. */
export function rulesOf(grants: readonly Grant[]): Rule[] {
  return [...new Set(grants.flatMap(({ rule }) => rule ?? []))];
}
