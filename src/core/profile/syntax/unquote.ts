/** From a word as written to the text that it stands for, as apparmor_parser's processid() does. Pure. */
import { unescape } from './escapes.ts';

/** Removes the quotes and replaces escape sequences; what a glob gives a meaning stays escaped. */
export function unquote(raw: string): string {
  const isQuoted = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"');
  const text = isQuoted ? raw.slice(1, -1) : raw;
  return text.includes('\\') ? unescapeBytes(text) : text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Sequences stand for bytes, of which several make a character: `\303\274` is one. Those that make none stay. */
function unescapeBytes(text: string): string {
  const bytes = unescape(Buffer.from(text).toString('latin1'));
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return unescape(text, 0x7f);
  }
}

/** Writes a name so that apparmor_parser reads it as it is: in quotes, with those of its own escaped. */
export function quoteName(name: string): string {
  return `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Slashes in a row become one; two at the very start stay: they name a namespace (parser_regex.c, filter_slashes). */
export function singleSlashes(path: string): string {
  const head = /^\/\/(?!\/)/.test(path) ? '//' : '';
  return head + path.slice(head.length).replaceAll(/\/{2,}/g, '/');
}
