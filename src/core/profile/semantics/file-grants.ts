/** File and link rules as grants (parser_regex.c, process_dfa_entry; parser_alias.c). Pure. */
import { translate } from '../patterns/glob.ts';
import { some, type Part, type Surroundings, type Words } from './grant-types.ts';
import type { Expression, FileRule, LinkRule, Qualifiers } from '../syntax/ast.ts';

/** What `file,` and rules without a path match. */
const EVERY_PATH = '/{**,}';
/** What a link may point to where the rule does not say. */
const ANY_TARGET = '/[^/][\\000-\\377]*';

export function fileGrants(rule: FileRule, surroundings: Surroundings): Part[] {
  const owner = whose(rule.qualifiers);
  return variants(rule.path ?? { text: EVERY_PATH, expanded: [EVERY_PATH] }, surroundings.aliases).flatMap(
    (text): Part[] => {
      const path = translate(text, { path: true });
      if ('problem' in path) return [path];
      const { regex } = path;
      const plain = [...rule.permissions].filter((letter) => letter !== 'x' && letter !== 'l');
      // `w` writes and appends; `ix` and its like map too, whatever else the rule says
      const letters = new Set(plain.includes('w') ? [...plain, 'a'] : plain);
      const mode = rule.exec?.mode ?? (rule.path === undefined ? 'ix' : 'x');
      const inherits = mode.includes('i') && rule.qualifiers.access !== 'deny';
      if (inherits && rule.permissions.includes('x')) letters.add('m');
      const target = rule.exec?.target === undefined ? '' : ` -> ${rule.exec.target}`;
      return [
        ...(letters.size === 0 ? [] : [{ domain: 'file', words: [letters, owner], regex } as const]),
        ...(rule.permissions.includes('x')
          ? [{ domain: 'file', words: [new Set('x'), owner], regex, detail: mode + target } as const]
          : []),
        ...(rule.permissions.includes('l')
          ? [{ domain: 'link', words: [owner], regex: `${regex}\\000${ANY_TARGET}` } as const]
          : []),
      ];
    },
  );
}

export function linkGrants(rule: LinkRule, { aliases }: Surroundings): Part[] {
  const owner = whose(rule.qualifiers);
  const pairs = variants(rule.path, aliases).flatMap((path) =>
    variants(rule.target, aliases).map((target) => [path, target] as const),
  );
  return pairs.map(([from, to]): Part => {
    const path = translate(from, { path: true });
    const target = translate(to, { path: true });
    if ('problem' in path) return path;
    return 'problem' in target
      ? target
      : { domain: 'link', words: [owner], regex: `${path.regex}\\000${target.regex}` };
  });
}

function whose({ owner }: Qualifiers): Words | undefined {
  return some(owner === undefined ? [] : [owner]);
}

/** Each alias adds a copy of every rule that begins with its left side; the copies are not aliased again. */
function variants({ expanded: values, alternation }: Expression, aliases: Surroundings['aliases']): readonly string[] {
  const expanded = alternation === undefined ? values : [alternation];
  const copies = expanded.flatMap((text) =>
    aliases.filter(({ from }) => text.startsWith(from)).map(({ from, to }) => to + text.slice(from.length)),
  );
  return [...expanded, ...copies];
}
