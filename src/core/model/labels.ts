/** Labels: the kernel's, with the names of a run, and those with the names that the profile's author wrote. Pure. */

/** Loaded name of each profile to the name as written. */
export type Names = ReadonlyMap<string, string>;

/** @returns the label with names as written: `x.run//child//&y.run` becomes `x//child//&y`. */
export function asWritten(label: string, names: Names): string {
  return mapProfileNames(label, (name) => names.get(name) ?? name);
}

/** @returns the label with names as loaded. A name that is not in the profile file stays as it is. */
export function asLoaded(label: string, names: Names): string {
  const loadedNames = new Map([...names].map(([loaded, written]) => [written, loaded]));
  return mapProfileNames(label, (name) => loadedNames.get(name) ?? name);
}

/** Whether two labels are the same stack: the kernel prints the parts of a stack in an order of its own. */
export function sameLabel(a: string, b: string): boolean {
  return a === b || (a.includes('//&') && withSortedStack(a) === withSortedStack(b));
}

/** @returns a label and its mode, as the kernel prints both: `x (enforce)`. */
export function labelText(label: string, mode?: string): string {
  return mode === undefined ? label : `${label} (${mode})`;
}

function withSortedStack(label: string): string {
  const [, stack = label, mode = ''] = /^([\s\S]*?)( \([a-z]+\))?$/.exec(label) ?? [];
  return stack.split('//&').sort().join('//&') + mode;
}

/** Renames the profile in each part of a stack, and leaves the children, which come after the first `//` of a part. */
function mapProfileNames(label: string, rename: (name: string) => string): string {
  return label
    .split('//&')
    .map((part) => {
      const nameEnd = part.indexOf('//');
      return nameEnd < 0 ? rename(part) : rename(part.slice(0, nameEnd)) + part.slice(nameEnd);
    })
    .join('//&');
}
