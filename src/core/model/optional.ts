/** Objects with optional keys, under `exactOptionalPropertyTypes`. Pure. */

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** @returns the same object without the keys whose value is undefined. */
export function defined<T extends object>(values: T): Defined<T> {
  const kept: Record<string, unknown> = {}; // a loop: records and observations come by the thousand
  for (const [key, value] of Object.entries(values)) if (value !== undefined) kept[key] = value;
  return kept as Defined<T>;
}
