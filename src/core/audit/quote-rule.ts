/** Names as a profile must have them, so that they mean themselves (apparmor.d(5), "Globbing" and "Quoting"). */

/** A name where a pattern may stand: its wildcards are escaped. */
export function quotePath(name: string): string {
  const pattern = escapeName(name);
  return pattern.startsWith('@{') ? `"${pattern}"` : quotePattern(pattern);
}

/** A name as a pattern that matches nothing else; not yet quoted. */
export function escapeName(name: string): string {
  return name.replace(/[\\*?[\]{}]/g, '\\$&');
}

/** A pattern, in quotes where it needs them. Control characters become octal, which the parser reads back. */
export function quotePattern(pattern: string): string {
  if (/^[A-Za-z0-9_./@:+~%&\\*?[\]{}^-]+$/.test(pattern)) return pattern;
  return `"${[...pattern].map(quoted).join('')}"`;
}

function quoted(character: string): string {
  if (character === '"') return '\\"';
  const code = character.charCodeAt(0);
  return code < 0x20 || code === 0x7f ? `\\${code.toString(8).padStart(3, '0')}` : character;
}
