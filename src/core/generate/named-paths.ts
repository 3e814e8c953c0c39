/** Names that a profile's rules spell out, or begin with: what is there is looked at first. Pure. */
import { folderOf, literalsOf } from '../profile/patterns/literals.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';

/** Paths of a block's own rules: whole where they have no wildcard, else the folder in front of the first. */
export function namedPaths({ rules }: ProfileBlock): string[] {
  const literals = rules
    .filter(({ via }) => via.length === 0)
    .flatMap(pathsOf)
    .flatMap((pattern) => literalsOf(pattern) ?? []);
  const paths = literals.map(({ text, whole }) => (whole ? text.replace(/(?<=.)\/$/, '') : folderOf(text)));
  return [...new Set(paths)].filter((path) => /^\/./.test(path));
}

function pathsOf(rule: Rule): readonly string[] {
  return (rule.kind === 'file' || rule.kind === 'link') && rule.path !== undefined ? rule.path.expanded : [];
}
