/** Mutants: a profile with one change, as edits of its text. Only a run can tell what a mutant is worth. Pure. */
import { applyEdits, type Edit } from '../text/edits.ts';
import { expressionChanges } from './mutate-expression.ts';
import { looserModes, permissionWords } from './mutate-permissions.ts';
import type { ProfileBlock, ProfileText, Rule, Span } from '../profile/syntax/ast.ts';

/** What is changed in a rule or a header. */
export type MutationKind = 'drop' | 'flip' | 'permission' | 'expression' | 'qualifier' | 'exec' | 'flag';

export interface Mutant {
  /** The same in every reading of the same text: `31:3 drop`, followed by a number where there are several. */
  readonly id: string;
  readonly kind: MutationKind;
  /** Id of the rule that is changed; undefined for a flag of the profile. */
  readonly rule?: string;
  /** Full name of the changed profile. */
  readonly profile: string;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  /** Empty where nothing is left. */
  readonly after: string;
  readonly edits: readonly Edit[];
  /** The include statements that led to the file, outermost first. */
  readonly via: readonly Span[];
}

/** The change in one readable line: `deny /usr/** wl → deny /usr/** w`. */
export function changeText({ before, after }: Pick<Mutant, 'before' | 'after'>): string {
  return `${before} → ${after === '' ? 'nothing' : after}`;
}

/**
 * Every mutant of a profile, in the order of its text. Comments and layout stay.
 * @param included also change rules that come from included files.
 */
