/** Names for every boundary of the expressions of several policies, whether a container has them or not. Pure. */
import { compileGrants, type Policy } from '../profile/semantics/policy.ts';
import { NAME_SHAPES } from '../profile/semantics/question-space.ts';

/** A path; of a link, also what it leads to. */
export interface ExampleName {
  /** A folder has a slash at its end. */
  readonly path: string;
  readonly target?: string;
}

/** For each set of expressions that match the same names. */
const EXAMPLES_PER_SET = 2;
const MOST_EXAMPLES = 5_000;

/** @returns names such that whatever the policies decide differently about any name, they decide about one of these. */
export function exampleNames(policies: readonly Policy[]): {
  readonly examples: readonly ExampleName[];
  readonly complete: boolean;
} {
  const files = namesOf(policies, 'file');
  const links = namesOf(policies, 'link');
  const examples = [
    ...files.names.map((path) => ({ path })),
    ...links.names.map((name) => {
      const [path = '', target = ''] = name.split('\0');
      return { path, target };
    }),
  ].filter((one) => one.path.startsWith('/') && !('target' in one && one.path.endsWith('/'))); // a link is no folder
  return {
    examples: examples.slice(0, MOST_EXAMPLES),
    complete: files.complete && links.complete && examples.length <= MOST_EXAMPLES,
  };
}

function namesOf(
  policies: readonly Policy[],
  domain: 'file' | 'link',
): { names: readonly string[]; complete: boolean } {
  const { automaton } = compileGrants(policies.flatMap(({ domains }) => domains[domain].grants));
  const { sets, complete } = automaton.tagSets(NAME_SHAPES[domain], { examples: EXAMPLES_PER_SET });
  const names = sets.flatMap(({ examples }) => examples.flatMap((bytes) => textOf(bytes) ?? []));
  return { names: [...new Set(names)], complete };
}

/** @returns undefined for bytes that are no text: they could not be asked about as they are. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(Buffer.from(bytes)) ? text : undefined;
}
