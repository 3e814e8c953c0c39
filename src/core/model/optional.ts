/** Objects with optional keys, under `exactOptionalPropertyTypes`. Pure. */

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** @returns the same object without the keys whose value is undefined: itself where it has none. */
export function defined<T extends object>(values: T): Defined<T> {
  const keys = Object.keys(values) as (keyof T)[]; // loops: records and observations come by the thousand
  if (keys.every((key) => values[key] !== undefined)) return values;
  const kept = {} as T;
  for (const key of keys) if (values[key] !== undefined) kept[key] = values[key];
  return kept;
}
