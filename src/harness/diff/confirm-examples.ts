/** Asks the kernel for the examples of each difference, with both profiles loaded under names of their own. */
import { HarnessError } from '#core/model/errors.ts';
import type { IncludeFolders, ProfileMode } from '#core/model/model.ts';
import type { WaivedDifference } from '#core/profile/compare/waivers.ts';
import type { Access } from '#core/profile/semantics/access.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import type { Example } from '#core/report/diff-report.ts';
import { beginChanges, type HostChanges } from '#adapters/kernel/changes/host-changes.ts';
import { openConfirm } from '#adapters/kernel/confirm-difference.ts';
import { loadProfile } from '#adapters/kernel/load-profile.ts';
import { runId } from '../session/session.ts';

/** One profile of a comparison: the file that has it, and what was read there. */
export interface ComparedProfile {
  readonly file: string;
  readonly includes: IncludeFolders;
  readonly block: ProfileBlock;
}

/** The examples of each difference, in the order of the differences. */
interface ConfirmedExamples {
  readonly examples: readonly (readonly Example[])[];
  readonly notes: readonly string[];
}

/** Whether each profile allows an access. */
export interface KernelAnswer {
  readonly base: boolean;
  readonly head: boolean;
}

/**
 * Loads both profiles for as long as it takes. Where that is not possible, the examples stay unconfirmed.
 * @throws HarnessError `profile-*`, `load-failed`, `not-loaded`
 */
export async function confirmExamples(
  base: ComparedProfile,
  head: ComparedProfile,
  differences: readonly WaivedDifference[],
): Promise<ConfirmedExamples> {
  if (differences.length === 0 || !canBeAsked(base) || !canBeAsked(head)) return unconfirmedExamples(differences);

  const run = runId();
  const changes = await beginChanges(run, { parameters: [] });
  try {
    const baseLabel = await load(base, `${run}.base`, changes);
    const headLabel = await load(head, `${run}.head`, changes);
    return askKernel(baseLabel, headLabel, differences);
  } catch (error) {
    // what a profile means can depend on its name, and it is only loaded under another
    if (!(error instanceof HarnessError) || error.code !== 'profile-not-isolated') throw error;
    return { ...unconfirmedExamples(differences), notes: [`Not confirmed: ${error.message}`] };
  } finally {
    await changes.undo();
  }
}

/** The examples as they are without a kernel. */
export function unconfirmedExamples(differences: readonly WaivedDifference[]): ConfirmedExamples {
  return { examples: differences.map(({ examples }) => examples.map((access) => ({ access }))), notes: [] };
}

/** Children and hats are not loaded without their parent; a profile that allows by default decides nothing by rules. */
function canBeAsked({ block: { kind, flags } }: ComparedProfile): boolean {
  return kind === 'profile' && !flags.includes('unconfined') && !flags.includes('default_allow');
}

/** @returns the label that the profile is loaded as. */
async function load({ file, includes, block }: ComparedProfile, suffix: string, changes: HostChanges): Promise<string> {
  const { name, flags } = block;
  const policy = await loadProfile({ from: 'file', file, name, mode: modeOf(flags), includes }, { suffix, changes });
  return policy.loadedAs;
}

function modeOf(flags: readonly string[]): ProfileMode {
  if (flags.includes('complain')) return 'complain';
  if (flags.includes('kill')) return 'kill';
  return 'enforce';
}

function askKernel(base: string, head: string, differences: readonly WaivedDifference[]): ConfirmedExamples {
  const query = openConfirm(base, head);
  if (query === undefined) {
    const note = 'Not confirmed: this kernel does not support policy queries.';
    return { ...unconfirmedExamples(differences), notes: [note] };
  }
  try {
    const examples = differences.map(({ change, examples: accesses }) =>
      accesses.map((access) => exampleOf(change, access, query.confirm(access))),
    );
    return { examples, notes: notesOf(examples) };
  } finally {
    query.close();
  }
}

/** What the kernel was asked, where an example stays unconfirmed although there is one. Pure. */
export function notesOf(examples: readonly (readonly Example[])[]): string[] {
  const isOpen = examples.flat().some(({ kernel }) => kernel === undefined);
  return isOpen ? [`Not confirmed: ${WHAT_A_KERNEL_ANSWERS}`] : [];
}

const WHAT_A_KERNEL_ANSWERS =
  'a kernel only answers whether it allows an access to a file or the making of a socket, nothing else.';

/** @param answer undefined where the kernel cannot be asked. Pure. */
export function exampleOf(
  change: WaivedDifference['change'],
  access: Access,
  answer: KernelAnswer | undefined,
): Example {
  const isYesOrNo = change === 'allowed' || change === 'denied';
  if (answer === undefined || !isYesOrNo) return { access };

  const agrees = answer.base === (change === 'denied') && answer.head === (change === 'allowed');
  return { access, kernel: agrees ? 'agrees' : 'disagrees' };
}
