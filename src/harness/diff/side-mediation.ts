/** Which classes each side of a comparison mediates: as compiled, or without a kernel as its feature ABI says. */
import { readProfile, compile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { policyAbi } from '#adapters/kernel/parser/policy-abi.ts';
import { uncompiledReason } from '#adapters/kernel/securityfs/features.ts';
import { mediatedClasses, MEDIATED_CLASSES } from '#core/profile/binary/mediated-classes.ts';
import type { Mediation } from '#core/profile/compare/mediation-difference.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';
import type { Side } from './diff-options.ts';

/** One side, and what was read there. */
export interface ReadSide {
  readonly side: Side;
  readonly text: ProfileText;
}

/** The classes of a profile by its name. */
type Classes = (name: string) => ReadonlySet<string>;

export interface SideMediation {
  /** @returns undefined for profiles that are not confined by rules, or where nothing is known. */
  of(base: ProfileBlock, head: ProfileBlock): Mediation | undefined;
  /** Why the two cannot be compared. */
  readonly gaps: readonly string[];
}

/**
 * Both sides are compiled for the same kernel.
 * @param kernel whether this host has one
 * @throws HarnessError `profile-invalid`: the parser rejects a side
 */
export async function mediationOf(base: ReadSide, head: ReadSide, kernel: boolean): Promise<SideMediation> {
  const before = kernel ? await compiledClasses(base) : abiClasses(base);
  const after = kernel ? await compiledClasses(head) : abiClasses(head);
  if (before !== undefined && after !== undefined) {
    const of = (old: ProfileBlock, current: ProfileBlock): Mediation | undefined =>
      isByRules(old) && isByRules(current) ? { base: before(old.name), head: after(current.name) } : undefined;
    return { of, gaps: [] };
  }
  return { of: () => undefined, gaps: kernel ? [UNREADABLE] : abiGaps(base.text, head.text, before === after) };
}

const UNREADABLE = 'Which classes are mediated cannot be told: the compiled policy cannot be read.';

/** Such profiles allow whatever no rule denies, in every class. */
function isByRules({ flags }: ProfileBlock): boolean {
  return !flags.includes('unconfined') && !flags.includes('default_allow');
}

async function compiledClasses({ side }: ReadSide): Promise<Classes | undefined> {
  const { policy } = await compile(side.file, readProfile(side.file), side.includes);
  const profiles = mediatedClasses(policy);
  if (profiles === undefined) return undefined;
  // names can be written in several ways; what is mediated is the same for all profiles of a file
  const [largest] = [...profiles.values()].sort((a, b) => b.size - a.size);
  return (name) => profiles.get(name) ?? largest ?? new Set();
}

function abiClasses({ side, text }: ReadSide): Classes | undefined {
  const abi = policyAbi(text, side.includes);
  if (abi === undefined) return undefined;
  const classes = new Set(MEDIATED_CLASSES.filter((name) => uncompiledReason(name, abi) === undefined));
  return () => classes;
}

/** The same words mean the same on one host, where neither side has a file of its own for them. */
function abiGaps(base: ProfileText, head: ProfileText, isUnknownToBoth: boolean): readonly string[] {
  if (base.abi === head.abi && isUnknownToBoth) return [];
  const before = base.abi ?? 'not given';
  const after = head.abi ?? 'not given';
  return [
    `The abi was ${before} and is ${after}: which classes they mediate is not known here. ` +
      'Let a kernel be asked, or name the folder that has their files with -b.',
  ];
}
