/** Probes with a `matrix` to one probe for each combination, before validation: a hundred checks in five lines. Pure. */

/** The probes after expansion, and for each the index of the one it came from. */
interface Expanded {
  readonly probes: readonly unknown[];
  readonly origins: readonly number[];
  /** Index of a probe in the file, and what is wrong with its matrix. */
  readonly problems: readonly { readonly index: number; readonly message: string }[];
}

const MAX_PROBES = 10_000;

/** @param probes the list as written; what is not an object with a `matrix` passes through. */
export function expandMatrices(probes: readonly unknown[]): Expanded {
  const out: unknown[] = [];
  const origins: number[] = [];
  const problems: { index: number; message: string }[] = [];
  probes.forEach((probe, index) => {
    const made = isRecord(probe) && Object.hasOwn(probe, 'matrix') ? expand(probe) : [probe];
    if (typeof made === 'string' || out.length + made.length > MAX_PROBES) {
      problems.push({
        index,
        message: typeof made === 'string' ? made : `the matrix makes more than ${MAX_PROBES} probes`,
      });
      return;
    }
    out.push(...made);
    origins.push(...made.map(() => index));
  });
  return { probes: out, origins, problems };
}

function expand(probe: Record<string, unknown>): unknown[] | string {
  const { matrix, ...rest } = probe;
  if (!isRecord(matrix)) return 'matrix: must be a map of names to lists';
  const { name: _name, because: _because, ...tried } = rest;
  const axes = Object.entries(matrix);
  if (axes.length === 0) return 'matrix: is empty';
  for (const [name, values] of axes) {
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      return `matrix: ${JSON.stringify(name)} is no name: use small letters, digits and -`;
    if (
      !Array.isArray(values) ||
      values.length === 0 ||
      !values.every((value) => ['string', 'number'].includes(typeof value))
    )
      return `matrix: ${name} must be a list of texts`;
    if (!JSON.stringify(tried).includes(`{${name}}`)) return `matrix: nothing that is tried or expected uses {${name}}`;
  }
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of axes) {
    combinations = combinations.flatMap((one) =>
      (values as unknown[]).map((value) => ({ ...one, [name]: String(value) })),
    );
    if (combinations.length > MAX_PROBES) return `matrix: makes more than ${MAX_PROBES} probes`;
  }
  return combinations.map((one) => {
    const made = substitute(rest, one) as Record<string, unknown>;
    // a name that says nothing of the combination would be the same for all
    return typeof rest['name'] === 'string' && made['name'] === rest['name']
      ? { ...made, name: `${rest['name']} (${Object.values(one).join(', ')})` }
      : made;
  });
}

function substitute(value: unknown, one: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\{([a-z][a-z0-9-]*)\}/g, (all, name: string) =>
      Object.hasOwn(one, name) ? (one[name] ?? all) : all,
    );
  if (Array.isArray(value)) return value.map((item) => substitute(item, one));
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, one)]))
    : value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
