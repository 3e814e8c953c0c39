/** The letters of file rules, one fewer or one looser. Pure. */

/** Permissions as written to words: each letter, and the letters that tell how to execute as one word. */
export function permissionWords(letters: string): string[] {
  return letters.match(/[pPcCuUi]*x|./gs) ?? [];
}

/** How a transition can be loosened: the new mode, and whether a named target may stay. */
export function looserModes(mode: string): { readonly mode: string; readonly keepsTarget: boolean }[] {
  const looser: { mode: string; keepsTarget: boolean }[] = [];
  const lower = mode.toLowerCase();
  if (lower !== mode) looser.push({ mode: lower, keepsTarget: true }); // the environment is no longer scrubbed
  if (/^[pc]/.test(lower)) looser.push({ mode: 'ux', keepsTarget: false }, { mode: 'ix', keepsTarget: false });
  if (lower === 'ix') looser.push({ mode: 'ux', keepsTarget: false });
  return looser;
}
