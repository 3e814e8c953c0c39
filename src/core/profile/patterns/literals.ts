/** What a path expression says without its wildcards. Pure. */

/** More alternatives than these are not looked at one by one. */
const MOST = 64;

/** The part of a path that is certain. `whole`: there is no wildcard behind it. */
export interface Literal {
  readonly text: string;
  readonly whole: boolean;
}

/** @returns every alternative of an expression up to its first wildcard; undefined when there are too many. */
export function literalsOf(expression: string): readonly Literal[] | undefined {
  const found: Literal[] = [];
  const open = [{ done: '', rest: expression }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (found.length + open.length > MOST) return undefined;
    let { done, rest } = one;
    let end = false;
    while (!end) {
      const c = rest[0];
      if (c === '{') break;
      if (c === undefined || c === '*' || c === '?' || c === '[') {
        found.push({ text: done, whole: c === undefined });
        end = true;
        continue;
      }
      const size = c === '\\' ? 2 : 1;
      done += rest.slice(size - 1, size);
      rest = rest.slice(size);
    }
    if (end) continue;
    const { alternatives, behind } = split(rest);
    if (alternatives === undefined) {
      found.push({ text: done, whole: false });
      continue;
    }
    open.push(...alternatives.map((alternative) => ({ done, rest: alternative + behind })).reverse());
  }
  return found;
}

/** @returns those of the alternatives that have no wildcard at all. */
export function wholeLiteralsOf(expression: string): readonly string[] {
  return (literalsOf(expression) ?? []).flatMap(({ text, whole }) => (whole ? [text] : []));
}

/** `{a,b{c,d}}e`: its alternatives, and what follows. */
function split(text: string): { readonly alternatives?: readonly string[]; readonly behind: string } {
  const parts: string[] = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c === '{') depth += 1;
    if (c === '}') depth -= 1;
    if (depth === 0) return { alternatives: parts, behind: text.slice(i + 1) };
    if (c === ',' && depth === 1) {
      parts.push('');
      continue;
    }
    if (c === '{' && depth === 1) continue;
    const size = c === '\\' ? 2 : 1;
    parts[parts.length - 1] = `${parts.at(-1) ?? ''}${text.slice(i, i + size)}`;
    i += size - 1;
  }
  return { behind: '' };
}

/** The folder of a path, or that a literal begins in, and `/` at least. */
export function folderOf(text: string): string {
  return text.slice(0, Math.max(1, text.lastIndexOf('/')));
}
