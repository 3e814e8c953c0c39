/** The rules of a read profile, as text for a terminal and as JSON. Pure. */
import type { ProfileBlock, ProfileText, Rule, Span } from '../profile/syntax/ast.ts';
import { relativeTo, visible } from '../text/visible.ts';

interface RulesStyle {
  readonly color: boolean;
  /** Files below it are named from it. */
  readonly root?: string;
}

/** Each profile with its rules: where it stands, the rule, its comment; those of an include under the include's name. */
export function rulesText({ profiles }: ProfileText, style: RulesStyle): string[] {
  return profiles.flatMap((profile, i) => [...(i > 0 ? [''] : []), ...blockLines(profile, style)]);
}

function blockLines(profile: ProfileBlock, style: RulesStyle): string[] {
  const { name, kind, flags, attachment, span, rules } = profile;
  const parts = [
    `${kind} ${visible(name)}`,
    ...(attachment ? [visible(attachment.text)] : []),
    ...(flags.length > 0 ? [`flags=(${visible(flags.join(', '))})`] : []),
    dim(`${place(span, style)}, ${rules.length} rules`, style),
  ];
  const lines = [parts.join('  ')];
  for (const group of groups(rules)) {
    const [first] = group;
    const from = (first?.via ?? []).map((include) => place(include, style)).join(' > ');
    if (from !== '' || group.length < rules.length)
      lines.push(dim(from === '' ? '  in the profile itself:' : `  by the include at ${from}:`, style));
    const width = Math.max(...group.map(({ span: at }) => place(at, style).length));
    lines.push(...group.map((rule) => `    ${place(rule.span, style).padEnd(width)}  ${ruleLine(rule, style)}`));
  }
  return lines;
}

/** Runs of rules that came by the same includes. */
function groups(rules: readonly Rule[]): Rule[][] {
  const found: Rule[][] = [];
  for (const rule of rules) {
    const last = found.at(-1);
    const key = JSON.stringify(rule.via);
    if (last?.[0] && JSON.stringify(last[0].via) === key) last.push(rule);
    else found.push([rule]);
  }
  return found;
}

function ruleLine(rule: Rule, style: RulesStyle): string {
  const expanded =
    rule.kind === 'file' && rule.path && rule.path.text.includes('@{')
      ? `  = ${visible(rule.path.expanded.join(' '))}`
      : '';
  const comment = rule.comment === undefined ? '' : `  # ${visible(rule.comment.replaceAll(/\s+/g, ' '))}`;
  return `${visible(qualified(rule))}${dim(expanded + comment, style)}`;
}

/** The rule as written, behind the qualifiers that it has from a block around it. */
function qualified({ text, qualifiers: { audit, access, owner } }: Rule): string {
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
  return color && text !== '' ? `\x1b[2m${text}\x1b[0m` : text;
}

/** Everything that was read, but the files' texts, under the names of the types in profile/rules.ts. */
export function rulesJson({ file, files, profiles, variables, aliases, abi }: ProfileText): string {
  return JSON.stringify(
    { file, files: [...files.keys()], abi, variables: Object.fromEntries(variables), aliases, profiles },
    undefined,
    2,
  );
}
