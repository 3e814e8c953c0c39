/** Which profile of one file became which of another: by name, or as a rename. Pure. */
import type { ProfileBlock } from '../syntax/ast.ts';

/** A profile before and after; one of the two is missing where it was added or removed. */
export type ProfilePair =
  | { readonly base: ProfileBlock; readonly head: ProfileBlock }
  | { readonly base: ProfileBlock; readonly head?: undefined }
  | { readonly base?: undefined; readonly head: ProfileBlock };

/** Of several renamed profiles, those that have at least this part of their rules in common belong together. */
const ALIKE = 0.5;

/** @returns every profile of both once, those of the base first; hats and children follow their renamed parents. */
export function pairProfiles(base: readonly ProfileBlock[], head: readonly ProfileBlock[]): ProfilePair[] {
  const renamed = renamedProfiles(base, head);
  const newName = (name: string): string => {
    const [top = '', ...children] = name.split('//');
    return [renamed.get(top) ?? top, ...children].join('//');
  };
  const after = new Map(head.map((block) => [block.name, block]));
  const pairs = base.map((block): ProfilePair => {
    const counterpart = after.get(newName(block.name));
    return counterpart === undefined ? { base: block } : { base: block, head: counterpart };
  });
  const paired = new Set(pairs.map((pair) => pair.head));
  return [...pairs, ...head.filter((block) => !paired.has(block)).map((block) => ({ head: block }))];
}

/** From the old to the new names of top-level profiles. */
function renamedProfiles(base: readonly ProfileBlock[], head: readonly ProfileBlock[]): Map<string, string> {
  let gone = onlyIn(base, head);
  let fresh = onlyIn(head, base);
  const renamed = new Map<string, string>();
  const pair = (old: ProfileBlock, current: ProfileBlock): void => {
    renamed.set(old.name, current.name);
    gone = gone.filter((block) => block !== old);
    fresh = fresh.filter((block) => block !== current);
  };

  for (const { old, current } of alikePairs(gone, fresh)) {
    if (gone.includes(old) && fresh.includes(current)) pair(old, current);
  }
  const [lastGone, anotherGone] = gone;
  const [lastFresh, anotherFresh] = fresh;
  const isClear = anotherGone === undefined && anotherFresh === undefined;
  if (lastGone !== undefined && lastFresh !== undefined && isClear) pair(lastGone, lastFresh);
  return renamed;
}

function onlyIn(blocks: readonly ProfileBlock[], others: readonly ProfileBlock[]): readonly ProfileBlock[] {
  const names = new Set(others.map(({ name }) => name));
  return blocks.filter(({ kind, name }) => kind === 'profile' && !names.has(name));
}

interface AlikePair {
  readonly old: ProfileBlock;
  readonly current: ProfileBlock;
}

/** The most alike first; profiles with the same attachment are. */
function alikePairs(gone: readonly ProfileBlock[], fresh: readonly ProfileBlock[]): readonly AlikePair[] {
  const pairs = gone.flatMap((old) => fresh.map((current) => ({ old, current, score: likeness(old, current) })));
  return pairs.filter(({ score }) => score >= ALIKE).sort((a, b) => b.score - a.score);
}

function likeness(one: ProfileBlock, other: ProfileBlock): number {
  const isSameProgram = one.attachment !== undefined && one.attachment.text === other.attachment?.text;
  const texts = new Set(one.rules.map(({ text }) => text));
  const common = new Set(other.rules.map(({ text }) => text).filter((text) => texts.has(text))).size;
  const share = common / Math.max(texts.size, other.rules.length, 1);
  return isSameProgram ? 1 + share : share;
}
