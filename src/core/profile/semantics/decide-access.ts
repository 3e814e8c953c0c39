/**
 * What a profile answers to one access: deny takes precedence over allow, a higher priority over a lower one, and an
 * exec rule without wildcards over other exec rules (libapparmor_re/hfa.cc, accept_perms). Pure.
 */
import { defined } from '#core/model/optional.ts';
import { questionOf, type Access } from './access.ts';
import { SUBSET } from './file-grants.ts';
import type { Grant, Surroundings } from './grant-types.ts';
import { UNSAFE } from './peer-grants.ts';
import { grantsFor, isExact, policyOf } from './policy.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

interface Decision {
  readonly allowed: boolean;
  /** Every rule that covers this access. */
  readonly matching: readonly Rule[];
  /** Those of them that made the answer what it is; empty when no rule allows it. */
  readonly deciding: readonly Rule[];
  /** For execution that is allowed: the mode and its target, as written. */
  readonly transition?: string;
}

/** As {@link Decision}, with the grants that the rules were compiled to. */
export interface Answer {
  readonly allowed: boolean;
  readonly deciding: readonly Grant[];
  readonly transition?: string;
  /** Of what is allowed: under which condition alone. */
  readonly condition?: Condition;
  /** Not allowed, but for someone who is asked and answers yes. */
  readonly prompts?: boolean;
  /** Whether the kernel writes an audit record. */
  readonly logged: boolean;
}

/**
 * `subset`: the new name of a link must not have more permissions than its target. `secure`: the program that is
 * executed under another profile gets a cleared environment.
 */
export type Condition = 'subset' | 'secure';

/**
 * The answer of the compiled policy; other layers of the system may answer otherwise. A hard link that is allowed here
 * may still fail where the new name would have more permissions than its target.
 */
export function decideAccess(block: ProfileBlock, access: Access, surroundings?: Surroundings): Decision {
  const grants = grantsFor(policyOf(block, surroundings), questionOf(access));
  const { allowed, deciding, transition } = answer(grants);
  return defined({ allowed, matching: rulesOf(grants), deciding: rulesOf(deciding), transition });
}

/** @param grants all that cover one question. */
export function answer(grants: readonly Grant[]): Answer {
  const highest = grants.reduce((most, { priority }) => Math.max(most, priority), -Infinity);
  const effective = grants.filter(({ priority }) => priority === highest);
  const denials = effective.filter(({ effect }) => effect === 'deny');
  if (denials.length > 0) return { allowed: false, deciding: denials, logged: denials.every(({ audit }) => audit) };

  const allows = effective.filter(({ effect }) => effect === 'allow');
  if (allows.length === 0) {
    const prompts = effective; // one needs someone who answers it
    return prompts.length === 0
      ? { allowed: false, deciding: [], logged: true }
      : { allowed: false, deciding: prompts, prompts: true, logged: true };
  }

  const modes = execModes(allows);
  return defined({
    allowed: true,
    deciding: modes.length > 0 ? modes : allows,
    logged: allows.some(({ audit }) => audit),
    transition: modes[0]?.detail ?? allows.find(({ domain }) => domain === 'pivot_root')?.detail,
    condition: conditionOf(allows),
  });
}

/** The parser joins the bits of all rules: one with `subset` limits the others, and one with `unsafe` frees them. */
function conditionOf(allows: readonly Grant[]): Condition | undefined {
  const [first] = allows;
  if (first?.domain === 'link') return allows.some(({ detail }) => detail === SUBSET) ? 'subset' : undefined;
  if (first?.domain !== 'change_profile') return undefined;
  return allows.some(({ detail }) => detail === UNSAFE) ? undefined : 'secure';
}

/** Of grants to execute a file, those whose mode counts: the ones without wildcards, if there are any. */
function execModes(allows: readonly Grant[]): readonly Grant[] {
  const modes = allows.filter(({ domain, detail }) => domain === 'file' && detail !== undefined);
  const exact = modes.filter(({ regex }) => isExact(regex));
  return exact.length > 0 ? exact : modes;
}

/** The rules of these grants, each once; a grant that the parser added has none. */
export function rulesOf(grants: readonly Grant[]): Rule[] {
  return [...new Set(grants.flatMap(({ rule }) => rule ?? []))];
}