export function mutantsOf(text: ProfileText, { included = false }: { included?: boolean } = {}): Mutant[] {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const all = text.profiles.flatMap((block) => [
    ...flagMutants(text, block),
    ...block.rules.filter(({ via }) => included || via.length === 0).flatMap((rule) => ruleMutants(text, rule)),
  ]);
  return all.flatMap(({ column, ...draft }) => {
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
function editKey({ file, via, edits }: Omit<Mutant, 'id'>): string {
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

type MutantDraft = Omit<Mutant, 'id'> & { readonly column: number };

function ruleMutants(text: ProfileText, rule: Rule): MutantDraft[] {
  const source = text.files.get(rule.span.file) ?? '';
  const { span } = rule;
  const make = (kind: MutationKind, ...edits: Edit[]): MutantDraft => {
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
      before: rule.text,
      after: oneLine(applyEdits(source, edits).slice(span.start, span.end + growth)),
    };
  };
  return [
    make('drop', { start: span.start, end: span.end, text: '' }),
    make('flip', ...flipEdits(source, rule)),
    ...qualifierEdits(source, rule).map((edit) => make('qualifier', edit)),
    ...permissionEdits(source, rule).map((edits) => make('permission', ...edits)),
    ...wordEdits(source, rule).map((edit) => make('permission', edit)),
    ...expressionEdits(source, rule).map((edit) => make('expression', edit)),
    ...transitionEdits(source, rule).map((edits) => make('exec', ...edits)),
  ].filter(({ edits }) => edits.length > 0);
}

/** A qualifier as written. */
interface WrittenQualifier {
  readonly word: string;
  readonly start: number;
  /** After the blanks that follow it. */
  readonly end: number;
}

/** The qualifiers that are written ahead of a rule. */
function writtenQualifiers(source: string, { span }: Rule): WrittenQualifier[] {
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

/** Deny becomes allow and the reverse. A word of the rule's own overrules the block around it. */
function flipEdits(source: string, rule: Rule): Edit[] {
  const qualifier = accessEdit(source, rule);
  if (rule.kind !== 'file') return [qualifier];

  const denies = rule.qualifiers.access === 'deny';
  // `file,` implies how to execute, which a deny rule must not have
  if (rule.path === undefined && !denies) {
    return [{ ...qualifier, end: rule.span.end, text: `${qualifier.text}/** mrwklx,` }];
  }
  const letters = rule.permissionsSpan;
  if (letters === undefined) return [qualifier];

  // an allow rule has to name the execute mode, a deny rule must not
  const given = source.slice(letters.start, letters.end);
  const flipped = denies ? given.replace(/x/, 'ix') : given.replace(/[pPcCuUi]*x/, 'x');
  if (flipped === given) return [qualifier];
  return [qualifier, { start: letters.start, end: letters.end, text: flipped }];
}

/** Puts the opposite of a rule's access in place of its word, or adds a word where the rule has none. */
function accessEdit(source: string, rule: Rule): Edit {
  const qualifiers = writtenQualifiers(source, rule);
  const written = qualifiers.find(({ word }) => word === 'deny' || word === 'allow' || word === 'prompt');
  const denies = rule.qualifiers.access === 'deny';
  if (written !== undefined) return { start: written.start, end: written.end, text: denies ? '' : 'deny ' };

  const place = placeForAccess(qualifiers, rule);
  return { start: place, end: place, text: denies ? 'allow ' : 'deny ' };
}

/** Ahead of `owner`, after `audit` and `priority`. */
function placeForAccess(qualifiers: readonly WrittenQualifier[], { span }: Rule): number {
  const last = qualifiers.filter(({ word }) => word === 'audit' || word.startsWith('priority')).at(-1);
  return last?.end ?? span.start;
}

function qualifierEdits(source: string, rule: Rule): Edit[] {
  return writtenQualifiers(source, rule)
    .filter(({ word }) => word !== 'deny')
    .map(({ start, end }) => ({ start, end, text: '' }));
}

function permissionEdits(source: string, rule: Rule): Edit[][] {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [];
  const { start, end } = rule.permissionsSpan;
  const rests = withoutEach(permissionWords(source.slice(start, end)));
  return rests.map((rest) => [{ start, end, text: rest.join('') }]);
}

/** The list without each of its items in turn; none where it has only one. */
function withoutEach<T>(items: readonly T[]): T[][] {
  return items.length < 2 ? [] : items.map((_, dropped) => items.filter((_item, i) => i !== dropped));
}

const KINDS_WITHOUT_LISTS: ReadonlySet<Rule['kind']> = new Set(['file', 'link', 'rlimit', 'change_profile']);

/** Lists of words: `signal (send, receive)`, `capability chown setuid`, `set=(hup, int)`. */
function wordEdits(source: string, rule: Rule): Edit[] {
  if (KINDS_WITHOUT_LISTS.has(rule.kind)) return [];

  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const lists = [...listsIn(text), ...(rule.kind === 'capability' ? capabilitiesIn(text) : [])];
  return lists.flatMap(({ at, list }) => {
    const words = [...list.matchAll(/[^\s,]+/g)].map(([word]) => word);
    const separator = list.includes(',') ? ', ' : ' ';
    return withoutEach(words).map((rest) => ({
      start: start + at,
      end: start + at + list.length,
      text: rest.join(separator),
    }));
  });
}

/** A list of words as written, and its offset. */
interface WrittenList {
  readonly at: number;
  readonly list: string;
}

function listsIn(text: string): WrittenList[] {
  const pattern = /(?<![\w=]|peer=)\(([^()=]*)\)|(?:set|options|flags)=\(([^()=]*)\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    at: match.index + match[0].indexOf('(') + 1,
    list: match[1] ?? match[2] ?? '',
  }));
}

function capabilitiesIn(text: string): WrittenList[] {
  const match = /\bcapability\s+/.exec(text);
  if (match === null) return [];
  const at = match.index + match[0].length;
  return [{ at, list: text.slice(at).replace(/,?\s*$/, '') }];
}

/** Expressions: paths, and values of `peer=`, `label=`, `name=`, `addr=` and the like. */
function expressionEdits(source: string, rule: Rule): Edit[] {
  const { start, end } = rule.span;
  const text = source.slice(start, end);
  const paths = pathsIn(text);
  const values = valuesIn(text).filter(({ at }) => !paths.some((path) => path.at === at));
  return [...paths, ...values].flatMap(({ at, expression }) =>
    expressionChanges(expression).map((change) => ({
      start: start + at + change.start,
      end: start + at + change.end,
      text: change.text,
    })),
  );
}

/** An expression as written, and its offset. */
interface WrittenExpression {
  readonly at: number;
  readonly expression: string;
}

function pathsIn(text: string): WrittenExpression[] {
  const pattern = /(?<![^\s=(,])("[^"]*[/@][^"]*"|[/@][^\s,]*(?:,(?!\s|$)[^\s,]*)*)/g;
  return [...text.matchAll(pattern)].map((match) => ({ at: match.index, expression: match[1] ?? '' }));
}

function valuesIn(text: string): WrittenExpression[] {
  const pattern =
    /\b(?:peer|label|name|addr|path|interface|member|srcname|oldroot)=(?!\()("[^"]*"|[^\s)]*?)(?=\s|\)|,?\s*$)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    at: match.index + match[0].indexOf('=') + 1,
    expression: match[1] ?? '',
  }));
}

function transitionEdits(source: string, rule: Rule): Edit[][] {
  if (rule.kind !== 'file' || rule.permissionsSpan === undefined) return [];
  if (rule.exec === undefined || rule.qualifiers.access === 'deny') return [];

  const { start, end } = rule.permissionsSpan;
  const given = source.slice(start, end);
  const mode = /[pPcCuUi]+x/.exec(given);
  if (mode === null) return [];
  const arrow = /\s*->\s*(?:"[^"]*"|[^\s,]+)/y;
  arrow.lastIndex = end;
  const target = arrow.exec(source);
  return looserModes(mode[0]).map(({ mode: looser, keepsTarget }) => {
    const letters = { start: start + mode.index, end: start + mode.index + mode[0].length, text: looser };
    return target === null || keepsTarget
      ? [letters]
      : [letters, { start: target.index, end: target.index + target[0].length, text: '' }];
  });
}

function flagMutants(text: ProfileText, block: ProfileBlock): MutantDraft[] {
  const span = block.flagsSpan;
  if (span === undefined) return [];
  const source = text.files.get(span.file) ?? '';
  const list = source.slice(span.start, span.end);
  const flags = list.split(/[\s,]+/).filter((flag) => flag !== '');
  // without the last flag the brackets go too
  const wholeStart = /flags\s*=\s*\(\s*$/.exec(source.slice(0, span.start))?.index ?? span.start;
  return flags.map((_, dropped): MutantDraft => {
    const rest = flags.filter((_flag, i) => i !== dropped);
    const edit =
      rest.length > 0
        ? { start: span.start, end: span.end, text: rest.join(',') }
        : { start: wholeStart, end: source.indexOf(')', span.end) + 1, text: '' };
    return {
      kind: 'flag',
      profile: block.name,
      file: span.file,
      line: span.line,
      column: span.column,
      edits: [edit],
      via: [],
      before: `flags=(${flags.join(',')})`,
      after: rest.length > 0 ? `flags=(${rest.join(',')})` : '',
    };
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\s*,$/, '');
}
