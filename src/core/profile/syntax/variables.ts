/** Variables of a profile, and words with them replaced. Pure. */
import type { Expression } from './ast.ts';
import { singleSlashes, unquote } from './unquote.ts';

/** Above this many values, an expression is given as alternations in place of a list. */
const MOST_VALUES = 256;
/** A text longer than this is no one's profile. */
const LONGEST = 1 << 17;
const DEEPEST = 64;

export class Variables {
  readonly sets = new Map<string, string[]>();
  readonly booleans = new Map<string, boolean>();
  /** Values of variables, with the variables in them replaced. */
  readonly #known = new Map<string, readonly string[]>();

  define(name: string, values: readonly string[]): void {
    this.sets.set(name, [...values]);
    this.#known.clear();
  }

  append(name: string, values: readonly string[]): void {
    this.sets.get(name)?.push(...values);
    this.#known.clear();
  }

  /** Every variable's values, those of variables in them replaced; one that names an unknown variable stays as it is. */
  all(): Map<string, readonly string[]> {
    return new Map(
      [...this.sets].map(([name, values]) => {
        try {
          return [name, this.#values(name, 0)] as const;
        } catch {
          return [name, values] as const;
        }
      }),
    );
  }

  /** @throws Error with what to tell, when a variable is unknown, names itself, or grows out of bounds. */
  expand(raw: string, { path }: { readonly path: boolean }): Expression {
    const values = this.#expand(unquote(raw), 0);
    const tidy = (text: string): string => (path ? singleSlashes(text) : text);
    return {
      text: raw,
      expanded: path ? [...new Set(values.map(tidy))] : values,
      ...(values.length > 1 ? { alternation: tidy(this.single(raw)) } : {}),
    };
  }

  /** One text for a word: several values of a variable as an alternation, as AppArmor 4.1 writes names. */
  single(raw: string): string {
    return this.#expand(unquote(raw), 0, 1)[0] ?? '';
  }

  #values(name: string, depth: number): readonly string[] {
    const known = this.#known.get(name);
    if (known) return known;
    const written = this.sets.get(name);
    if (!written)
      throw new Error(this.booleans.has(name) ? `@{${name}} is a boolean` : `the variable @{${name}} is not defined`);
    if (depth > DEEPEST)
      throw new Error(`the variable @{${name}} contains itself, or is nested more than ${DEEPEST} deep`);
    const values = [...new Set(written.flatMap((value) => this.#expand(value, depth + 1)))];
    if (values.length === 0) throw new Error(`the variable @{${name}} has no value`);
    this.#known.set(name, values);
    return values;
  }

  /** @param most values more than this are folded into an alternation. */
  #expand(text: string, depth: number, most = MOST_VALUES): string[] {
    let results = [''];
    let from = 0;
    for (const { index, length, name } of references(text)) {
      const next = index + length;
      const values = trimmed(this.#values(name, depth), {
        slashBefore: index > 0 && text[index - 1] === '/',
        slashBehind: text[next] === '/',
      });
      const few = results.length * values.length <= most ? values : [`{${values.join(',')}}`];
      results = bounded(results.flatMap((head) => few.map((value) => head + text.slice(from, index) + value)));
      from = next;
    }
    return bounded(results.map((head) => head + text.slice(from)));
  }
}

/** One of several values does not double a slash that stands beside the variable (parser_variable.c); an only value may. */
function trimmed(
  values: readonly string[],
  { slashBefore, slashBehind }: { readonly slashBefore: boolean; readonly slashBehind: boolean },
): readonly string[] {
  if (values.length < 2 || (!slashBefore && !slashBehind)) return values;
  return values.map((value) => {
    const tail = slashBefore ? value.replace(/^\/+/, '') : value;
    return slashBehind ? withoutSlashesBehind(tail) : tail;
  });
}

function withoutSlashesBehind(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

/** Every `@{name}` that no backslash stands before. */
function references(text: string): { index: number; length: number; name: string }[] {
  if (!text.includes('@{')) return [];
  const found = [...text.matchAll(/\\[\s\S]|@\{([A-Za-z][A-Za-z0-9_]*)\}/g)];
  return found.flatMap(({ 0: { length }, 1: name, index }) => (name === undefined ? [] : [{ index, length, name }]));
}

function bounded(texts: string[]): string[] {
  if (texts.reduce((sum, { length }) => sum + length, 0) > LONGEST)
    throw new Error('with its variables replaced, the text grows too long');
  return texts;
}
