/** Labels between the names of a run and the names that the profile's author wrote. Pure. */

/** Loaded name of each profile to the name as written. */
export type Names = ReadonlyMap<string, string>;

/** @returns the label with names as written: `x.run//child//&y.run` becomes `x//child//&y`. */
export function asWritten(label: string, names: Names): string {
  return mapParts(label, (name) => names.get(name) ?? name);
}

/** @returns the label with names as loaded; what is no name of the profile file stays. */
export function asLoaded(label: string, names: Names): string {
  const loaded = new Map([...names].map(([one, written]) => [written, one]));
  return mapParts(label, (name) => loaded.get(name) ?? name);
}

/** Whether two labels are the same stack: the kernel prints its parts in an order of its own. */
export function sameLabel(a: string, b: string): boolean {
  return a === b || (a.includes('//&') && sorted(a) === sorted(b));
}

/** A label and its mode, as the kernel prints both. */
export function labelText(label: string, mode?: string): string {
  return mode === undefined ? label : `${label} (${mode})`;
}

function sorted(label: string): string {
  const [, parts = label, mode = ''] = /^([\s\S]*?)( \([a-z]+\))?$/.exec(label) ?? [];
  return parts.split('//&').sort().join('//&') + mode;
}

/** Names may hold slashes, but no `//`: that begins a child. */
function mapParts(label: string, rename: (name: string) => string): string {
  return label
    .split('//&')
    .map((part) => {
      const end = part.indexOf('//');
      return end < 0 ? rename(part) : rename(part.slice(0, end)) + part.slice(end);
    })
    .join('//&');
}
