/** Names as they must stand in a profile so that they mean themselves (apparmor.d(5), "Globbing" and "Quoting"). */

/** A name where a pattern may stand: its wildcards are escaped. */
export function pattern(name: string): string {
  return word(name.replace(/[\\*?[\]{}]/g, '\\$&'));
}

/** A word, in quotes where it needs them. Control characters become octal, which the parser reads back. */
export function word(text: string): string {
  if (/^[A-Za-z0-9_./@:+~%&\\*?[\]{}^-]+$/.test(text) && !text.startsWith('@{')) return text;
  const inside = text
    .replace(/"/g, '\\"')
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `"${inside}"`;
}
