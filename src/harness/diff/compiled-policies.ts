/** Compares the compiled policies of both sides, for what the comparison of the rules does not account for. */
import { compileAlike, readProfile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { compiledChanges } from '#core/profile/binary/compiled-changes.ts';
import { compiledProfiles, type CompiledProfile } from '#core/profile/binary/compiled-profiles.ts';
import type { Difference } from '#core/profile/compare/access-change.ts';
import { unexplainedDifferences } from '#core/profile/compare/unexplained.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import type { DiffOptions, Side } from './diff-options.ts';

interface Unexplained {
  readonly differences: readonly Difference[];
  /** What could not be compared. */
  readonly gaps: readonly string[];
}

/** The compiled policies of both sides. */
export interface CompiledSides {
  /** @returns what the compiled profiles differ in and the `found` differences do not account for. */
  unexplained(base: ProfileBlock, head: ProfileBlock, found: readonly Difference[]): Unexplained;
}

const NOTHING: Unexplained = { differences: [], gaps: [] };

/**
 * Without a kernel there is nothing to compile for, and nothing is found.
 * @throws HarnessError `profile-invalid`: the parser rejects a side
 */
export async function compiledSides({ base, head, kernel }: DiffOptions): Promise<CompiledSides> {
  if (!kernel) return { unexplained: () => NOTHING };
  const before = await compiledOf(base);
  const after = await compiledOf(head);
  return {
    unexplained: (old, current, found) => {
      // names are part of a policy, so a renamed profile differs where it names itself
      if (old.name !== current.name) return NOTHING;
      const was = before(current.name);
      const is = after(current.name);
      if (was === undefined || is === undefined) return { differences: [], gaps: [gapOf(current)] };
      return { differences: unexplainedDifferences(compiledChanges(was, is), found, old), gaps: [] };
    },
  };
}

async function compiledOf({ file, includes }: Side): Promise<(name: string) => CompiledProfile | undefined> {
  const profiles = compiledProfiles(await compileAlike(file, readProfile(file), includes));
  return (name) => profiles?.get(name) ?? profiles?.get(name.replace(/^:[^:]*:\/\//, ''));
}

function gapOf({ name }: ProfileBlock): string {
  return `The compiled policies of ${name} could not be read, so only its rules were compared.`;
}
