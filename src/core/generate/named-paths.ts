/** Names that a profile's rules spell out or begin with: the container is searched for them first. Pure. */
import { folderOf, literalsOf } from '../profile/patterns/literals.ts';
import type { ProfileBlock, Rule } from '../profile/syntax/ast.ts';

/** Paths of a block's own rules: whole where they have no wildcard, else the folder ahead of the first wildcard. */
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
