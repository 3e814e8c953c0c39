/**
 * Colour for a terminal. Pure.
 *
 * Not util.styleText: that decides by the environment and the stream, but here the caller decides.
 */

/** The SGR codes (ECMA-48 8.3.117) that turn a style on and off. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof CODES;

/** Puts a text in styles, the first innermost. */
export type Painter = (text: string, ...styles: readonly Style[]) => string;

/** @returns a painter; without colour, one that leaves every text as it is. */
export function painter(color: boolean): Painter {
  return (text, ...styles) => (color ? styles.reduce(styled, text) : text);
}

function styled(text: string, style: Style): string {
  const [on, off] = CODES[style];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}
