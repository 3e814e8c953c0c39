/** From a word as written to the text that it stands for, as apparmor_parser's processid() does. Pure. */
import { unescape } from './escapes.ts';

/** Removes the quotes and replaces escape sequences; what a glob gives a meaning stays escaped. */
export function unquote(raw: string): string {
  const isQuoted = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"');
  return unescape(isQuoted ? raw.slice(1, -1) : raw);
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
