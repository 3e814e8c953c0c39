/** What one reading of a profile knows: files, variables, and where it stands. Pure. */
import type { Cursor } from './cursor.ts';
import type { Expression, FindInclude, ProfileBlock, Qualifiers, Rule, Span } from './ast.ts';
import type { Source } from './source-text.ts';
import { Variables } from './variables.ts';

/** Bounds that no profile of a person reaches, and a hostile one must not pass. */
export const LIMITS = {
  files: 2_000,
  bytes: 1 << 24,
  includeDepth: 100,
  blockDepth: 500,
  rules: 100_000,
  values: 1 << 25,
} as const;

export class ReaderState {
  readonly file: string;
  readonly find: FindInclude;
  readonly files = new Map<string, string>();
  readonly variables = new Variables();
  readonly aliases: { readonly from: string; readonly to: string }[] = [];
  readonly profiles: ProfileBlock[] = [];
  abi?: string;
  ruleCount = 0;
  includeCount = 0;
  #bytes = 0;
  #values = 0;

  constructor(file: string, find: FindInclude) {
    this.file = file;
    this.find = find;
  }

  addFile(source: Source): void {
    this.includeCount += 1;
    this.#bytes += source.text.length;
    if (this.includeCount > LIMITS.files) source.fail(0, `more than ${LIMITS.files} files are included`);
    if (this.#bytes > LIMITS.bytes) source.fail(0, 'the profile and what it includes are too long');
    this.files.set(source.file, source.text);
  }

  /** A word with its variables replaced. */
  expression(
    cursor: Cursor,
    raw: string,
    at: number,
    { path, live }: { readonly path: boolean; readonly live: boolean },
  ): Expression {
    if (!live) return { text: raw, expanded: [] };
    const expression = reportProblem(cursor, at, () => this.variables.expand(raw, { path }));
    this.#values += expression.expanded.reduce((sum, { length }) => sum + length, 0);
    if (this.#values > LIMITS.values) cursor.fail('with its variables replaced, the profile grows too long', at);
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
  /** False in the branch of a condition that is not taken. */
  readonly live: boolean;
  readonly depth: number;
}

/** Errors of {@link Variables} become problems with a place. */
export function reportProblem<T>(cursor: Cursor, at: number, what: () => T): T {
  try {
    return what();
  } catch (error) {
    return cursor.fail((error as Error).message, at);
  }
}

/** A word of a rule as an expression. */
export function expression(
  cursor: Cursor,
  scope: Scope,
  word: { readonly text: string; readonly start: number },
  path = false,
): Expression {
  return scope.reading.expression(cursor, word.text, word.start, { path, live: scope.live });
}
