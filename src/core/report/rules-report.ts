/** The rules of a read profile, as text for a terminal and as JSON. Pure. */
import type { ProfileBlock, ProfileText, Rule, Span } from '../profile/syntax/ast.ts';
import { painter } from '../text/color.ts';
import { counted, relativeTo, visible } from '../text/visible.ts';

interface RulesStyle {
  readonly color: boolean;
  /** Folder that file names are relative to. */
  readonly root?: string;
}

/** Each profile with its rules: place, rule and comment. Rules of an include stand under the include's place. */
export function rulesText({ profiles }: ProfileText, style: RulesStyle): string[] {
  return profiles.flatMap((profile, i) => [...(i > 0 ? [''] : []), ...blockLines(profile, style)]);
}

function blockLines(profile: ProfileBlock, style: RulesStyle): readonly string[] {
  const { rules } = profile;
  return [
    headingLine(profile, style),
    ...groupsByInclude(rules).flatMap((group) => groupLines(group, group.length < rules.length, style)),
  ];
}

function headingLine({ name, kind, flags, attachment, span, rules }: ProfileBlock, style: RulesStyle): string {
  const parts = [
    `${kind} ${visible(name)}`,
    ...(attachment ? [visible(attachment.text)] : []),
    ...(flags.length > 0 ? [`flags=(${visible(flags.join(', '))})`] : []),
    dim(`${place(span, style)}, ${counted(rules.length, 'rule')}`, style),
  ];
  return parts.join('  ');
}

/** @param isPart the profile has rules in other groups as well: then a line tells the groups apart. */
function groupLines(group: readonly Rule[], isPart: boolean, style: RulesStyle): readonly string[] {
  const includes = (group[0]?.via ?? []).map((include) => place(include, style)).join(' > ');
  const heading = includes === '' ? '  in the profile itself:' : `  from the include at ${includes}:`;
  const width = Math.max(...group.map(({ span }) => place(span, style).length));
  return [
    ...(isPart || includes !== '' ? [dim(heading, style)] : []),
    ...group.map((rule) => `    ${place(rule.span, style).padEnd(width)}  ${ruleLine(rule, style)}`),
  ];
}

/** Runs of rules that came by the same includes. */
function groupsByInclude(rules: readonly Rule[]): readonly (readonly Rule[])[] {
  const groups: Rule[][] = [];
  for (const rule of rules) {
    const last = groups.at(-1);
    if (last?.[0] && JSON.stringify(last[0].via) === JSON.stringify(rule.via)) last.push(rule);
    else groups.push([rule]);
  }
  return groups;
}

function ruleLine(rule: Rule, style: RulesStyle): string {
  return `${visible(withOuterQualifiers(rule))}${dim(`${expansionText(rule)}${commentText(rule)}`, style)}`;
}

/** A path with its variables replaced, where it has any. */
function expansionText(rule: Rule): string {
  if (rule.kind !== 'file' || rule.path?.text.includes('@{') !== true) return '';
  return `  = ${visible(rule.path.expanded.join(' '))}`;
}

function commentText({ comment }: Rule): string {
  return comment === undefined ? '' : `  # ${visible(comment.replaceAll(/\s+/g, ' '))}`;
}

/** The rule as written, after the qualifiers that it has from a block around it. */
function withOuterQualifiers({ text, qualifiers: { audit, access, owner } }: Rule): string {
  const head = text.split(/[/"@(]/, 1)[0] ?? '';
  const has = (word: string): boolean => new RegExp(`\\b${word}\\b`).test(head);
  const outer = [
    ...(audit && !has('audit') ? ['audit'] : []),
    ...(access !== 'allow' && !has(access) ? [access] : []),
    ...(owner !== undefined && !has(owner) && !has('user') ? [owner] : []),
  ];
  return [...outer, text].join(' ');
}

function place({ file, line }: Span, { root }: RulesStyle): string {
  return `${visible(relativeTo(root, file))}:${line}`;
}

function dim(text: string, { color }: RulesStyle): string {
  return text === '' ? '' : painter(color)(text, 'dim');
}

/** All that was read except for the files' texts, under the names of the types in profile/syntax/ast.ts. */
export function rulesJson({ file, files, profiles, variables, aliases, abi }: ProfileText): string {
  return JSON.stringify(
    { file, files: [...files.keys()], abi, variables: Object.fromEntries(variables), aliases, profiles },
    undefined,
    2,
  );
}
