/** Turns a probe with a `matrix` into one probe for each combination, before validation. Pure. */

/** The probes after expansion, and for each the index of the one it came from. */
interface Expanded {
  readonly probes: readonly unknown[];
  readonly origins: readonly number[];
  /** Index of a probe in the file, and what is wrong with its matrix. */
  readonly problems: readonly { readonly index: number; readonly message: string }[];
}

/** A value for each name of the matrix. */
type Combination = Readonly<Record<string, string>>;

const MAX_PROBES = 10_000;

/** @param probes the list as written; what is not an object with a `matrix` passes through. */
export function expandMatrices(probes: readonly unknown[]): Expanded {
  const expanded: unknown[] = [];
  const origins: number[] = [];
  const problems: { index: number; message: string }[] = [];

  probes.forEach((probe, index) => {
    const made = isRecord(probe) && Object.hasOwn(probe, 'matrix') ? expandProbe(probe) : [probe];
    if (typeof made === 'string') {
      problems.push({ index, message: made });
    } else if (expanded.length + made.length > MAX_PROBES) {
      problems.push({ index, message: `the matrix makes more than ${MAX_PROBES} probes` });
    } else {
      expanded.push(...made);
      origins.push(...made.map(() => index));
    }
  });
  return { probes: expanded, origins, problems };
}

/** @returns the probes, or what is wrong with the matrix. */
function expandProbe(probe: Record<string, unknown>): unknown[] | string {
  const { matrix, ...template } = probe;
  if (!isRecord(matrix)) return 'matrix: must be a map of names to lists';
  const axes = Object.entries(matrix);
  if (axes.length === 0) return 'matrix: is empty';

  const problem = axes.map((axis) => axisProblem(axis, template)).find((message) => message !== undefined);
  if (problem !== undefined) return problem;

  const combinations = combine(axes as [string, unknown[]][]);
  if (combinations === undefined) return `matrix: makes more than ${MAX_PROBES} probes`;
  return combinations.map((combination) => fill(template, combination));
}

function axisProblem([name, values]: [string, unknown], template: Record<string, unknown>): string | undefined {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    return `matrix: ${JSON.stringify(name)} is not a valid name: use small letters, digits and -`;
  }
  const isList = Array.isArray(values) && values.length > 0;
  if (!isList || !values.every((value) => typeof value === 'string' || typeof value === 'number')) {
    return `matrix: ${name} must be a list of strings or numbers`;
  }
  const { name: _name, because: _because, ...tried } = template;
  if (!JSON.stringify(tried).includes(`{${name}}`)) return `matrix: no action or expectation uses {${name}}`;
  return undefined;
}

/** @returns undefined where there would be too many. */
function combine(axes: readonly [string, readonly unknown[]][]): Combination[] | undefined {
  let combinations: Combination[] = [{}];
  for (const [name, values] of axes) {
    combinations = combinations.flatMap((combination) =>
      values.map((value) => ({ ...combination, [name]: String(value) })),
    );
    if (combinations.length > MAX_PROBES) return undefined;
  }
  return combinations;
}

function fill(template: Record<string, unknown>, combination: Combination): Record<string, unknown> {
  const probe = substitute(template, combination) as Record<string, unknown>;
  const { name } = template;
  // a name that no value changes would be the same for all
  if (typeof name !== 'string' || probe['name'] !== name) return probe;
  return { ...probe, name: `${name} (${Object.values(combination).join(', ')})` };
}

function substitute(value: unknown, combination: Combination): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\{([a-z][a-z0-9-]*)\}/g, (whole, name: string) =>
      Object.hasOwn(combination, name) ? (combination[name] ?? whole) : whole,
    );
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, combination));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, combination)]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
