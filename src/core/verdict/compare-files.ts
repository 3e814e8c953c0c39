/** What a policy answers for many paths, against what a spec declares: differences by rules that make them. Pure. */
import type { AskedFiles } from '../model/model.ts';
import {
  FILE_LETTERS,
  letterBit,
  lettersIn,
  WHOSE,
  type FileLetter,
  type FileMasks,
  type Masks,
  type Whose,
} from '../profile/semantics/file-masks.ts';
import type { Declaration } from '../spec/closed/file-entries.ts';

/** A path that is asked about, as the kernel names it: a folder with a slash at its end. */
export interface AskedPath {
  readonly path: string;
  /** The container lacks it. */
  readonly isExample: boolean;
  /** Of a link: what it leads to. Absent: any file. */
  readonly target?: string;
}

/** Who answers. `other` is absent where nobody can say it. */
export interface FileAnswers {
  at(path: string): Partial<Masks> & Pick<Masks, 'owner'>;
  link(path: string, target: string): Partial<Masks> & Pick<Masks, 'owner'>;
}

/** Answers that differ in the same way because of the same rules. */
export interface FileDifference {
  /** The plainest of them. */
  readonly path: string;
  readonly target?: string;
  readonly letters: readonly FileLetter[];
  /** Undefined: for both. */
  readonly whose: Whose | undefined;
  /** What is answered: the spec declares the opposite. */
  readonly allowed: boolean;
  /** Other paths. */
  readonly others: readonly string[];
}

export interface FileComparison {
  readonly counts: Pick<AskedFiles, 'denied' | 'allowed' | 'differing' | 'leftOpen'>;
  readonly differences: readonly FileDifference[];
}

/** What a spec says of one path. */
export interface DeclaredMasks {
  readonly wanted: Masks;
  readonly open: Masks;
}

export interface CompareFilesOptions {
  /** Of each path, in their order. */
  readonly declared: readonly DeclaredMasks[];
  readonly answers: FileAnswers;
  /** The rules of the profile, where its text is known: each group of differences has its own. */
  readonly rules: readonly FileMasks[];
  /** What links lead to. */
  readonly target: string;
}

/** What is asked of a folder: listing, making and removing it, locking it. The rest concerns files. */
const OF_FOLDERS: readonly FileLetter[] = ['r', 'w', 'k'];
const FOLDER_MASK = maskOf(OF_FOLDERS);
const FILE_MASK = maskOf(FILE_LETTERS);
const LINK = letterBit('l');

/** @returns the permissions that can be asked of a path. */
export function relevantMask(path: string): number {
  return path.endsWith('/') ? FOLDER_MASK : FILE_MASK;
}

/** @returns what is declared of each path. @param target what links lead to */
export function declaredMasks(
  paths: readonly AskedPath[],
  { masks, open, hasOpen }: Declaration,
  target: string,
): readonly DeclaredMasks[] {
  const at = (of: FileMasks, path: string, to: string): Masks =>
    path.endsWith('/') ? of.at(path) : union(of.at(path), of.link(path, to));
  return paths.map(({ path, target: own = target }) => ({
    wanted: at(masks, path, own),
    open: hasOpen ? at(open, path, own) : NOTHING,
  }));
}

const NOTHING: Masks = { owner: 0, other: 0 };

/** @param paths in their order: answers for neighbours cost less. */
export function compareFiles(paths: readonly AskedPath[], options: CompareFilesOptions): FileComparison {
  const counts = { denied: 0, allowed: 0, differing: 0, leftOpen: 0 };
  const groups = new Map<string, Group>();
  for (const [index, asked] of paths.entries()) {
    const { wanted, open } = options.declared[index] ?? { wanted: NOTHING, open: NOTHING };
    const answered = answeredMasks(asked, options);
    const differing = { owner: 0, other: 0 };
    for (const whose of WHOSE) {
      const is = answered[whose];
      if (is === undefined) continue;
      const relevant = asked.target === undefined ? relevantMask(asked.path) : LINK;
      const compared = relevant & ~open[whose];
      differing[whose] = (is ^ wanted[whose]) & compared;
      const agreed = compared & ~differing[whose];
      counts.allowed += bitsIn(agreed & is);
      counts.denied += bitsIn(agreed & ~is);
      counts.differing += bitsIn(differing[whose]);
      counts.leftOpen += bitsIn(relevant & open[whose]);
    }
    if ((differing.owner | differing.other) !== 0) addTo(groups, asked, { differing, answered }, options);
  }
  return { counts, differences: [...groups.values()].map(differenceOf) };
}

