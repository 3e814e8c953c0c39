/** Whether a copy of a profile file under other names means what the original does. Pure. */
import { Automaton } from '../patterns/automaton.ts';
import { joinGlobs } from '../patterns/join-globs.ts';
import { wholeLiteralsOf } from '../patterns/literals.ts';
import { readRegex } from '../patterns/regex.ts';
import type { Expression, FileRule, ProfileText, Rule } from '../syntax/ast.ts';
import { LABEL_KEYS } from '../syntax/conditions.ts';
import { namesChild } from '../syntax/read-file.ts';

/** From the full name of a profile to its name in the copy. */
type Rename = (name: string) => string;

/** @returns the first rule that has another meaning in the copy, and why; undefined when there is none. */
export function copyProblem(original: ProfileText, copy: ProfileText, rename: Rename): string | undefined {
  const names = original.profiles.map(({ name }) => name);
  const attachments = attachmentsOf(original);
  for (const [i, { rules }] of original.profiles.entries()) {
    for (const [j, rule] of rules.entries()) {
      const problem =
        changedMeaning(rule, copy.profiles[i]?.rules[j], names, rename) ?? lostAttachment(rule, attachments);
      if (problem !== undefined) return `${rule.span.file}:${rule.span.line}: \`${rule.text}\` ${problem}`;
    }
  }
  return undefined;
}

/** What top-level profiles attach to: their attachment, or their name where that is a path. */
function attachmentsOf({ profiles }: ProfileText): Expression[] {
  return profiles.flatMap(({ name, attachment }): readonly Expression[] => {
    if (name.includes('//')) return [];
    if (attachment !== undefined) return [attachment];
    return name.startsWith('/') ? [literal(name)] : [];
  });
}

function literal(text: string): Expression {
  return { text, expanded: [text] };
}

function changedMeaning(
  rule: Rule,
  copied: Rule | undefined,
  names: readonly string[],
  rename: Rename,
): string | undefined {
  if (copied === undefined) return 'is not in it';
  if (JSON.stringify(withoutLabels(rule)) !== JSON.stringify(withoutLabels(copied))) return 'names other objects in it';

  const before = labelsOf(rule);
  const after = labelsOf(copied);
  const isChanged = before.some((label, i) =>
    names.some((name) => matches(label, name) !== matches(after[i] ?? label, rename(name))),
  );
  return isChanged ? 'names other profiles in it' : undefined;
}

/** What a rule says, without labels and where it stands. */
function withoutLabels({ id: _id, profile: _profile, span: _span, text: _text, via: _via, ...rule }: Rule): object {
  if (rule.kind === 'file') {
    const exec = { ...rule.exec, targetName: undefined, ...(namesChild(rule) ? {} : { target: undefined }) };
    return { ...rule, permissionsSpan: undefined, exec };
  }
  if (rule.kind === 'change_profile') return { ...rule, target: undefined };
  if (rule.kind === 'pivot_root') return { ...rule, transition: undefined };
  if (!('conditions' in rule)) return rule;
  return { ...rule, conditions: Object.entries(rule.conditions).filter(([key]) => !LABEL_KEYS.includes(key)) };
}

/** The expressions of a rule that match labels. */
function labelsOf(rule: Rule): readonly Expression[] {
  if (rule.kind === 'file') return namesChild(rule) ? [] : targetLabel(rule.exec?.target);
  if (rule.kind === 'change_profile') return rule.target === undefined ? [] : [rule.target];
  if (rule.kind === 'pivot_root') return targetLabel(rule.transition);
  return 'conditions' in rule ? LABEL_KEYS.flatMap((key) => rule.conditions[key] ?? []) : [];
}

/** `-> &name` stacks the profile on the present one. */
function targetLabel(target: string | undefined): readonly Expression[] {
  return target === undefined ? [] : [{ text: target, expanded: [target.replace(/^&/, '')] }];
}

/** `px` and the like without a target run a program under the profile that attaches to it. */
function lostAttachment(rule: Rule, attachments: readonly Expression[]): string | undefined {
  if (rule.kind !== 'file' || rule.exec === undefined || rule.exec.target !== undefined) return undefined;
  if (!/p/i.test(rule.exec.mode) || !attachments.some((attachment) => canMatchSame(rule, attachment))) return undefined;
  return 'looks for a profile that attaches to the program, and copies attach to nothing';
}

/** Whether a rule's path and an attachment can match the same program. Of two with wildcards it is assumed. */
function canMatchSame({ path }: FileRule, attachment: Expression): boolean {
  if (path === undefined) return true;
  const attached = attachment.expanded.flatMap(wholeLiteralsOf);
  const executed = path.expanded.flatMap(wholeLiteralsOf);
  if (attached.length === 0 && executed.length === 0) return true;
  return attached.some((name) => matches(path, name)) || executed.some((name) => matches(attachment, name));
}

/** An expression that cannot be read is assumed to match. */
function matches(expression: Expression, text: string): boolean {
  const translation = joinGlobs([expression]);
  if ('problem' in translation) return true;
  const nfa = readRegex(translation.regex);
  return 'problem' in nfa || new Automaton([nfa]).match(text).length > 0;
}
