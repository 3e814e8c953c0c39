/** Suggests a known word for one that is not known. Pure. */

/** @returns `; did you mean open?` where a known word is near; else nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** The known word that a mistyped one most likely meant, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const scored = known
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return scored[0]?.candidate ?? known.find((candidate) => hasStemOf(typed, candidate.toLowerCase()));
}

/** Whether two words differ only in their endings: `deny` and `denied`. */
function hasStemOf(word: string, candidate: string): boolean {
  return word.length >= 4 && candidate.startsWith(word.slice(0, -1));
}

/** How many letters were added, left out or replaced; two that changed places count once. */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return Infinity; // a hostile key: no hint is worth the time
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? Infinity;
}
