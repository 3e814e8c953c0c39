/** Newly allowed accesses that a spec waives. Pure. */
import type { Waiver } from '#core/model/model.ts';
import type { Difference } from './access-change.ts';
import { compare, type CompareOptions } from './access-difference.ts';
import { policyOf } from '../semantics/policy.ts';
import { isRead, readProfileText } from '../syntax/read-profile-text.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

/** A difference with the judgement of the gate. */
export interface WaivedDifferences extends Difference {
  /** The waiver that covers it whole. */
  readonly waiver?: Waiver;
  /** A waiver that would cover it, but has expired. */
  readonly expired?: Waiver;
}

interface Judgement {
  readonly differences: readonly WaivedDifferences[];
  readonly notes: readonly string[];
}

/** Above every priority that a profile may give. */
const ABOVE_ALL = 1_000_000;

/**
 * Compares two profiles and finds the waiver of each difference: one is waived when nothing is left of it where both
 * profiles deny what the waiver allows, so a waiver never covers more than it says.
 * @param today `YYYY-MM-DD`.
 */
export function applyWaivers(
  base: ProfileBlock,
  head: ProfileBlock,
  waivers: readonly Waiver[],
  today: string,
  options: CompareOptions = {},
): Judgement {
  const { differences, notes } = compare(base, head, options);
  const left = differences.map((one): WaivedDifferences => one);
  for (const waiver of waivers) {
    if (!left.some((one) => one.change !== 'denied' && one.waiver === undefined)) break;
    const rule = denial(waiver);
    const remaining = new Set(
      (rule === undefined ? differences : compare(withRule(base, rule), withRule(head, rule), options).differences).map(
        identity,
      ),
    );
    for (const [i, one] of left.entries()) {
      const covered =
        rule === undefined
          ? `${one.class} ${one.permissions.join(' ')}` === waiver.allows
          : !remaining.has(identity(one));
      if (!covered || one.waiver !== undefined || one.change === 'denied') continue;
      left[i] = waiver.until < today ? { ...one, expired: waiver } : { ...one, waiver };
    }
  }
  return { differences: left, notes };
}

/** Whether a difference fails the gate. */
export function failsGate({ change, waiver }: WaivedDifferences): boolean {
  return (change === 'allowed' || change === 'transition') && waiver === undefined;
}

/** @returns what is wrong with a waiver's words, or undefined. */
export function waiverProblem(waiver: Pick<Waiver, 'allows' | 'permissions'>): string | undefined {
  if (/^(?:flags|rlimit) \S+$/.test(waiver.allows)) return undefined;
  return denial(waiver) === undefined
    ? 'is neither an expression for paths with `permissions`, nor the words of a rule such as `capability sys_admin`'
    : undefined;
}

function denial({ allows, permissions }: Pick<Waiver, 'allows' | 'permissions'>): Rule | undefined {
  if (/[\0\n\r]/.test(allows)) return undefined;
  const text = permissions === undefined ? allows : `${allows} ${permissions}`;
  const read = readProfileText('waiver', `profile waiver {\n  deny ${text},\n}\n`, () => undefined);
  const [block] = isRead(read) && read.profiles.length === 1 ? read.profiles : [];
  if (block === undefined || policyOf(block).unreadable.length > 0) return undefined;
  const [rule, another] = block.rules;
  return rule === undefined || another !== undefined
    ? undefined
    : { ...rule, qualifiers: { ...rule.qualifiers, priority: ABOVE_ALL } };
}

function withRule(block: ProfileBlock, rule: Rule): ProfileBlock {
  return { ...block, rules: [...block.rules, rule] };
}

function identity({ change, class: kind, base, head, detail }: Difference): string {
  return JSON.stringify([change, kind, base.map(({ id }) => id), head.map(({ id }) => id), detail]);
}
