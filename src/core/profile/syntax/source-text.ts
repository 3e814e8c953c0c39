/** A file's text with its places, and the failure that reading it ends in. Pure. */
import type { ReadProblem, Span } from './ast.ts';

/** Ends a reading; it never leaves `readProfileText`. */
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
  readonly #lines: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines.push(at + 1);
  }

  span(start: number, end: number): Span {
    const line = this.line(start);
    return { file: this.file, line, column: start - (this.#lines[line - 1] ?? 0) + 1, start, end };
  }

  /** The 1-based line of an offset. */
  line(offset: number): number {
    let low = 0;
    let high = this.#lines.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** A line's text without its break; undefined where there is none. */
  lineText(line: number): string | undefined {
    const start = this.#lines[line - 1];
    if (start === undefined) return undefined;
    const next = this.#lines[line];
    return this.text.slice(start, next === undefined ? undefined : next - 1);
  }

  fail(offset: number, message: string, more: { readonly missing?: string } = {}): never {
    const { line, column } = this.span(Math.min(offset, this.text.length), offset);
    throw new ReadFailure({ file: this.file, line, column, message, ...more });
  }
}
