/** Counts on a command line. Pure. */

/** @returns undefined where the text is no whole number from 1 to a billion. */
export function readCount(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
