/** File and link rules as grants (parser_regex.c, process_dfa_entry; parser_alias.c). Pure. */
import { translate } from '../patterns/glob.ts';
import { globsOf } from '../patterns/join-globs.ts';
import { wordSet, type RuleGrant, type RuleGrants, type Surroundings, type Words } from './grant-types.ts';
import type { Expression, FileRule, LinkRule, Qualifiers } from '../syntax/ast.ts';

/** What `file,` and rules without a path match. */
const EVERY_PATH: Expression = { text: '/{**,}', expanded: ['/{**,}'] };
/** What a link may point to where the rule has no target. */
const ANY_TARGET = '/[^/][\\000-\\377]*';

/** Words: the permission, and whose file it is. Key: the path; for links also the target. */
export function fileGrants(rule: FileRule, { aliases }: Surroundings): RuleGrants {
  return withAliases(rule.path ?? EVERY_PATH, aliases).flatMap((glob): RuleGrants => {
    const path = translate(glob, { path: true });
    return 'problem' in path ? [path] : pathGrants(rule, path.regex);
  });
}

function pathGrants(rule: FileRule, regex: string): RuleGrant[] {
  const owner = ownerOf(rule.qualifiers);
  const letters = lettersOf(rule);
  const grants: RuleGrant[] = [];
  if (letters.size > 0) grants.push({ domain: 'file', words: [letters, owner], regex });
  if (rule.permissions.includes('x')) {
    const target = rule.exec?.target === undefined ? '' : ` -> ${rule.exec.target}`;
    grants.push({ domain: 'file', words: [new Set('x'), owner], regex, detail: execMode(rule) + target });
  }
  if (rule.permissions.includes('l')) {
    grants.push({ domain: 'link', words: [owner], regex: `${regex}\\000${ANY_TARGET}` });
  }
  return grants;
}

/** The permissions without `x` and `l`, and what they imply. */
function lettersOf(rule: FileRule): ReadonlySet<string> {
  const letters = new Set(rule.permissions);
  const executes = letters.delete('x');
  letters.delete('l');
  if (letters.has('w')) letters.add('a'); // who writes may append
  // `ix` and its like map the file too
  if (executes && execMode(rule).includes('i') && rule.qualifiers.access !== 'deny') letters.add('m');
  return letters;
}

function execMode({ exec, path }: FileRule): string {
  return exec?.mode ?? (path === undefined ? 'ix' : 'x');
}

/** Words: whose file it is. Key: the path and the target. */
export function linkGrants(rule: LinkRule, { aliases }: Surroundings): RuleGrants {
  const targets = withAliases(rule.target, aliases);
  return withAliases(rule.path, aliases).flatMap((path) => targets.map((target) => linkGrant(rule, path, target)));
}

function linkGrant({ qualifiers }: LinkRule, pathGlob: string, targetGlob: string): RuleGrants[number] {
  const path = translate(pathGlob, { path: true });
  const target = translate(targetGlob, { path: true });
  if ('problem' in path) return path;
  if ('problem' in target) return target;
  return { domain: 'link', words: [ownerOf(qualifiers)], regex: `${path.regex}\\000${target.regex}` };
}

function ownerOf({ owner }: Qualifiers): Words | undefined {
  return wordSet(owner === undefined ? [] : [owner]);
}

/** Each alias adds a copy of every path that begins with its left side; the copies are not aliased again. */
function withAliases(expression: Expression, aliases: Surroundings['aliases']): readonly string[] {
  const globs = globsOf(expression);
  const copies = globs.flatMap((glob) =>
    aliases.filter(({ from }) => glob.startsWith(from)).map(({ from, to }) => to + glob.slice(from.length)),
  );
  return [...globs, ...copies];
}
