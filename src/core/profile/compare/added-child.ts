/** What a child or hat that was added may do beyond its parent, which enters it whenever it likes. Pure. */
import { loosens } from './access-change.ts';
import { applyWaivers, type WaivedComparison, type Waiving } from './waivers.ts';
import { surroundingsOf } from '../semantics/policy.ts';
import type { ProfileBlock, ProfileText } from '../syntax/ast.ts';

/** Of a header that are no part of what a process may do once it is in the child. */
const NO_ACCESS = ['attachment', 'rlimit'];

/** The innermost of the profiles around a child that there was before; undefined when there was none. */
export function formerParent({ profiles }: ProfileText, name: string): ProfileBlock | undefined {
  const around = profiles.filter((profile) => name.startsWith(`${profile.name}//`));
  return around.sort((a, b) => b.name.length - a.name.length)[0];
}

/** @returns only what the child may do and its parent could not. */
export function compareAddedChild(
  parent: { readonly text: ProfileText; readonly block: ProfileBlock },
  child: { readonly text: ProfileText; readonly block: ProfileBlock },
  waiving: Waiving,
): WaivedComparison {
  const { differences, notes, gaps } = applyWaivers(parent.block, child.block, waiving, {
    // what the parser adds for a child is no difference
    base: { ...surroundingsOf(parent.text, parent.block), children: true },
    head: surroundingsOf(child.text, child.block),
  });
  const more = differences.filter(({ change, class: name }) => loosens(change) && !NO_ACCESS.includes(name));
  return { differences: more, notes, gaps };
}
