/** A mutant: a profile with one change, as edits of its text. Only a run can tell what it is worth. Pure. */
import { applyEdits, type Edit } from '../text/edits.ts';
import type { Operator } from './operators.ts';
import type { ProfileText, Rule, Span } from '../profile/syntax/ast.ts';

export interface Mutant {
  /** The same in every reading of the same text: `31:3 drop`, followed by a number where there are several. */
  readonly id: string;
  /** What made it. */
  readonly kind: Operator;
  /** Id of the rule that is changed; undefined for a flag of the profile, and for a rule that is added. */
  readonly rule?: string;
  /** Full name of the changed profile. */
  readonly profile: string;
  readonly file: string;
  readonly line: number;
  /** Empty where something is added. */
  readonly before: string;
  /** Empty where nothing is left. */
  readonly after: string;
  readonly edits: readonly Edit[];
  /** The include statements that led to the file, outermost first. */
  readonly via: readonly Span[];
  /** It can only allow more, and programs are executed as before: who is denied nothing sees no difference. */
  readonly widens: boolean;
}

/** A mutant that has no id yet. */
export type MutantDraft = Omit<Mutant, 'id'> & { readonly column: number };

/** The change in one readable line: `deny /usr/** wl → deny /usr/** w`. */
export function changeText({ before, after }: Pick<Mutant, 'before' | 'after'>): string {
  return `${orNothing(before)} → ${orNothing(after)}`;
}

/** How a text of a change is shown. */
export function orNothing(text: string): string {
  return text === '' ? 'nothing' : text;
}

/** Whether a spec declares this change: it may write `nothing` for what is added or removed. */
export function isDeclared(change: Pick<Mutant, 'before' | 'after'>, rule: string, becomes: string): boolean {
  const isSame = (written: string, text: string): boolean => written === text || written === orNothing(text);
  return isSame(rule, change.before) && isSame(becomes, change.after);
}

/** Gives each draft its id. One that makes the same change as an earlier one is left out. */
export function numbered(drafts: readonly MutantDraft[]): Mutant[] {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  return drafts.flatMap(({ column, ...draft }) => {
    // a rule that is read for two profiles, or two ways to the same text, is one mutant
    const key = editKey(draft);
    if (seen.has(key)) return [];
    seen.add(key);

    const file = draft.via.length === 0 ? '' : `${draft.file}:`;
    const name = `${file}${draft.line}:${column} ${draft.kind}`;
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return [{ ...draft, id: number === 1 ? name : `${name} ${number}` }];
  });
}

/** Equal for mutants that change the same place in the same way. */
export function editKey({ file, via, edits }: Pick<Mutant, 'file' | 'via' | 'edits'>): string {
  const includes = via.map((span) => `${span.file}:${span.start}`).join();
  return [file, includes, JSON.stringify(edits)].join('\0');
}

/** The profile file's text as the mutant has it. A changed include is unfolded where it is included. */
export function mutatedText(text: ProfileText, mutant: Mutant): string {
  let changed = applyEdits(text.files.get(mutant.file) ?? '', mutant.edits);
  for (const { file, start, end } of [...mutant.via].reverse())
    changed = applyEdits(text.files.get(file) ?? '', [{ start, end, text: `\n${changed}\n` }]);
  return changed;
}

/**
 * A mutant of one rule.
 * @param source the text of the rule's file
 * @param edits of that text, all within the rule
 */
export function ruleDraft(source: string, rule: Rule, kind: Operator, edits: readonly Edit[]): MutantDraft {
  const { span } = rule;
  const growth = edits.reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0);
  return {
    kind,
    rule: rule.id,
    profile: rule.profile,
    file: span.file,
    line: span.line,
    column: span.column,
    via: rule.via,
    edits,
    widens: rule.qualifiers.access === 'deny' && isNarrowing(kind),
    before: rule.text,
    after: oneLine(applyEdits(source, edits).slice(span.start, span.end + growth)),
  };
}

/** Whether an operator leaves less of a rule. */
function isNarrowing(kind: Operator): boolean {
  return kind === 'drop' || kind === 'permission' || kind.startsWith('carve-');
}

/** A rule on one line, without its comma. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\s*,$/, '');
}

/** A qualifier as written. */
export interface WrittenQualifier {
  readonly word: string;
  readonly start: number;
  /** After the blanks that follow it. */
  readonly end: number;
}

/** The qualifiers that are written ahead of a rule. */
export function writtenQualifiers(source: string, { span }: Rule): WrittenQualifier[] {
  const qualifiers: WrittenQualifier[] = [];
  const pattern = /(audit|deny|allow|prompt|owner|other|priority\s*=\s*[+-]?\d+)(?=\s)\s+/y;
  pattern.lastIndex = span.start;
  let match = pattern.exec(source);
  while (match !== null && pattern.lastIndex <= span.end) {
    qualifiers.push({ word: match[1] ?? '', start: match.index, end: match.index + match[0].length });
    match = pattern.exec(source);
  }
  return qualifiers;
}
