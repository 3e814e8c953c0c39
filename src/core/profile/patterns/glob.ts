/**
 * AppArmor's globs (AARE in apparmor.d(5)) as regular expressions over bytes, exactly as apparmor_parser translates
 * them (parser_misc.c processunquoted, parser_regex.c filter_slashes and convert_aaregex_to_pcre), its oddities
 * included: `*` and `?` are wildcards inside `[…]` too, and a `*` that is a whole path component needs a character.
 * Pure.
 */
import { readEscape, unescape } from '../syntax/escapes.ts';
import { singleSlashes } from '../syntax/unquote.ts';

/** Why there is no regular expression for a glob. */
export interface GlobProblem {
  readonly problem: string;
}

/** A regular expression for `readRegex`, one character a byte; or why there is none. */
export type Translation = { readonly regex: string } | GlobProblem;

/** The parser has no bound of its own but memory; a hostile profile gets one here. */
const MAX_BYTES = 524_288;
/** The parser's own bound (parser_regex.c, MAX_ALT_DEPTH). */
const MAX_DEPTH = 50;

/** What the parser takes for a condition that is not given: any text without NUL (default_match_pattern). */
export const ANY = '[^\\000]*';

/**
 * @param text a glob without variables and quotes.
 * @param path whether it is a path: slashes in a row count as one.
 */
export function translate(text: string, { path }: { readonly path: boolean }): Translation {
  const bytes = Buffer.from(text).toString('latin1');
  if (bytes.length > MAX_BYTES) return { problem: `the expression is longer than ${MAX_BYTES} bytes` };
  if (bytes.includes('\0')) return { problem: 'the expression contains a NUL byte' };
  const plain = unescape(bytes);
  try {
    return { regex: new GlobConverter(path ? singleSlashes(plain) : plain).convert() };
  } catch (error) {
    if (error instanceof GlobError) return { problem: error.message };
    throw error;
  }
}

class GlobError extends Error {}

/** convert_aaregex_to_pcre: reads a glob from left to right and writes the regular expression. */
class GlobConverter {
  readonly #text: string;
  #regex = '';
  #inClass = false;
  /** How many commas were seen in each open `{`, the innermost last. */
  readonly #commas: number[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  convert(): string {
    let at = 0;
    while (at < this.#text.length) {
      at = this.#text[at] === '\\' ? this.#escaped(at + 1) : this.#plain(at);
    }
    if (this.#inClass) throw new GlobError('a [ is not closed');
    if (this.#commas.length > 0) throw new GlobError('a { is not closed');
    return this.#regex;
  }

  /** Takes the character after a backslash. @returns the offset after it. */
  #escaped(at: number): number {
    const c = this.#text[at];
    switch (c) {
      case undefined:
        throw new GlobError('it ends in a backslash');
      case '*':
      case '[':
      case ']':
      case '{':
      case '}':
        this.#regex += `\\${c}`;
        return at + 1;
      case '?':
        this.#regex += c;
        return at + 1;
      case ',':
        this.#regex += this.#inClass ? '\\,' : ',';
        return at + 1;
      default:
        return this.#escapeSequence(at, c);
    }
  }

  /** An escape sequence stays one. A backslash that nothing needs is dropped, as the parser does with a warning. */
  #escapeSequence(at: number, c: string): number {
    const escape = readEscape(this.#text, at);
    if (escape === undefined) {
      this.#literal(c);
      return at + 1;
    }
    this.#regex += `\\${this.#text.slice(at, escape.end)}`;
    return escape.end;
  }

  /** Takes a character without a backslash before it. @returns the offset after it, or after `**`. */
  #plain(at: number): number {
    const c = this.#text[at] ?? '';
    switch (c) {
      case '*':
        return this.#star(at);
      case '?':
        this.#regex += '[^/\\x00]';
        break;
      case '[':
        this.#inClass = true;
        this.#regex += c;
        break;
      case ']':
        if (!this.#inClass) throw new GlobError('there is a ] without a [');
        this.#inClass = false;
        this.#regex += c;
        break;
      case '{':
      case '}':
      case ',':
        if (this.#inClass) this.#regex += c;
        else this.#alternation(c);
        break;
      default:
        this.#literal(c);
    }
    return at + 1;
  }

  /** `*` stays within a path component, `**` does not. One that is a whole component needs a character. */
  #star(at: number): number {
    if (this.#regex.endsWith('/') && /^\**(?:\/|$)/.test(this.#text.slice(at))) this.#regex += '[^/\\x00]';
    const isDouble = this.#text[at + 1] === '*';
    this.#regex += isDouble ? '[^\\x00]*' : '[^/\\x00]*';
    return isDouble ? at + 2 : at + 1;
  }

  #alternation(c: '{' | '}' | ','): void {
    if (c === '{') this.#open();
    else if (c === '}') this.#close();
    else this.#comma();
  }

  #open(): void {
    if (this.#commas.length + 1 >= MAX_DEPTH) throw new GlobError(`more than ${MAX_DEPTH} braces are nested`);
    this.#commas.push(0);
    this.#regex += '(';
  }

  #close(): void {
    const commas = this.#commas.pop();
    if (commas === undefined) throw new GlobError('there is a } without a {');
    if (commas === 0) throw new GlobError('braces need a comma');
    this.#regex += ')';
  }

  #comma(): void {
    const innermost = this.#commas.length - 1;
    if (innermost < 0) {
      this.#regex += ',';
      return;
    }
    this.#commas[innermost] = (this.#commas[innermost] ?? 0) + 1;
    this.#regex += '|';
  }

  /** A character that stands for itself, escaped where a regular expression would give it a meaning. */
  #literal(c: string): void {
    const isSpecial = '.+|()'.includes(c) || (!this.#inClass && (c === '^' || c === '$'));
    this.#regex += isSpecial ? `\\${c}` : c;
  }
}
