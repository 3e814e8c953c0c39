/** Classes that a policy began or ceased to mediate: its feature ABI says so, not its rules. Pure. */
import type { Difference } from './access-change.ts';

/** The classes that each version of a profile mediates. */
export interface Mediation {
  readonly base: ReadonlySet<string>;
  readonly head: ReadonlySet<string>;
}

/** What waivers and reports call this kind of difference. */
export const MEDIATION = 'mediation';

/** @returns a difference for each class that only one of the two mediates. */
export function mediationDifferences({ base, head }: Mediation): Difference[] {
  const gone = [...base].filter((name) => !head.has(name));
  const fresh = [...head].filter((name) => !base.has(name));
  return [
    ...gone.map((name) => difference('loosened', name, 'is no longer mediated: all of it is allowed now')),
    ...fresh.map((name) => difference('tightened', name, 'is mediated now: what no rule allows is denied')),
  ];
}

function difference(change: 'loosened' | 'tightened', name: string, what: string): Difference {
  return {
    change,
    class: MEDIATION,
    permissions: [name],
    examples: [],
    base: [],
    head: [],
    detail: `the class ${name} ${what}`,
  };
}

/** The mediated class of each class of differences; rules of `unix` become rules of `network` where it is none. */
const CLASS_OF: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['mount', 'ptrace', 'signal', 'mqueue', 'userns', 'io_uring', 'dbus', 'network'].map((name) => [name, name]),
  ),
  remount: 'mount',
  umount: 'mount',
  pivot_root: 'mount',
};

/**
 * Whether the rules of a class decide its accesses on both sides: where one does not mediate the class, it allows all
 * of it, and what its rules say is no difference.
 */
export function isDecidedByRules({ class: name }: Difference, { base, head }: Mediation): boolean {
  const mediated = CLASS_OF[name];
  return mediated === undefined || (base.has(mediated) && head.has(mediated));
}
