/** Whether a copy of a profile file under other names means what the original does. Pure. */
import { Automaton } from '../patterns/automaton.ts';
import { wholeLiteralsOf } from '../patterns/literals.ts';
import { joinGlobs } from '../patterns/join-globs.ts';
import { readRegex } from '../patterns/regex.ts';
import type { Expression, FileRule, ProfileText, Rule } from '../syntax/ast.ts';

/** Conditions whose values are labels. */
const LABELS = ['peer', 'peer.label', 'label'];

/**
 * @param rename full name of a profile to its name in the copy.
 * @returns the rule that says something else in the copy, and why; undefined when all say the same.
 */
export function copyProblem(
  original: ProfileText,
  copy: ProfileText,
  rename: (name: string) => string,
): string | undefined {
  const names = original.profiles.map(({ name }) => name);
  const attachments: Expression[] = original.profiles
    .filter(({ name }) => !name.includes('//'))
    .flatMap(
      ({ name, attachment }): Expression | Expression[] =>
        attachment ?? (name.startsWith('/') ? [{ text: name, expanded: [name] }] : []),
    );
  for (const [i, { rules }] of original.profiles.entries()) {
    const others = copy.profiles[i]?.rules ?? [];
    for (const [j, rule] of rules.entries()) {
      const other = others[j];
      const why =
        other === undefined
          ? 'is not in it'
          : (differs(rule, other, names, rename) ??
            (seeksAttached(rule, attachments)
              ? 'looks for a profile that attaches to the program, and copies attach to nothing'
              : undefined));
      if (why !== undefined) return `${rule.span.file}:${rule.span.line}: \`${rule.text}\` ${why}`;
    }
  }
  return undefined;
}

function differs(
  rule: Rule,
  other: Rule,
  names: readonly string[],
  rename: (name: string) => string,
): string | undefined {
  if (JSON.stringify(withoutLabels(rule)) !== JSON.stringify(withoutLabels(other))) return 'names other objects in it';
  const before = labelsOf(rule);
  const after = labelsOf(other);
  const strays = before.some((label, i) =>
    names.some((name) => matches(label, name) !== matches(after[i] ?? label, rename(name))),
  );
  return strays ? 'names other profiles in it' : undefined;
}

/** What a rule says, but for labels and where it stands. */
function withoutLabels({ id: _id, profile: _profile, span: _span, text: _text, via: _via, ...rule }: Rule): object {
  if (rule.kind === 'file')
    return {
      ...rule,
      permissionsSpan: undefined,
      exec: { ...rule.exec, ...(isChild(rule) ? {} : { target: undefined }) },
    };
  if (rule.kind === 'change_profile') return { ...rule, target: undefined };
  if (rule.kind === 'pivot_root') return { ...rule, transition: undefined };
  if (!('conditions' in rule)) return rule;
  return { ...rule, conditions: Object.entries(rule.conditions).filter(([key]) => !LABELS.includes(key)) };
}

function labelsOf(rule: Rule): Expression[] {
  const text = (one: string | undefined): Expression[] =>
    one === undefined ? [] : [{ text: one, expanded: [one.replace(/^&/, '')] }];
  if (rule.kind === 'file') return isChild(rule) ? [] : text(rule.exec?.target);
  if (rule.kind === 'change_profile') return rule.target === undefined ? [] : [rule.target];
  if (rule.kind === 'pivot_root') return text(rule.transition);
  return 'conditions' in rule ? LABELS.flatMap((key) => rule.conditions[key] ?? []) : [];
}

/** `cx`: the name of a child stays as it is. */
function isChild({ exec }: Pick<FileRule, 'exec'>): boolean {
  return /c/i.test(exec?.mode ?? '');
}

/** `px` and the like without a target. */
function seeksAttached(rule: Rule, attachments: readonly Expression[]): boolean {
  if (rule.kind !== 'file' || rule.exec === undefined || rule.exec.target !== undefined || !/p/i.test(rule.exec.mode))
    return false;
  return attachments.some((attachment) => meet(rule, attachment));
}

/** Of two expressions with wildcards it is not known: they may. */
function meet({ path }: FileRule, attachment: Expression): boolean {
  if (path === undefined) return true;
  const [attached, executed] = [attachment, path].map(({ expanded }) => expanded.flatMap(wholeLiteralsOf));
  if (attached?.length === 0 && executed?.length === 0) return true;
  return (attached ?? []).some((one) => matches(path, one)) || (executed ?? []).some((one) => matches(attachment, one));
}

function matches(expression: Expression, text: string): boolean {
  const translation = joinGlobs([expression]);
  const nfa = 'problem' in translation ? translation : readRegex(translation.regex);
  return 'problem' in nfa || new Automaton([nfa]).match(text).length > 0;
}
