/**
 * Why a profile allows what the spec expects it to deny: the deny rule that comes near and does not match, or the rule
 * that allows it. Pure: the caller looks into the container.
 */
import { decideAccess } from '../profile/semantics/decide-access.ts';
import { surroundingsOf } from '../profile/semantics/policy.ts';
import type { Access, FilePermission } from '../profile/semantics/access.ts';
import { translate } from '../profile/patterns/glob.ts';
import { Automaton } from '../profile/patterns/automaton.ts';
import { alternativesOf, folderOf, type Alternative } from '../profile/patterns/literals.ts';
import { readRegex } from '../profile/patterns/regex.ts';
import type { FileRule, ProfileText, Rule } from '../profile/syntax/ast.ts';
import { escapeName } from '../audit/quote-rule.ts';
import { blockNamed, denyRuleOf, type AccessUnder } from './add-rules.ts';
import { HINTS, type Place } from './hint-texts.ts';
import { placeOf, ruleText } from './rule-places.ts';

type FileAccess = Extract<Access, { readonly class: 'file' }>;

/** What a path of the container is once all links are followed; undefined where there is none. */
type Resolve = (path: string) => string | undefined;

/** What was tried, and where. */
interface Attempt {
  readonly resolve: Resolve;
  /** The path by which the file or program was reached: a rule that ends in the same name comes first. */
  readonly named: string | undefined;
}

/** An access that was let through, and what the rules are looked at with. */
interface Question extends Attempt {
  readonly text: ProfileText;
  readonly under: string;
  readonly access: FileAccess;
}

/** A deny rule for files, taken apart. */
interface Denial {
  readonly rule: FileRule;
  readonly place: Place;
  readonly alternatives: readonly Alternative[];
}

/** @param accesses what succeeded although it was to be denied. */
export function letThroughHint(
  text: ProfileText,
  accesses: readonly AccessUnder[],
  attempt: Attempt,
): string | undefined {
  const overruled = overrulingRule(text, accesses);
  if (overruled !== undefined) return overruled;
  for (const { profile, access } of accesses) {
    if (access.class !== 'file' || access.permission === 'l') continue;
    const near = nearestDenial({ text, under: profile, access, ...attempt });
    if (near !== undefined) return near;
  }
  return allowingRule(text, accesses);
}

/** @returns for an access that failed without a record, the deny rule that decides; it says nothing of other layers. */
export function silentDenialHint(text: ProfileText, accesses: readonly AccessUnder[]): string | undefined {
  const found = denyRuleOf(text, accesses);
  return found && HINTS.silentDenyRule(placeOf(text, found.rule), ruleText(found.rule));
}

/** @returns for an access that failed in complain mode, the deny rule that decides. */
export function complainDenialHint(text: ProfileText, accesses: readonly AccessUnder[]): string | undefined {
  const found = denyRuleOf(text, accesses);
  return found && HINTS.denyRuleInComplain(placeOf(text, found.rule), ruleText(found.rule));
}

/** @returns the deny rule that decides one of the accesses. */
export function denyingRule(text: ProfileText, accesses: readonly AccessUnder[]): string | undefined {
  const found = denyRuleOf(text, accesses);
  return found && HINTS.denyRule(placeOf(text, found.rule), ruleText(found.rule), {});
}

/** @returns the rule that allows the first access that one allows. */
export function allowingRule(text: ProfileText, accesses: readonly AccessUnder[]): string | undefined {
  for (const each of accesses) {
    const found = allowanceOf(text, each);
    if (found !== undefined) return found.overruled ?? HINTS.allowedBy(found.by, ruleText(found.rule));
  }
  return undefined;
}

/** @returns the rule that allows an access in spite of a deny rule of lower priority. */
function overrulingRule(text: ProfileText, accesses: readonly AccessUnder[]): string | undefined {
  return accesses.map((each) => allowanceOf(text, each)?.overruled).find((hint) => hint !== undefined);
}

interface Allowance {
  readonly by: Place;
  readonly rule: Rule;
  /** The hint, where a deny rule matches as well. */
  readonly overruled?: string;
}

function allowanceOf(text: ProfileText, { profile, access }: AccessUnder): Allowance | undefined {
  const block = blockNamed(text, profile);
  if (block === undefined) return undefined;
  const { allowed, deciding, matching } = decideAccess(block, access, surroundingsOf(text, block));
  const [rule] = deciding;
  if (!allowed || rule === undefined) return undefined;
  const by = placeOf(text, rule);
  const denial = matching.find(({ qualifiers }) => qualifiers.access === 'deny');
  return denial === undefined
    ? { by, rule }
    : { by, rule, overruled: HINTS.priority(placeOf(text, denial), { by, rule: ruleText(rule) }) };
}

