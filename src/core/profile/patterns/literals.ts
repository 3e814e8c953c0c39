/** What a glob says without its wildcards. Pure. */

/** A glob with more alternatives than this is not taken apart. */
const MAX_ALTERNATIVES = 64;

/** The part of a path that is certain. `whole`: no wildcard follows it. */
export interface Literal {
  readonly text: string;
  readonly whole: boolean;
}

/** One alternative of a glob: the text before its first wildcard, and the glob that follows. */
export interface Alternative {
  readonly text: string;
  readonly rest: string;
}

/** @returns every alternative of a glob up to its first wildcard; undefined when there are too many. */
export function literalsOf(glob: string): readonly Literal[] | undefined {
  return alternativesOf(glob)?.map(({ text, rest }) => ({ text, whole: rest === '' }));
}

/** @returns the alternatives of a glob, taken apart at their first wildcard; undefined when there are too many. */
export function alternativesOf(glob: string): readonly Alternative[] | undefined {
  const finished: Alternative[] = [];
  const open: Alternative[] = [{ text: '', rest: glob }];
  for (let partial = open.pop(); partial !== undefined; partial = open.pop()) {
    if (finished.length + open.length > MAX_ALTERNATIVES) return undefined;

    const { text, rest } = readPlain(partial);
    const braces = rest.startsWith('{') ? splitBraces(rest) : undefined;
    if (braces === undefined) {
      finished.push({ text, rest });
      continue;
    }
    // the last one in is taken first
    open.push(...braces.alternatives.map((alternative) => ({ text, rest: alternative + braces.after })).reverse());
  }
  return finished;
}

/** @returns those of the alternatives that have no wildcard at all. */
export function wholeLiteralsOf(glob: string): readonly string[] {
  return (literalsOf(glob) ?? []).flatMap(({ text, whole }) => (whole ? [text] : []));
}

/** Takes the characters before the first wildcard or brace; an escaped one stands for itself. */
function readPlain({ text, rest }: Alternative): Alternative {
  let plain = text;
  let at = 0;
  for (;;) {
    const c = rest[at];
    if (c === undefined || '*?[{'.includes(c)) return { text: plain, rest: rest.slice(at) };
    const size = c === '\\' ? 2 : 1;
    plain += rest.slice(at + size - 1, at + size);
    at += size;
  }
}

/** `{a,b{c,d}}e`: its alternatives, and what follows; undefined when the brace is not closed. */
function splitBraces(text: string): { readonly alternatives: readonly string[]; readonly after: string } | undefined {
  const alternatives: string[] = [];
  let alternative = '';
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at] ?? '';
    if (c === '{') depth += 1;
    if (c === '}') depth -= 1;
    if (depth === 0) return { alternatives: [...alternatives, alternative], after: text.slice(at + 1) };

    if (depth === 1 && c === '{') continue;
    if (depth === 1 && c === ',') {
      alternatives.push(alternative);
      alternative = '';
      continue;
    }
    const size = c === '\\' ? 2 : 1;
    alternative += text.slice(at, at + size);
    at += size - 1;
  }
  return undefined;
}

/** The folder of a path, or that a literal begins in; `/` at least. */
export function folderOf(text: string): string {
  return text.slice(0, Math.max(1, text.lastIndexOf('/')));
}
