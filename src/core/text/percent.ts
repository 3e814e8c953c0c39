/** A threshold as a user writes it. Pure. */

/** @returns a number from 0 to 100, or undefined when the text is none. */
export function readPercent(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,3}(\.\d{1,6})?$/.test(text) && value <= 100 ? value : undefined;
}
