/** What an operator that adds rules knows of the profile, and what it makes. Pure. */
import type { Access } from '../../profile/semantics/access.ts';
import { decideAccess } from '../../profile/semantics/decide-access.ts';
import { surroundingsOf } from '../../profile/semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '../../profile/syntax/ast.ts';
import type { MutationWorld } from '../mutation-world.ts';

export interface AddContext {
  readonly text: ProfileText;
  readonly block: ProfileBlock;
  readonly world: MutationWorld;
  /** Whether the profile allows an access already: then nothing has to be added. */
  readonly allows: (access: Access) => boolean;
}

/** @returns the rules that one mutant each adds, as written, without their commas. */
export type AddOperator = (context: AddContext) => readonly string[];

export function addContext(text: ProfileText, block: ProfileBlock, world: MutationWorld): AddContext {
  const surroundings = surroundingsOf(text, block);
  return { text, block, world, allows: (access) => decideAccess(block, access, surroundings).allowed };
}

/** A name as rules have it: in quotes where it would not be read as one word. */
export function quoted(name: string): string {
  return /[\s,"#(){}]/.test(name) ? `"${name}"` : name;
}

/** A path as an expression that matches only it. */
export function literal(path: string): string {
  return quoted(path.replaceAll(/[\\*?[\]{}^@]/g, (sign) => `\\${sign}`));
}
