/** Escape sequences of profiles, as apparmor_parser reads them (lib.c, strn_escseq and strn_chr_escseq). Pure. */

const NAMED: Readonly<Record<string, number>> = { '\\': 0x5c, '"': 0x22, a: 7, e: 0x1b, f: 0xc, n: 0xa, r: 0xd, t: 9 };

/** Characters that keep their backslash, because a glob gives them a meaning (parser_misc.c, processunquoted). */
const SPECIAL = '*?[]{}^,\\';

/** The character that an escape sequence stands for, and the offset after the sequence. */
interface Escape {
  readonly code: number;
  readonly end: number;
}

/**
 * Reads what follows a backslash: `\040`, `\d32`, `\x20`, `\n`.
 * @param at offset after the backslash.
 * @param also further characters that may be escaped, and then stand for themselves.
 * @returns undefined where this is no escape sequence: the backslash is a character like any other.
 */
export function readEscape(text: string, at: number, also = ''): Escape | undefined {
  const c = text[at];
  if (c === undefined) return undefined;
  if (/[0-7]/.test(c)) return readNumber(text, at, { base: 8, digits: 3 });
  if (c === 'd') return readNumber(text, at + 1, { base: 10, digits: 3 });
  if (c === 'x') return readNumber(text, at + 1, { base: 16, digits: 2 });
  const named = Object.hasOwn(NAMED, c) ? NAMED[c] : undefined;
  if (named !== undefined) return { code: named, end: at + 1 };
  return also.includes(c) ? { code: c.charCodeAt(0), end: at + 1 } : undefined;
}

/** A number of up to so many digits; a digit that would take it past a byte is not part of it. */
function readNumber(
  text: string,
  from: number,
  { base, digits }: { readonly base: number; readonly digits: number },
): Escape | undefined {
  let code = 0;
  let end = from;
  for (; end < from + digits; end += 1) {
    const digit = Number.parseInt(text[end] ?? '', base);
    if (Number.isNaN(digit) || code * base + digit > 255) break;
    code = code * base + digit;
  }
  return end === from ? undefined : { code, end };
}

/**
 * Replaces escape sequences by their characters; one that a glob would give a meaning keeps a backslash, and NUL stays
 * as written. Doing it twice changes nothing.
 * @param highest sequences for higher codes stay as written.
 */
export function unescape(text: string, highest = 0xff): string {
  let out = '';
  let copied = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    const escape = readEscape(text, at + 1);
    if (escape === undefined) {
      at += 1;
      continue;
    }
    if (escape.code !== 0 && escape.code <= highest) {
      const character = String.fromCharCode(escape.code);
      out += text.slice(copied, at) + (SPECIAL.includes(character) ? `\\${character}` : character);
      copied = escape.end;
    }
    at = escape.end;
  }
  return out + text.slice(copied);
}
