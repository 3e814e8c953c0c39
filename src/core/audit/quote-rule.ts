/** Names as a profile must have them, so that they mean themselves (apparmor.d(5), "Globbing" and "Quoting"). */

/** A name where a pattern may stand: its wildcards are escaped. */
export function quotePath(name: string): string {
  return word(name.replace(/[\\*?[\]{}]/g, '\\$&'));
}

/** A word, in quotes where it needs them. Control characters become octal, which the parser reads back. */
function word(text: string): string {
  if (/^[A-Za-z0-9_./@:+~%&\\*?[\]{}^-]+$/.test(text) && !text.startsWith('@{')) return text;
  return `"${[...text].map(quoted).join('')}"`;
}

function quoted(character: string): string {
  if (character === '"') return '\\"';
  const code = character.charCodeAt(0);
  return code < 0x20 || code === 0x7f ? `\\${code.toString(8).padStart(3, '0')}` : character;
}
