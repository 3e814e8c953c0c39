/** Changes of a text, as ranges that are replaced. Pure. */

/** Replaces a range of a text; offsets are in UTF-16 units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @param edits in any order; their ranges do not overlap. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  // from the end, so that the offsets of those still to come stay right
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source);
}
