/** Newly allowed accesses that a spec waives. Pure. */
import type { Waiver } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import { loosens, type Difference } from './access-change.ts';
import { compareBlocks, type CompareOptions } from './access-difference.ts';
import { policyOf } from '../semantics/policy.ts';
import { isRead, readProfileText } from '../syntax/read-profile-text.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

/** A difference, and what waives it. */
export interface WaivedDifference extends Difference {
  /** The waiver that covers it whole. */
  readonly waiver?: Waiver;
  /** A waiver that would cover it, but has expired. */
  readonly expired?: Waiver;
}

/** What differs, and what could not be compared. */
export interface WaivedComparison {
  readonly differences: readonly WaivedDifference[];
  readonly notes: readonly string[];
  readonly gaps: readonly string[];
}

/** The waivers of a spec, and the day on which they are looked at. */
export interface Waiving {
  readonly waivers: readonly Waiver[];
  /** `YYYY-MM-DD` */
  readonly today: string;
}

/** A priority above any that a profile can give. */
const ABOVE_ALL = 1_000_000;

/**
 * Compares two profiles and finds the waiver of each difference. A difference is waived when nothing of it is left
 * once both profiles deny what the waiver allows, so a waiver never covers more than it says.
 */
export function applyWaivers(
  base: ProfileBlock,
  head: ProfileBlock,
  { waivers, today }: Waiving,
  options: CompareOptions = {},
): WaivedComparison {
  const { differences, notes, gaps } = compareBlocks(base, head, options);
  let waived: readonly WaivedDifference[] = differences;
  for (const waiver of waivers) {
    if (!waived.some(isWaivable)) break;
    const isCovered = coverageOf(waiver, base, head, options);
    waived = waived.map((difference) => {
      if (!isWaivable(difference) || !isCovered(difference)) return difference;
      return waiver.until < today ? { ...difference, expired: waiver } : { ...difference, waiver };
    });
  }
  return { differences: waived, notes, gaps };
}

/** Finds the waivers of differences that are waived by their names, such as `profile NAME` and `mediation userns`. */
export function waiveByName(differences: readonly Difference[], { waivers, today }: Waiving): WaivedDifference[] {
  return differences.map((difference) => {
    const fitting = isWaivable(difference) ? waivers.filter(({ allows }) => allows === nameOf(difference)) : [];
    const waiver = fitting.find(({ until }) => until >= today);
    const [expired] = fitting;
    return { ...difference, ...defined(waiver === undefined ? { expired } : { waiver }) };
  });
}

function nameOf({ class: name, permissions }: Difference): string {
  return [name, ...permissions].join(' ');
}

function isWaivable({ change, waiver }: WaivedDifference): boolean {
  return loosens(change) && waiver === undefined;
}

/** @returns whether a waiver covers a difference: one of flags and limits by its name, all others by comparing. */
function coverageOf(
  waiver: Waiver,
  base: ProfileBlock,
  head: ProfileBlock,
  options: CompareOptions,
): (difference: Difference) => boolean {
  const denial = denialOf(waiver);
  if (denial === undefined) {
    return (difference) => nameOf(difference) === waiver.allows;
  }
  const { differences } = compareBlocks(withRule(base, denial), withRule(head, denial), options);
  const remaining = new Set(differences.map(identityOf));
  return (difference) => !remaining.has(identityOf(difference));
}

/** Whether a difference fails the gate: something is newly possible, and no waiver covers it. */
export function failsGate({ change, waiver }: WaivedDifference): boolean {
  return loosens(change) && waiver === undefined;
}

const NOT_A_RULE =
  'is neither an expression for paths with `permissions`, nor the words of a rule such as `capability sys_admin`';

/** @returns what is wrong with a waiver's words, or undefined. */
export function waiverProblem(waiver: Pick<Waiver, 'allows' | 'permissions'>): string | undefined {
  if (
    /^(?:attachment|(?:flags|rlimit|mediation) \S+|profile .+)$/.test(waiver.allows) ||
    denialOf(waiver) !== undefined
  )
    return undefined;
  return NOT_A_RULE;
}

/** The waiver's words as a deny rule that no other rule overrides; undefined unless they are exactly one rule. */
function denialOf({ allows, permissions }: Pick<Waiver, 'allows' | 'permissions'>): Rule | undefined {
  if (/[\0\n\r]/.test(allows)) return undefined;
  const words = permissions === undefined ? allows : `${allows} ${permissions}`;
  const text = readProfileText('waiver', `profile waiver {\n  deny ${words},\n}\n`, () => undefined);
  if (!isRead(text)) return undefined;
  const [block, secondBlock] = text.profiles;
  if (block === undefined || secondBlock !== undefined || policyOf(block).unreadable.length > 0) return undefined;
  const [rule, secondRule] = block.rules;
  if (rule === undefined || secondRule !== undefined) return undefined;
  return { ...rule, qualifiers: { ...rule.qualifiers, priority: ABOVE_ALL } };
}

function withRule(block: ProfileBlock, rule: Rule): ProfileBlock {
  return { ...block, rules: [...block.rules, rule] };
}

/** The same text for a difference in both comparisons. */
function identityOf({ change, class: name, base, head, detail }: Difference): string {
  return JSON.stringify([change, name, base.map(({ id }) => id), head.map(({ id }) => id), detail]);
}