/** The reasons in the order of how sure they are: each is tried on every deny rule before the next. */
const REASONS: readonly ((denial: Denial, question: Question) => string | undefined)[] = [
  otherOwner,
  namedLink,
  linkedFolder,
  reachedByLink,
  withoutSlash,
  starAndSlash,
  folderAlone,
  otherLetters,
];

function nearestDenial(question: Question): string | undefined {
  const { text, under, access, named } = question;
  const own = blockNamed(text, under)?.rules ?? [];
  const denials = denialsOf(text, own, baseName(named ?? access.path));
  for (const reason of REASONS) {
    for (const denial of denials) {
      const hint = reason(denial, question);
      if (hint !== undefined) return hint;
    }
  }
  const others = text.profiles.filter(({ name }) => name !== under).flatMap(({ rules }) => rules);
  const elsewhere = denialsOf(text, others).find((denial) => covers(denial, access));
  return elsewhere && HINTS.otherProfile(elsewhere.place, { has: elsewhere.rule.profile, under });
}

/** Deny rules for files with a path; those first that end in the file's own name. */
function denialsOf(text: ProfileText, rules: readonly Rule[], name?: string): readonly Denial[] {
  const denials = rules.filter(isDenial).map((rule) => ({
    rule,
    place: placeOf(text, rule),
    alternatives: (rule.path?.expanded ?? []).flatMap((glob) => alternativesOf(glob) ?? []),
  }));
  const isNamed = ({ alternatives }: Denial): boolean => alternatives.some((one) => baseName(one.text) === name);
  return [...denials.filter(isNamed), ...denials.filter((denial) => !isNamed(denial))];
}

function isDenial(rule: Rule): rule is FileRule {
  return rule.kind === 'file' && rule.qualifiers.access === 'deny' && rule.path !== undefined;
}

function otherOwner(denial: Denial, { access }: Question): string | undefined {
  const { owner } = denial.rule.qualifiers;
  const isOther = owner !== undefined && owner !== whoseOf(access);
  return isOther && matchesPath(denial, access.path) && hasLetter(denial, access)
    ? HINTS.owner(denial.place, owner)
    : undefined;
}

/** The rule names the file itself, by a link to it. */
function namedLink(denial: Denial, { access, resolve }: Question): string | undefined {
  if (!couldDeny(denial, access)) return undefined;
  const named = denial.alternatives.find(({ text, rest }) => rest === '' && isLinkTo(text, access.path, resolve));
  return named && HINTS.linkNamed(denial.place, named.text, access.path);
}

function isLinkTo(name: string, path: string, resolve: Resolve): boolean {
  return name !== path && name.startsWith('/') && withSlash(resolve(name), name.endsWith('/')) === path;
}

function withSlash(path: string | undefined, isFolder: boolean): string | undefined {
  return path !== undefined && isFolder && !path.endsWith('/') ? `${path}/` : path;
}

/** The folder that the rule begins in is reached by a link. */
function linkedFolder(denial: Denial, { access, resolve }: Question): string | undefined {
  if (!couldDeny(denial, access)) return undefined;
  for (const alternative of denial.alternatives) {
    const { text, rest } = alternative;
    const glob = rebased(alternative, resolve);
    if (glob !== undefined && globMatches(glob, access.path))
      return HINTS.linkedFolder(denial.place, escapeName(text) + rest, { folder: folderOf(text), real: access.path });
  }
  return undefined;
}

/** The rule matches the path by which the file was reached, as written or with its folder's links followed. */
function reachedByLink(denial: Denial, { access, resolve, named }: Question): string | undefined {
  if (named === undefined || isSamePath(named, access.path) || !couldDeny(denial, access)) return undefined;
  const found = denial.alternatives.find(
    ({ text, rest }) =>
      globMatches(escapeName(text) + rest, named) || globMatches(rebased({ text, rest }, resolve) ?? '', named),
  );
  if (found === undefined) return undefined;
  return HINTS.reachedByLink(denial.place, escapeName(found.text) + found.rest, { named, real: access.path });
}

/** Whether two paths differ in nothing but a slash at the end. */
function isSamePath(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '');
}

/** @returns the glob with the links of its first folders followed; undefined where there are none. */
function rebased({ text, rest }: Alternative, resolve: Resolve): string | undefined {
  const folder = folderOf(text);
  const real = text.startsWith('/') ? resolve(folder) : undefined;
  if (real === undefined || real === folder) return undefined;
  return escapeName((real === '/' ? '' : real) + text.slice(folder.length)) + rest;
}

