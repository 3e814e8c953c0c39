/** The variables of a profile, and words with them replaced. Pure. */
import { defined } from '#core/model/optional.ts';
import type { Expression } from './ast.ts';
import { singleSlashes, unquote } from './unquote.ts';

/** An expression of more values than this has alternations in place of some. */
const MAX_VALUES = 256;
/** Longer than any text that a person writes, in UTF-16 units. */
const MAX_LENGTH = 1 << 17;
/** How deep variables may be nested in each other. */
const MAX_DEPTH = 64;

/** Sets (`@{X} = a b`) and booleans (`$x = true`), by their names. */
export class Variables {
  readonly sets = new Map<string, string[]>();
  readonly booleans = new Map<string, boolean>();
  /** Values of sets, with the variables in them replaced. */
  readonly #resolved = new Map<string, readonly string[]>();

  define(name: string, values: readonly string[]): void {
    this.sets.set(name, [...values]);
    this.#resolved.clear();
  }

  append(name: string, values: readonly string[]): void {
    this.sets.get(name)?.push(...values);
    this.#resolved.clear();
  }

  remove(name: string): void {
    this.sets.delete(name);
    this.#resolved.clear();
  }

  /** The values of every set, the variables in them replaced; a set that names an unknown variable stays as written. */
  all(): Map<string, readonly string[]> {
    return new Map([...this.sets.keys()].map((name) => [name, this.#valuesOrWritten(name)]));
  }

  /** @throws Error with a message for the user when a variable is unknown, contains itself, or grows too long. */
  expand(raw: string, { path }: { readonly path: boolean }): Expression {
    const values = this.#expand(unquote(raw), 0);
    const tidy = (text: string): string => (path ? singleSlashes(text) : text);
    return defined({
      text: raw,
      expanded: path ? [...new Set(values.map(tidy))] : values,
      alternation: values.length > 1 ? tidy(this.single(raw)) : undefined,
    });
  }

  /** One text for a word, as AppArmor 4.1 writes names: several values of a variable become an alternation. */
  single(raw: string): string {
    return this.#expand(unquote(raw), 0, 1)[0] ?? '';
  }

  #valuesOrWritten(name: string): readonly string[] {
    try {
      return this.#values(name, 0);
    } catch {
      return this.sets.get(name) ?? [];
    }
  }

  #values(name: string, depth: number): readonly string[] {
    const resolved = this.#resolved.get(name);
    if (resolved !== undefined) return resolved;

    const written = this.sets.get(name);
    if (written === undefined) {
      const problem = this.booleans.has(name) ? `@{${name}} is a boolean` : `the variable @{${name}} is not defined`;
      throw new Error(problem);
    }
    if (depth > MAX_DEPTH) {
      throw new Error(`the variable @{${name}} contains itself, or is nested more than ${MAX_DEPTH} deep`);
    }

    const values = [...new Set(written.flatMap((value) => this.#expand(value, depth + 1)))];
    if (values.length === 0) throw new Error(`the variable @{${name}} has no value`);
    this.#resolved.set(name, values);
    return values;
  }

  /** @param most from this many texts on, a variable's values are put in as one alternation. */
  #expand(text: string, depth: number, most = MAX_VALUES): string[] {
    let texts = [''];
    let from = 0;
    for (const { start, end, name } of references(text)) {
      const values = trimmed(this.#values(name, depth), { before: text[start - 1], after: text[end] });
      const inserted = texts.length * values.length <= most ? values : [`{${values.join(',')}}`];
      const between = text.slice(from, start);
      texts = bounded(texts.flatMap((head) => inserted.map((value) => head + between + value)));
      from = end;
    }
    return bounded(texts.map((head) => head + text.slice(from)));
  }
}

/**
 * Where a variable has several values, none of them doubles a slash beside it; an only value may (parser_variable.c).
 * @param before the character before the variable; `after` the one that follows it.
 */
function trimmed(
  values: readonly string[],
  { before, after }: { readonly before: string | undefined; readonly after: string | undefined },
): readonly string[] {
  if (values.length < 2) return values;
  const tails = before === '/' ? values.map((value) => value.replace(/^\/+/, '')) : values;
  return after === '/' ? tails.map(withoutTrailingSlashes) : tails;
}

/** Not by an expression: that takes quadratic time on a long row of slashes. */
function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Every `@{name}` without a backslash before it. */
function references(text: string): Reference[] {
  if (!text.includes('@{')) return [];
  const matches = [...text.matchAll(/\\[\s\S]|@\{([A-Za-z][A-Za-z0-9_]*)\}/g)];
  return matches.flatMap(({ 0: { length }, 1: name, index }) =>
    name === undefined ? [] : [{ name, start: index, end: index + length }],
  );
}

function bounded(texts: string[]): string[] {
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length > MAX_LENGTH) throw new Error('the text is too long once its variables are replaced');
  return texts;
}
