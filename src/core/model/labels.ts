/** Labels: the kernel's, with the names of a run, and those with the names that the profile's author wrote. Pure. */
import type { ProfileMode } from './plan.ts';

/** Loaded name of each profile to the name as written. */
export type Names = ReadonlyMap<string, string>;

/** The mode of each profile that is loaded, by its name. */
type LoadedModes = ReadonlyMap<string, ProfileMode>;

/** Modes in which what is denied does not happen. */
const STRICT: readonly (ProfileMode | undefined)[] = ['enforce', 'kill'];

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

/** A label with its mode, as the kernel prints both. */
export interface LabelAndMode {
  readonly label: string;
  /** Undefined for `unconfined`. */
  readonly mode?: ProfileMode;
}

/**
 * Whether a label confines at least as much as a profile, or each profile of a stack: it is the profile, a child of it,
 * or a stack with one of these, in the profile's own mode or one that does not let through what is denied.
 * @param modes the mode of each profile that is loaded.
 */
export function staysUnder({ label, mode }: LabelAndMode, profile: string, modes: LoadedModes): boolean {
  const parts = label.split('//&');
  return profile.split('//&').every((wanted) => {
    const accepted = [modes.get(wanted), ...STRICT];
    return parts.some((part) => {
      const isOfIt = part === wanted || part.startsWith(`${wanted}//`);
      return isOfIt && accepted.includes(modes.get(part) ?? mode);
    });
  });
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
