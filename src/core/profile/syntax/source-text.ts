/** The text of one file with its lines and columns, and the failure that ends a reading. Pure. */
import { defined } from '#core/model/optional.ts';
import type { ReadProblem, Span } from './ast.ts';

/** Ends a reading; `readProfileText` catches it. */
export class ReadFailure extends Error {
  readonly problem: ReadProblem;
  constructor(problem: ReadProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** One file of a profile. */
export class Source {
  readonly file: string;
  readonly text: string;
  /** Offsets at which lines start. */
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  span(start: number, end: number): Span {
    const line = this.#lineOf(start);
    return { file: this.file, line, column: start - (this.#lineStarts[line - 1] ?? 0) + 1, start, end };
  }

  /** A line's text without its break; undefined where there is no such line. Lines are 1-based. */
  lineText(line: number): string | undefined {
    const start = this.#lineStarts[line - 1];
    if (start === undefined) return undefined;
    const next = this.#lineStarts[line];
    return this.text.slice(start, next === undefined ? undefined : next - 1);
  }

  /** @throws ReadFailure with the line and column of the offset. */
  fail(offset: number, message: string, { missing }: Pick<ReadProblem, 'missing'> = {}): never {
    const { line, column } = this.span(Math.min(offset, this.text.length), offset);
    throw new ReadFailure(defined({ file: this.file, line, column, message, missing }));
  }

  /** The 1-based line of an offset, found by halving. */
  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}
