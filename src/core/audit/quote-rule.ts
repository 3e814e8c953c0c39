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

/** A pattern, in quotes where it needs them. What does not print becomes octal, which the parser reads back. */
export function quotePattern(pattern: string): string {
  // a backslash at the end would take the blank that follows
  if (/^[A-Za-z0-9_./@:+~%&\\*?[\]{}^-]+(?<!\\)$/.test(pattern)) return pattern;
  return `"${[...pattern].map(quoted).join('')}"`;
}

function quoted(character: string): string {
  if (character === '"') return '\\"';
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(character)) return character;
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
