/** File and link rules as grants (parser_regex.c, process_dfa_entry; parser_alias.c). Pure. */
import { defined } from '#core/model/optional.ts';
import { translate } from '../patterns/glob.ts';
import { globsOf } from '../patterns/join-globs.ts';
import { wordSet, type RuleGrant, type RuleGrants, type Surroundings, type Words } from './grant-types.ts';
import type { Expression, FileRule, LinkRule, Qualifiers } from '../syntax/ast.ts';
import { unquote } from '../syntax/unquote.ts';

/** What `file,` and rules without a path match. */
const EVERY_PATH: Expression = { text: '/{**,}', expanded: ['/{**,}'] };
/** Detail of a link rule under which the new name must not have more permissions than its target. */
export const SUBSET = 'subset';
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
    grants.push({ domain: 'file', words: [new Set('x'), owner], regex, detail: transitionOf(rule) });
  }
  if (rule.permissions.includes('l')) {
    grants.push({ domain: 'link', words: [owner], regex: `${regex}\\000${ANY_TARGET}`, detail: SUBSET });
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

/** How the program is executed: `Px -> other`. The word `safe` or `unsafe` shows in the case of the mode. */
function transitionOf(rule: FileRule): string {
  const { safety, target, targetName = target } = rule.exec ?? {};
  const mode = modeWithSafety(execMode(rule), safety);
  return targetName === undefined ? mode : `${mode} -> ${unquote(targetName)}`;
}

function modeWithSafety(mode: string, safety: 'safe' | 'unsafe' | undefined): string {
  if (safety === undefined) return mode;
  if (/^[ix]/i.test(mode)) return `${safety} ${mode}`;
  return (safety === 'safe' ? mode.charAt(0).toUpperCase() : mode.charAt(0).toLowerCase()) + mode.slice(1);
}

function execMode({ exec, path }: FileRule): string {
  return exec?.mode ?? (path === undefined ? 'ix' : 'x');
}

/** Words: whose file it is. Key: the path and the target. */
export function linkGrants(rule: LinkRule, { aliases }: Surroundings): RuleGrants {
  const targets = withAliases(rule.target, aliases);
  return withAliases(rule.path, aliases).flatMap((path) => targets.map((target) => linkGrant(rule, path, target)));
}

function linkGrant({ qualifiers, subset }: LinkRule, pathGlob: string, targetGlob: string): RuleGrants[number] {
  const path = translate(pathGlob, { path: true });
  const target = translate(targetGlob, { path: true });
  if ('problem' in path) return path;
  if ('problem' in target) return target;
  const regex = `${path.regex}\\000${target.regex}`;
  return defined({ domain: 'link', words: [ownerOf(qualifiers)], regex, detail: subset ? SUBSET : undefined } as const);
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
