/** The operators that make mutants, by the names that reports and `--operators` have. Pure. */

/** What take away from the profile or loosen it; what carve a part out of a rule; what add to the profile. */
const NAMES = {
  loosen: ['drop', 'flip', 'permission', 'expression', 'qualifier', 'exec', 'flag'],
  carve: [
    'carve-letter',
    'carve-name',
    'carve-capability',
    'carve-owner',
    'carve-mount',
    'carve-network',
    'carve-signal',
    'carve-ptrace',
    'carve-unix',
    'carve-link',
    'carve-scrub',
  ],
  add: [
    'add-capability',
    'add-network',
    'add-mount',
    'add-ptrace',
    'add-signal',
    'add-unix',
    'add-change-profile',
    'add-hat',
    'add-exec',
    'add-file',
    'add-class',
    'add-priority',
    'add-flag',
  ],
} as const;

type Group = keyof typeof NAMES;

export type Operator = (typeof NAMES)[Group][number];

const GROUPS: ReadonlyMap<string, readonly Operator[]> = new Map(Object.entries(NAMES));

/** Every operator, in the order of reports. */
export const OPERATORS: readonly Operator[] = Object.values(NAMES).flat();

/** Those that change or remove what is written, and add nothing. */
export const LOOSENING: readonly Operator[] = NAMES.loosen;

/** What `--operators` takes, for messages. */
export const OPERATOR_WORDS: readonly string[] = [...GROUPS.keys(), ...OPERATORS];

/**
 * @param text names of operators or of their groups, separated by commas: `add,carve-letter`.
 * @returns undefined where a name is unknown.
 */
export function readOperators(text: string): readonly Operator[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  if (words.some((word) => !OPERATOR_WORDS.includes(word))) return undefined;
  const chosen = new Set(words.flatMap((word): readonly string[] => GROUPS.get(word) ?? [word]));
  return OPERATORS.filter((name) => chosen.has(name));
}
