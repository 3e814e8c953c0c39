/** Names that a profile's rules spell out, or begin with: what is there is looked at first. Pure. */
import type { ProfileBlock, Rule } from '../profile/rules.ts';

const MOST = 64;

/** Every text that alternations stand for, nested ones too; what has other wildcards keeps them. At most {@link MOST}. */
export function alternatives(text: string): string[] {
  const inner = /\{([^{}]*)\}/.exec(text);
  if (inner === null) return [text];
  const [whole, list = ''] = inner;
  const [head, tail] = [text.slice(0, inner.index), text.slice(inner.index + whole.length)];
  return [...new Set(list.split(',').flatMap((one) => alternatives(`${head}${one}${tail}`)))].slice(0, MOST);
}

/** Paths of a block's own rules: whole where they have no wildcard, else the folder in front of the first. */
export function namedPaths({ rules }: ProfileBlock): string[] {
  const patterns = rules.filter(({ via }) => via.length === 0).flatMap(pathsOf).flatMap(alternatives);
  const paths = patterns.map((pattern) => (/[*?[\\^]/.test(pattern) ? pattern.replace(/\/?[^/]*[*?[\\^][\s\S]*$/, '') : pattern.replace(/(?<=.)\/$/, '')));
  return [...new Set(paths)].filter((path) => /^\/./.test(path));
}

function pathsOf(rule: Rule): readonly string[] {
  return (rule.kind === 'file' || rule.kind === 'link') && rule.path !== undefined ? rule.path.expanded : [];
}
