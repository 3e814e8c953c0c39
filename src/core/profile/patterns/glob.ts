/**
 * AppArmor's expressions (AARE) as regular expressions over bytes, exactly as apparmor_parser translates them
 * (parser_misc.c processunquoted, parser_regex.c filter_slashes and convert_aaregex_to_pcre), its oddities included:
 * `*` and `?` are replaced inside `[…]` too, and `*` right behind a slash needs a character when the part ends there. Pure.
 */

/** A regular expression for `readRegex`, one character a byte; or why there is none. */
type Translated = { readonly regex: string } | { readonly problem: string };

/** The parser has no bound of its own but memory; a hostile profile gets one here. */
const MAX_BYTES = 524_288;
const MAX_DEPTH = 50;

/** Any text but NUL, at least one byte: what a condition that is not given matches. */
export const ANY = '[^\\000]*';

/**
 * @param text an expression without variables and quotes.
 * @param path whether it is a path: slashes in a row count as one.
 */
export function translate(text: string, { path }: { readonly path: boolean }): Translated {
  const bytes = Buffer.from(text).toString('latin1');
  if (bytes.length > MAX_BYTES) return { problem: `the expression is longer than ${MAX_BYTES} bytes` };
  if (bytes.includes('\0')) return { problem: 'the expression contains a NUL byte' };
  const plain = unescapePlain(bytes);
  return convert(path ? filterSlashes(plain) : plain);
}

/** Escapes of plain characters become those; what would then be special keeps a backslash. Doing it twice changes nothing. */
function unescapePlain(text: string): string {
  let out = '';
  for (let i = 0; i < text.length;) {
    const escape = text[i] === '\\' && i + 1 < text.length ? readEscape(text, i + 1, '') : undefined;
    if (escape === undefined) {
      out += text[i] ?? '';
      i += 1;
      continue;
    }
    if (escape.code === 0) out += text.slice(i, escape.end);
    else {
      const c = String.fromCharCode(escape.code);
      out += '*?[]{}^,\\'.includes(c) ? `\\${c}` : c;
    }
    i = escape.end;
  }
  return out;
}

/** Two slashes at the start are kept: they are a namespace of their own. */
function filterSlashes(text: string): string {
  const keep = /^\/\/(?!\/)/.test(text) ? 2 : 0;
  return text.slice(0, keep) + text.slice(keep).replaceAll(/\/+/g, '/');
}

const NAMED: Readonly<Record<string, number>> = { '\\': 0x5c, '"': 0x22, a: 7, e: 0x1b, f: 0xc, n: 0xa, r: 0xd, t: 9 };

/**
 * Reads what follows a backslash (lib.c, strn_escseq).
 * @param also characters that may be escaped to stand for themselves.
 */
export function readEscape(
  text: string,
  at: number,
  also: string,
): { readonly code: number; readonly end: number } | undefined {
  const c = text[at] ?? '';
  if (/[0-7]/.test(c)) return number(text, at, 8, 3);
  if (c === 'd') return number(text, at + 1, 10, 3);
  if (c === 'x') return number(text, at + 1, 16, 2);
  const code = Object.hasOwn(NAMED, c) ? NAMED[c] : c !== '' && also.includes(c) ? c.charCodeAt(0) : undefined;
  return code === undefined ? undefined : { code, end: at + 1 };
}

function number(text: string, from: number, base: number, digits: number): { code: number; end: number } | undefined {
  let code = 0;
  let end = from;
  for (; end < from + digits; end += 1) {
    const digit = Number.parseInt(text[end] ?? '', base);
    if (Number.isNaN(digit) || code * base + digit > 255) break;
    code = code * base + digit;
  }
  return end === from ? undefined : { code, end };
}

// eslint-disable-next-line complexity -- a lexer: it decides on each character
function convert(text: string): Translated {
  let out = '';
  let escaped = false;
  let inClass = false;
  const groups: number[] = []; // commas seen in each open group
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '\\' && !escaped) {
      escaped = true;
      continue;
    }
    if ('*[]{}'.includes(c) && escaped) out += `\\${c}`;
    else if ((c === '?' || (c === ',' && !inClass)) && escaped) out += c;
    else if (c === '\\') out += '\\\\';
    else if (c === '*') {
      if (out.endsWith('/') && /^\**(?:\/|$)/.test(text.slice(i))) out += '[^/\\x00]';
      const two = text[i + 1] === '*';
      out += two ? '[^\\x00]*' : '[^/\\x00]*';
      if (two) i += 1;
    } else if (c === '?') out += '[^/\\x00]';
    else if (c === '[') {
      inClass = true;
      out += c;
    } else if (c === ']') {
      if (!inClass) return { problem: 'there is a ] without a [' };
      inClass = false;
      out += c;
    } else if ((c === '{' || c === '}') && inClass) out += c;
    else if (c === '{') {
      if (groups.length + 1 >= MAX_DEPTH) return { problem: `more than ${MAX_DEPTH} braces are nested` };
      groups.push(0);
      out += '(';
    } else if (c === '}') {
      const commas = groups.pop();
      if (commas === undefined) return { problem: 'there is a } without a {' };
      if (commas === 0) return { problem: 'braces hold no comma' };
      out += ')';
    } else if (c === ',') {
      const last = groups.length - 1;
      if (escaped) out += '\\,';
      else if (last < 0 || inClass) out += c;
      else {
        groups[last] = (groups[last] ?? 0) + 1;
        out += '|';
      }
    } else if (c === '^' || c === '$') out += inClass ? c : `\\${c}`;
    else {
      if ('.+|()'.includes(c)) out += '\\';
      const escape = escaped ? readEscape(text, i, '') : undefined;
      if (escape === undefined)
        out += c; // a backslash that nothing needs is dropped, as the parser does with a warning
      else {
        out += `\\${text.slice(i, escape.end)}`;
        i = escape.end - 1;
      }
    }
    escaped = false;
  }
  if (groups.length > 0 || inClass) return { problem: inClass ? 'a [ is not closed' : 'a { is not closed' };
  return escaped ? { problem: 'it ends in a backslash' } : { regex: out };
}
