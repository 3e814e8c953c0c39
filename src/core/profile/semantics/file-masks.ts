/** What a policy says of a path, all permissions at once: for many paths, of which most match the same rules. Pure. */
import { answer, rulesOf } from './decide-access.ts';
import type { Grant } from './grant-types.ts';
import { covers, type CompiledDomain, type Policy } from './policy.ts';
import type { Rule } from '../syntax/ast.ts';

/** Permissions of files as rules have them; the bit of each in a mask is its place. */
export const FILE_LETTERS = ['r', 'w', 'a', 'l', 'k', 'm', 'x'] as const;

/** One of {@link FILE_LETTERS}. */
export type FileLetter = (typeof FILE_LETTERS)[number];

/** Whether the file belongs to the user who accesses it. */
export const WHOSE = ['owner', 'other'] as const;

/** One of {@link WHOSE}. */
export type Whose = (typeof WHOSE)[number];

/** What is allowed, as a mask of {@link FILE_LETTERS}. */
export type Masks = Readonly<Record<Whose, number>>;

/** @returns the bit of a permission. */
export function letterBit(letter: FileLetter): number {
  return 1 << FILE_LETTERS.indexOf(letter);
}

/** @returns the mask with what writing includes: rules mean both by `w`, and only rules that the parser adds do not. */
export function withAppend(mask: number): number {
  return (mask & letterBit('w')) === 0 ? mask : mask | letterBit('a');
}

/** @returns the permissions in a mask, as rules write them. */
export function lettersIn(mask: number): readonly FileLetter[] {
  return FILE_LETTERS.filter((letter) => (mask & letterBit(letter)) !== 0);
}

/** Answers for one policy: paths that match the same expressions are decided once. */
export class FileMasks {
  readonly #file: CompiledDomain;
  readonly #link: CompiledDomain;
  readonly #known = new Map<readonly number[], Masks>();
  readonly #knownLinks = new Map<readonly number[], Masks>();
  /** By the expressions that a path matches, and those that it matches as a link. */
  readonly #deciding = new Map<readonly number[], Map<readonly number[], Deciding>>();

  constructor({ domains }: Policy) {
    this.#file = domains.file;
    this.#link = domains.link;
  }

  /** @returns all permissions but `l`. */
  at(path: string): Masks {
    const tags = this.#file.automaton.match(path);
    const known = this.#known.get(tags);
    if (known !== undefined) return known;
    const grants = grantsOf(this.#file, tags);
    const letters = FILE_LETTERS.filter((letter) => letter !== 'l');
    const masks = masksOf((whose) => letters.filter((letter) => isAllowed(grants, [letter, whose])));
    this.#known.set(tags, masks);
    return masks;
  }

  /** @returns `l` for the name of a link and what it leads to. */
  link(path: string, target: string): Masks {
    const tags = this.#link.automaton.match(`${path}\0${target}`);
    const known = this.#knownLinks.get(tags);
    if (known !== undefined) return known;
    const grants = grantsOf(this.#link, tags);
    const masks = masksOf((whose) => (isAllowed(grants, [whose]) ? ['l'] : []));
    this.#knownLinks.set(tags, masks);
    return masks;
  }

  /** @returns the rules that decide each access to a path: paths that match the same expressions share them. */
  decidingAt(path: string, target: string): Deciding {
    const tags = this.#file.automaton.match(path);
    const linkTags = this.#link.automaton.match(`${path}\0${target}`);
    const ofFile = this.#deciding.get(tags) ?? new Map<readonly number[], Deciding>();
    this.#deciding.set(tags, ofFile);
    const known = ofFile.get(linkTags);
    if (known !== undefined) return known;
    const file = grantsOf(this.#file, tags);
    const link = grantsOf(this.#link, linkTags);
    const decide = (letter: FileLetter, whose: Whose): readonly Rule[] => {
      const [grants, words] = letter === 'l' ? [link, [whose]] : [file, [letter, whose]];
      return rulesOf(answer(grants.filter((grant) => covers(grant, words))).deciding);
    };
    const answers = new Map<string, readonly Rule[]>();
    const deciding: Deciding = {
      rules: (letter, whose) => {
        const key = `${letter} ${whose}`;
        const rules = answers.get(key) ?? decide(letter, whose);
        answers.set(key, rules);
        return rules;
      },
    };
    ofFile.set(linkTags, deciding);
    return deciding;
  }
}

/** Who decides what about a path; the same object for paths that match the same expressions. */
export interface Deciding {
  /** None where no rule allows it. */
  rules(letter: FileLetter, whose: Whose): readonly Rule[];
}

function grantsOf({ byTag }: CompiledDomain, tags: readonly number[]): readonly Grant[] {
  return tags.flatMap((tag) => byTag[tag] ?? []);
}

function isAllowed(grants: readonly Grant[], words: readonly string[]): boolean {
  return answer(grants.filter((grant) => covers(grant, words))).allowed;
}

function masksOf(letters: (whose: Whose) => readonly FileLetter[]): Masks {
  const mask = (whose: Whose): number =>
    withAppend(letters(whose).reduce((bits, letter) => bits | letterBit(letter), 0));
  return { owner: mask('owner'), other: mask('other') };
}
