/** What a profile that only one side has means: who can enter an added one, what a removed one confined. Pure. */
import { defined } from '#core/model/optional.ts';
import { loosens, type Change, type Difference } from './access-change.ts';
import { compareBlocks } from './access-difference.ts';
import { attachmentOf, attachmentsOverlap } from './attachment-difference.ts';
import type { ProfileBlock, Rule } from '../syntax/ast.ts';

/**
 * An added profile has nothing to be compared with. If a compared profile can enter it, or it takes over programs of
 * one, what it allows is newly allowed.
 * @param base all profiles before; @param head all profiles after
 */
export function addedDifference(
  added: ProfileBlock,
  base: readonly ProfileBlock[],
  head: readonly ProfileBlock[],
): Difference {
  const others = head.filter(({ name }) => name !== added.name && !name.startsWith(`${added.name}//`));
  for (const { name, rules } of others) {
    const rule = rules.find((each) => entersProfile(each, added));
    if (rule !== undefined) return oneSided('loosened', added, `was added, and ${name} can enter it`, [rule]);
  }
  const former = base.find((block) => block.kind === 'profile' && attachmentsOverlap(block, added));
  if (former !== undefined)
    return oneSided('loosened', added, `was added, and attaches to programs that ${former.name} confined`);
  return oneSided('tightened', added, 'was added, and none of the profiles that are compared enters it');
}

/** @param parent of a child or hat: what its parent is now; undefined where that was removed too */
export function removedDifference(removed: ProfileBlock, parent?: ProfileBlock): Difference {
  if (removed.kind === 'profile')
    return oneSided('loosened', removed, 'was removed: what it confined runs without it, or under another profile');
  if (parent === undefined) return oneSided('tightened', removed, 'was removed with its parent');
  if (!staysInParent(removed, parent)) return oneSided('tightened', removed, 'was removed: nothing can enter it');
  return allowsMore(removed, parent)
    ? oneSided('loosened', removed, `was removed: what it confined stays in ${parent.name}, which allows more`)
    : oneSided('tightened', removed, `was removed: what it confined stays in ${parent.name}, which allows no more`);
}

/** The header of a child says when it is entered, not what it allows. */
function allowsMore(removed: ProfileBlock, parent: ProfileBlock): boolean {
  const { kind, attachment, xattrs } = parent;
  const { differences } = compareBlocks({ ...removed, ...defined({ kind, attachment, xattrs }) }, parent);
  return differences.some(({ change, class: name }) => loosens(change) && name !== 'attachment');
}

/** What enters a hat asks for it by name, and goes on without it where it is missing; so do fallbacks of `cx`. */
function staysInParent({ kind }: ProfileBlock, { rules }: ProfileBlock): boolean {
  return kind === 'hat' || rules.some((rule) => rule.kind === 'file' && /^c[iu]x$/i.test(rule.exec?.mode ?? ''));
}

function entersProfile(rule: Rule, added: ProfileBlock): boolean {
  if (rule.qualifiers.access === 'deny') return false;
  if (rule.kind === 'all') return true;
  if (rule.kind === 'change_profile') return rule.target === undefined || rule.target.expanded.some(canName(added));
  if (rule.kind !== 'file' || !/p/i.test(rule.exec?.mode ?? '')) return false;
  const target = rule.exec?.target;
  return target === undefined ? attachmentOf(added) !== undefined : canName(added)(target);
}

/** Whether a label, a stack of labels or an expression of them can be the profile's name; any pattern may. */
function canName({ name }: ProfileBlock): (label: string) => boolean {
  return (label) => /[*?{[@\\]/.test(label) || label.replaceAll(/["&]/g, '').split('//').includes(name);
}

function oneSided(change: Change, { name, kind }: ProfileBlock, what: string, head: readonly Rule[] = []): Difference {
  const noun = kind === 'hat' ? 'hat' : 'profile';
  return {
    change,
    class: 'profile',
    permissions: [name],
    examples: [],
    base: [],
    head,
    detail: `the ${noun} ${what}`,
  };
}