interface Group {
  readonly letters: readonly FileLetter[];
  readonly whose: Whose | undefined;
  readonly allowed: boolean;
  readonly paths: AskedPath[];
}

interface DifferingMasks {
  readonly differing: Masks;
  readonly answered: Partial<Masks>;
}

/** @returns what is answered of a path, with its links. */
export function answeredMasks(
  { path, target: own }: AskedPath,
  { answers, target }: Pick<CompareFilesOptions, 'answers' | 'target'>,
): Partial<Masks> & Pick<Masks, 'owner'> {
  const answered = answers.at(path);
  const hasLink = ((answered.owner | (answered.other ?? 0)) & LINK) !== 0;
  return hasLink && !path.endsWith('/') ? withLink(answered, answers.link(path, own ?? target)) : answered;
}

/** A link needs both: its name, and the name with its target. */
function withLink(name: Partial<Masks>, pair: Partial<Masks>): Partial<Masks> & Pick<Masks, 'owner'> {
  const both = (whose: Whose): number | undefined => {
    const mask = name[whose];
    return mask === undefined ? undefined : mask & (~LINK | ((pair[whose] ?? 0) & LINK));
  };
  const other = both('other');
  return { owner: both('owner') ?? 0, ...(other === undefined ? {} : { other }) };
}

function union(one: Masks, two: Masks): Masks {
  return { owner: one.owner | two.owner, other: one.other | two.other };
}

/** A path may differ in several ways: for both kinds of users or for one, and in both directions. */
function addTo(
  groups: Map<string, Group>,
  asked: AskedPath,
  { differing, answered }: DifferingMasks,
  { rules, target }: CompareFilesOptions,
): void {
  const both = differing.owner & differing.other & ~((answered.owner ?? 0) ^ (answered.other ?? 0));
  const parts: readonly (readonly [whose: Whose | undefined, mask: number])[] = [
    [undefined, both],
    ['owner', differing.owner & ~both],
    ['other', differing.other & ~both],
  ];
  for (const [whose, mask] of parts) {
    for (const allowed of [true, false]) {
      const is = answered[whose ?? 'owner'] ?? 0;
      const letters = shown(lettersIn(mask & (allowed ? is : ~is)));
      if (letters.length === 0) continue;
      const by = letters.map((letter) => decidingIds(rules, asked, letter, { whose: whose ?? 'owner', target }));
      const key = JSON.stringify([whose, allowed, letters.join(''), by]);
      const group = groups.get(key) ?? { letters, whose, allowed, paths: [] };
      group.paths.push(asked);
      groups.set(key, group);
    }
  }
}

/** Who may write may append: no need to say both. */
function shown(letters: readonly FileLetter[]): readonly FileLetter[] {
  return letters.filter((letter) => letter !== 'a' || !letters.includes('w'));
}

function decidingIds(
  rules: readonly FileMasks[],
  { path, target: own }: AskedPath,
  letter: FileLetter,
  { whose, target }: { readonly whose: Whose; readonly target: string },
): readonly string[] {
  return rules.flatMap((masks) =>
    masks
      .decidingAt(path, own ?? target)
      .rules(letter, whose)
      .map(({ id }) => id),
  );
}

const MOST_OTHERS = 5_000;

function differenceOf({ paths, ...group }: Group): FileDifference {
  const [first, ...others] = paths.toSorted(byPlainness);
  const target = first?.target;
  return {
    ...group,
    path: first?.path ?? '',
    ...(target === undefined ? {} : { target }),
    others: others.slice(0, MOST_OTHERS).map(({ path }) => path),
  };
}

/** What is there comes first, then the shortest; the kernel's own file systems last. */
function byPlainness(a: AskedPath, b: AskedPath): number {
  return costOf(a) - costOf(b) || a.path.length - b.path.length || (a.path < b.path ? -1 : 1);
}

function costOf({ path, isExample }: AskedPath): number {
  return (isExample ? 2 : 0) + (/^\/(?:proc|sys|dev)\//.test(path) ? 1 : 0);
}

function maskOf(letters: readonly FileLetter[]): number {
  return letters.reduce((mask, letter) => mask | letterBit(letter), 0);
}

function bitsIn(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}
