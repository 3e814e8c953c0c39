/** Colour for a terminal. Plain escapes rather than util.styleText, which asks the environment and the stream whether it may. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof CODES;
export type Painter = (text: string, ...styles: readonly Style[]) => string;

/** @returns what paints a text, or leaves it as it is without colour. */
export function painter(color: boolean): Painter {
  return (text, ...styles) =>
    color ? styles.reduce((inner, style) => `\x1b[${CODES[style][0]}m${inner}\x1b[${CODES[style][1]}m`, text) : text;
}
