/** What one reading of a profile knows: its files, its variables, and which block it is in. Pure. */
import type { Cursor, Word } from './cursor.ts';
import type { Expression, FindInclude, ProfileBlock, Qualifiers, Rule, Span } from './ast.ts';
import type { Source } from './source-text.ts';
import { Variables } from './variables.ts';

/** No profile that a person writes comes near these; they keep a hostile one from filling memory or the stack. */
export const LIMITS = {
  files: 2_000,
  /** UTF-16 units of all files together. */
  bytes: 1 << 24,
  includeDepth: 100,
  blockDepth: 500,
  rules: 100_000,
  /** UTF-16 units of all expressions together, once their variables are replaced. */
  values: 1 << 25,
} as const;

/** What all blocks of one reading share. */
export class ReaderState {
  readonly find: FindInclude;
  readonly files = new Map<string, string>();
  readonly variables = new Variables();
  readonly aliases: { readonly from: string; readonly to: string }[] = [];
  readonly profiles: ProfileBlock[] = [];
  readonly labels: Span[] = [];
  abi: string | undefined;
  ruleCount = 0;
  #fileCount = 0;
  #bytes = 0;
  #values = 0;

  constructor(find: FindInclude) {
    this.find = find;
  }

  /** @throws ReadFailure when there are too many files, or they are too long. */
  addFile(source: Source): void {
    this.#fileCount += 1;
    this.#bytes += source.text.length;
    if (this.#fileCount > LIMITS.files) source.fail(0, `more than ${LIMITS.files} files are included`);
    if (this.#bytes > LIMITS.bytes) source.fail(0, 'the profile and its includes are too long');
    this.files.set(source.file, source.text);
  }

  /** @returns a word with its variables replaced. @throws ReadFailure at its place when that cannot be done. */
  expand(cursor: Cursor, { text, start }: Pick<Word, 'text' | 'start'>, isPath: boolean): Expression {
    const expression = reportProblem(cursor, start, () => this.variables.expand(text, { path: isPath }));
    this.#values += expression.expanded.reduce((sum, { length }) => sum + length, 0);
    if (this.#values > LIMITS.values) cursor.fail('the profile is too long once its variables are replaced', start);
    return expression;
  }
}

/** Where statements are read: the innermost block, and the includes on the way to it. */
export interface Scope {
  readonly reading: ReaderState;
  /** Full name of the block; undefined at the top level. */
  readonly profile: string | undefined;
  readonly rules: Rule[];
  readonly via: readonly Span[];
  readonly qualifiers: Partial<Qualifiers>;
  /** Files that this block has included: the parser skips a second one. */
  readonly included: Set<string>;
  /** False in a branch that is not taken: what stands there is read, and gives nothing. */
  readonly live: boolean;
  readonly depth: number;
}

/** Notes that a word names a profile, or a pattern of such names. */
export function noteLabel(cursor: Cursor, { reading }: Scope, word: Word | undefined): void {
  if (word !== undefined) reading.labels.push(cursor.source.span(word.start, word.end));
}

/** Turns an error of {@link Variables} into a problem with a place. */
export function reportProblem<T>(cursor: Cursor, at: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return cursor.fail((error as Error).message, at);
  }
}

/** @returns a word as an expression: its variables replaced, unless the branch it stands in is not taken. */
export function expression(cursor: Cursor, scope: Scope, word: Word): Expression {
  return scope.live ? scope.reading.expand(cursor, word, false) : { text: word.text, expanded: [] };
}

/** As {@link expression}, for a path: slashes in a row become one. */
export function pathExpression(cursor: Cursor, scope: Scope, word: Word): Expression {
  return scope.live ? scope.reading.expand(cursor, word, true) : { text: word.text, expanded: [] };
}
