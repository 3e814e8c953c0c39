/** Reads the words of a profile one after another, as apparmor_parser's lexer splits them (parser_lex.l). Pure. */
import type { Source } from './source-text.ts';

/** A word and where it stands. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The characters that end a word in each state of the lexer, besides blanks, quotes, `!`, and a comma that no further
 * character of the word follows.
 */
export const ENDS = {
  /** Paths, names, targets. */
  plain: '',
  /** The first positional words of network, mount, dbus, … rules. */
  beforeEquals: '=)',
  /** Values in brackets. */
  list: '(),',
  /** Keys in the brackets of `peer=(…)`. */
  key: '=),',
} as const;

const HASH_INCLUDE = /#include[ \t<"]/y;

/** A place in a source, which moves on as words are taken. */
export class Cursor {
  readonly source: Source;
  at: number;

  constructor(source: Source, at = 0) {
    this.source = source;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.source.text.length;
  }

  /**
   * Skips blanks, line breaks and comments.
   * @param stopAtInclude `#include` is a statement here, not a comment.
   */
  skip({ stopAtInclude = false } = {}): void {
    const { text } = this.source;
    for (; this.at < text.length; this.at += 1) {
      const c = text[this.at] ?? '';
      if (c === '#' && stopAtInclude && this.sees(HASH_INCLUDE)) return;
      if (c === '#') this.at = lineEnd(text, this.at);
      else if (c !== ' ' && c !== '\t' && c !== '\n' && c !== '\r') return;
    }
  }

  /** Skips blanks of this line only. */
  skipBlanks(): void {
    while (this.source.text[this.at] === ' ' || this.source.text[this.at] === '\t') this.at += 1;
  }

  /** @returns whether the text continues with this string, or with a match of this sticky expression. */
  sees(expected: string | RegExp): boolean {
    if (typeof expected === 'string') return this.source.text.startsWith(expected, this.at);
    expected.lastIndex = this.at;
    return expected.test(this.source.text);
  }

  /** Skips to the next word, then takes the string if the text continues with it. */
  take(expected: string): boolean {
    this.skip();
    if (!this.sees(expected)) return false;
    this.at += expected.length;
    return true;
  }

  /** Skips to the next word, then takes what a sticky expression matches. */
  match(expression: RegExp): Word | undefined {
    this.skip();
    return this.matchHere(expression);
  }

  /** Takes what a sticky expression matches right here, without skipping anything. */
  matchHere(expression: RegExp): Word | undefined {
    expression.lastIndex = this.at;
    const matched = expression.exec(this.source.text)?.[0];
    return matched === undefined ? undefined : this.#takeTo(this.at + matched.length);
  }

  /**
   * Takes a string that must stand here.
   * @param where for the message: `after peer`.
   */
  expect(expected: string, where: string): void {
    if (!this.take(expected)) this.fail(`expected \`${expected}\` ${where}`);
  }

  /**
   * Skips to the next word and takes it. A quoted string is one word; its quotes stay on.
   * @param ends one of {@link ENDS}.
   */
  word(ends: string = ENDS.plain): Word | undefined {
    this.skip();
    const { text } = this.source;
    const end = text[this.at] === '"' ? quotedEnd(text, this.at) : wordEnd(text, this.at, ends);
    if (end === undefined) this.fail('a quoted string is not closed');
    return end === this.at ? undefined : this.#takeTo(end);
  }

  /** @throws ReadFailure with the line and column of an offset. */
  fail(message: string, at = this.at): never {
    return this.source.fail(at, message);
  }

  #takeTo(end: number): Word {
    const start = this.at;
    this.at = end;
    return { text: this.source.text.slice(start, end), start, end };
  }
}

/** The offset of the next line break, or of the end of the text. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function wordEnd(text: string, from: number, ends: string): number {
  const escapable = ends === ENDS.list ? ' \t"!,#()' : ' \t"!,#';
  let at = from;
  while (at < text.length) {
    const c = text[at] ?? '';
    const next = text[at + 1];
    if (c === '\\' && isAny(next, escapable)) at += 2;
    else if (isAny(c, ' \t\r\n"!') || isAny(c, ends)) return at;
    else if (c !== ',') at += 1;
    else if (next !== undefined && !isAny(next, ' \t\r\n"!,') && !isAny(next, ends)) at += 2;
    else return at;
  }
  return at;
}

function isAny(character: string | undefined, set: string): boolean {
  return character !== undefined && set.includes(character);
}

/** The end of the longest string in quotes, as flex takes it: `\"` closes the string only if no other quote does. */
function quotedEnd(text: string, from: number): number | undefined {
  let escaped: number | undefined;
  for (let at = from + 1; at < text.length && text[at] !== '\0'; at += 1) {
    if (text[at] !== '"') continue;
    if (text[at - 1] !== '\\' || at - 1 === from) return at + 1;
    escaped = at + 1;
  }
  return escaped;
}
