/** Reads a profile's words one after another, as apparmor_parser's lexer splits them (parser_lex.l). Pure. */
import type { Source } from './source-text.ts';

/** A word and where it stands. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What ends a word in each of the lexer's states, besides blanks, quotes, `!` and a comma that nothing follows. */
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

  /** Skips blanks, line breaks and comments; between statements, `#include` is none. */
  blank({ includes = false } = {}): void {
    const { text } = this.source;
    for (; this.at < text.length; this.at += 1) {
      const c = text[this.at] ?? '';
      if (c === '#' && includes && this.sees(HASH_INCLUDE)) return;
      if (c === '#') this.at = lineEnd(text, this.at);
      else if (c !== ' ' && c !== '\t' && c !== '\n' && c !== '\r') return;
    }
  }

  /** Skips blanks of this line. */
  blankInLine(): void {
    while (this.source.text[this.at] === ' ' || this.source.text[this.at] === '\t') this.at += 1;
  }

  /** @returns whether the text continues with it; a sticky expression is tried here. */
  sees(what: string | RegExp): boolean {
    if (typeof what === 'string') return this.source.text.startsWith(what, this.at);
    what.lastIndex = this.at;
    return what.test(this.source.text);
  }

  /** Skips blanks, then takes the text if it continues so. */
  take(what: string): boolean {
    this.blank();
    if (!this.sees(what)) return false;
    this.at += what.length;
    return true;
  }

  /** Skips blanks, then takes what a sticky expression matches. */
  match(expression: RegExp): Word | undefined {
    this.blank();
    return this.matchHere(expression);
  }

  /** Takes what a sticky expression matches at this very place. */
  matchHere(expression: RegExp): Word | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source.text)?.[0];
    if (found === undefined) return undefined;
    return this.#taken(this.at + found.length);
  }

  expect(what: string, where: string): void {
    if (!this.take(what)) this.fail(`\`${what}\` is missing ${where}`);
  }

  /** Skips blanks, then takes a word or a quoted text, quotes included. */
  word(ends: string = ENDS.plain): Word | undefined {
    this.blank();
    const { text } = this.source;
    const end = text[this.at] === '"' ? quotedEnd(text, this.at) : wordEnd(text, this.at, ends);
    if (end === undefined) this.fail('a quoted text is not closed');
    return end === this.at ? undefined : this.#taken(end);
  }

  #taken(end: number): Word {
    const start = this.at;
    this.at = end;
    return { text: this.source.text.slice(start, end), start, end };
  }

  fail(message: string, at = this.at): never {
    return this.source.fail(at, message);
  }
}

/** The offset of the line break behind an offset, or of the end. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function wordEnd(text: string, from: number, ends: string): number {
  let i = from;
  while (i < text.length) {
    const c = text[i] ?? '';
    if (c === '\\' && isAny(text[i + 1], ' \t"!,#' + (ends === ENDS.list ? '()' : ''))) i += 2;
    else if (isAny(c, ' \t\r\n"!') || isAny(c, ends)) return i;
    else if (c !== ',') i += 1;
    else if (i + 1 < text.length && !isAny(text[i + 1], ' \t\r\n"!,') && !isAny(text[i + 1], ends)) i += 2;
    else return i;
  }
  return i;
}

function isAny(character: string | undefined, set: string): boolean {
  return character !== undefined && set.includes(character);
}

/** The longest text in quotes, as flex takes it: a quote behind `\` closes only when no other does. */
function quotedEnd(text: string, from: number): number | undefined {
  let escaped: number | undefined;
  for (let i = from + 1; i < text.length && text[i] !== '\0'; i += 1) {
    if (text[i] !== '"') continue;
    if (text[i - 1] !== '\\' || i - 1 === from) return i + 1;
    escaped = i + 1;
  }
  return escaped;
}