/** `/data/ssl` where the kernel says `/data/ssl/`. */
function withoutSlash(denial: Denial, { access }: Question): string | undefined {
  const bare = access.path.replace(/\/$/, '');
  if (bare === access.path || bare === '' || !couldDeny(denial, access) || !matchesPath(denial, bare)) return undefined;
  return HINTS.folderWithoutSlash(denial.place, globText(denial, bare));
}

/** `/data/ssl` or `/data/ssl/`, and the access is to what is in it. */
function folderAlone(denial: Denial, { access }: Question): string | undefined {
  if (!couldDeny(denial, access)) return undefined;
  const folder = foldersAbove(access.path).find((above) => matchesPath(denial, above));
  if (folder === undefined) return undefined;
  const glob = globText(denial, folder);
  return HINTS.folderAlone(denial.place, glob, `${glob.replace(/\/$/, '')}/**`);
}

/** `/srv/*` where the access is deeper. */
function starAndSlash(denial: Denial, { access }: Question): string | undefined {
  if (!couldDeny(denial, access)) return undefined;
  const deep = denial.alternatives.find(
    ({ text, rest }) =>
      /(?<!\*)\*(?!\*)/.test(rest) &&
      globMatches(escapeName(text) + rest.replaceAll(/(?<![*\\])\*(?!\*)/g, '**'), access.path),
  );
  return deep && HINTS.starAndSlash(denial.place, escapeName(deep.text) + deep.rest);
}

function otherLetters(denial: Denial, { access }: Question): string | undefined {
  const { rule, place } = denial;
  if (hasLetter(denial, access) || !isWhose(rule, access) || !matchesPath(denial, access.path)) return undefined;
  const letter = access.permission === 'c' || access.permission === 'd' ? 'w' : access.permission;
  return HINTS.otherLetters(place, rule.permissions, letter);
}

/** Whether the rule would deny it, if only its path matched. */
function couldDeny(denial: Denial, access: FileAccess): boolean {
  return hasLetter(denial, access) && isWhose(denial.rule, access);
}

function covers(denial: Denial, access: FileAccess): boolean {
  return couldDeny(denial, access) && matchesPath(denial, access.path);
}

/** Letters of a deny rule, by the permission that the kernel asks for. */
const DENIED_BY: Readonly<Record<FilePermission, string>> = {
  r: 'r',
  w: 'w',
  a: 'aw',
  c: 'w',
  d: 'w',
  x: 'x',
  m: 'm',
  k: 'k',
  l: 'l',
};

function hasLetter({ rule }: Denial, { permission }: FileAccess): boolean {
  return [...DENIED_BY[permission]].some((letter) => rule.permissions.includes(letter));
}

function isWhose({ qualifiers: { owner } }: FileRule, access: FileAccess): boolean {
  return owner === undefined || owner === whoseOf(access);
}

function whoseOf({ owner }: FileAccess): 'owner' | 'other' {
  return owner === false ? 'other' : 'owner';
}

function matchesPath({ alternatives }: Denial, path: string): boolean {
  return alternatives.some(({ text, rest }) => globMatches(escapeName(text) + rest, path));
}

/** The alternative that matches a path, as a glob. */
function globText({ alternatives }: Denial, path: string): string {
  const globs = alternatives.map(({ text, rest }) => escapeName(text) + rest);
  return globs.find((glob) => globMatches(glob, path)) ?? path;
}

const MAX_KEPT = 5_000;
const automata = new Map<string, Automaton | undefined>();

function globMatches(glob: string, path: string): boolean {
  if (!automata.has(glob)) {
    if (automata.size >= MAX_KEPT) automata.clear();
    automata.set(glob, automatonOf(glob));
  }
  return (automata.get(glob)?.match(path).length ?? 0) > 0;
}

function automatonOf(glob: string): Automaton | undefined {
  const translation = translate(glob, { path: true });
  if ('problem' in translation) return undefined;
  const nfa = readRegex(translation.regex);
  return 'problem' in nfa ? undefined : new Automaton([nfa]);
}

/** The folders that a path is in, the nearest first: each with a slash at its end, and without. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.replace(/\/$/, '').split('/').slice(1, -1);
  return parts
    .map((_part, at) => `/${parts.slice(0, at + 1).join('/')}`)
    .reverse()
    .flatMap((folder) => [`${folder}/`, folder]);
}

function baseName(path: string): string {
  return path.replace(/\/$/, '').split('/').at(-1) ?? '';
}
